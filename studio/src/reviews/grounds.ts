import type { Request, Shown } from "../api/client";
import type { Mark } from "../parts/inert";

/** A text that is read rather than compared: a document, a letter. */
const LONG = 200;

export interface Source {
	name: string;
	text: string;
	/** Where it comes from as a whole, in words. */
	from?: string | null | undefined;
}

/** What would be done, or may have been: in words, and with what. */
export interface Deed {
	what: string;
	args: unknown;
}

/** The act that a request is about. One that waits for a yes is the first thing that is shown. */
export function deedOf({
	about,
	act,
	shows,
}: Pick<Request, "about" | "act" | "shows">): Deed | undefined {
	if (act) return { what: `\`${act.tool}\``, args: act.args };
	const [first] = shows;
	return about === "act" && first ? { what: first.name, args: first.value } : undefined;
}

/** What is shown beside the act itself: that stands above all of it and is not told twice. */
export function besides(shows: readonly Shown[], deed: Deed | undefined): readonly Shown[] {
	if (!deed) return shows;
	const args = JSON.stringify(deed.args ?? null);
	return shows.filter(({ value }) => JSON.stringify(value ?? null) !== args);
}

const isLong = (value: unknown): value is string =>
	typeof value === "string" && (value.length > LONG || value.includes("\n"));

const isFields = (value: unknown): value is Record<string, unknown> =>
	value !== null && typeof value === "object" && !Array.isArray(value);

/** Takes what is read out of what is shown, so that both can stand beside each other. */
export function apart(shows: readonly Shown[]): { facts: Shown[]; sources: Source[] } {
	const facts: Shown[] = [];
	const sources: Source[] = [];
	for (const { name, value, from } of shows) {
		const whence = from ? { from } : {};
		if (isLong(value)) sources.push({ name, text: value, ...whence });
		else if (isFields(value)) {
			const fields = Object.entries(value);
			for (const [field, text] of fields) {
				if (isLong(text)) sources.push({ name: `${name}.${field}`, text, ...whence });
			}
			const left = fields.filter(([, inside]) => !isLong(inside));
			if (left.length > 0) facts.push({ name, value: Object.fromEntries(left), ...whence });
		} else facts.push({ name, value, ...whence });
	}
	return { facts, sources };
}

/** Where each field of a value was read, in bytes of the text as it is stored. */
export type Grounds = Readonly<Record<string, readonly [number, number]>>;

/** The grounds that a value carries, and the value without them. */
export function grounded(value: unknown): { value: unknown; grounds: Grounds } {
	if (!isFields(value) || !isFields(value["$grounds"])) return { value, grounds: {} };
	const { $grounds: all, ...rest } = value;
	const spans: [string, readonly [number, number]][] = [];
	for (const [field, ground] of Object.entries(all as Record<string, unknown>)) {
		const span = isFields(ground) ? ground["span"] : undefined;
		const [from, to] = Array.isArray(span) ? span : [];
		if (Number.isSafeInteger(from) && Number.isSafeInteger(to)) spans.push([field, [from, to]]);
	}
	return { value: rest, grounds: Object.fromEntries(spans) };
}

/** The same places in characters of a text here; one that is not in the text marks nothing. */
export function marksIn(text: string, grounds: Grounds): Mark[] {
	const bytes = new TextEncoder().encode(text);
	const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
	const length = (from: number, to: number) => decoder.decode(bytes.subarray(from, to)).length;
	const marks: Mark[] = [];
	for (const [name, [start, end]] of Object.entries(grounds)) {
		if (start < 0 || end <= start || end > bytes.length) continue;
		const from = length(0, start);
		marks.push({ name, from, to: from + length(start, end) });
	}
	return marks;
}

/** The source that grounds speak of: the one in which most fields stand as they were read. */
export function sourceOf(
	sources: readonly Source[],
	value: unknown,
	grounds: Grounds,
): Source | undefined {
	const fields = isFields(value) ? value : {};
	const fits = ({ text }: Source) =>
		marksIn(text, grounds).filter(({ name, from, to }) => fields[name] === text.slice(from, to))
			.length;
	const [best] = [...sources].sort((a, b) => fits(b) - fits(a));
	return best && (sources.length === 1 || fits(best) > 0) ? best : undefined;
}
