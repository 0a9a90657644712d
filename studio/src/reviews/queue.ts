import type { Request, Shown } from "../api/client";
import { money } from "../parts/money";
import { grounded } from "./grounds";

export const keyOf = ({ case: id, number }: { case: string; number: number }): string =>
	`${id}/${number}`;

/** Whether two requests put the same question at the same place of a map. */
export function alike(one: Request, other: Request): boolean {
	return (
		one.workflow === other.workflow &&
		one.step === other.step &&
		one.about === other.about &&
		one.question === other.question
	);
}

/** Those that wait beside this one and are like it. */
export const likeIt = (all: readonly Request[], now: Request): Request[] =>
	all.filter((one) => keyOf(one) !== keyOf(now) && alike(one, now));

/**
 * The request that stands there next once this one is gone: the one after it, or the first. Whoever
 * decides those together that are alike is given them first.
 */
export function following(
	all: readonly Request[],
	now: Request,
	together = false,
): Request | undefined {
	const place = all.findIndex((one) => keyOf(one) === keyOf(now));
	const after = [...all.slice(place + 1), ...all.slice(0, Math.max(0, place))];
	const rest = place < 0 ? all : after;
	return (together ? likeIt(rest, now)[0] : undefined) ?? rest[0];
}

/** How many fit in an hour where each takes so long; nothing where none was decided yet. */
export function inHour(times: readonly number[]): number | undefined {
	const each = median(times);
	return each > 0 ? Math.floor(3_600_000 / each) : undefined;
}

/** The neighbour of a request in the queue; the ends have none. */
export function neighbour(
	all: readonly Request[],
	now: Request,
	step: 1 | -1,
): Request | undefined {
	const place = all.findIndex((one) => keyOf(one) === keyOf(now));
	return place < 0 ? undefined : all[place + step];
}

/**
 * The fields that may be changed, each by itself: whoever may change a step's values may change any
 * of them.
 */
export function editable(mayEdit: readonly string[], shows: readonly Shown[]): string[] {
	return mayEdit.flatMap((path) => {
		const value = shows.find(({ name }) => name === path)?.value;
		const { value: fields } = grounded(value);
		const whole = fields === null || typeof fields !== "object" || money(fields) !== undefined;
		return whole ? [path] : Object.keys(fields).map((field) => `${path}.${field}`);
	});
}

/** What a field holds now, as a person would write it. */
export function written(path: string, shows: readonly Shown[]): string {
	const at = shows.find(({ name }) => path === name || path.startsWith(`${name}.`));
	if (!at) return "";
	const rest = path.slice(at.name.length + 1);
	const steps = rest === "" ? [] : rest.split(".");
	let value: unknown = at.value;
	for (const step of steps) {
		const inside = value !== null && typeof value === "object" ? value : {};
		value = Object.hasOwn(inside, step) ? (inside as Record<string, unknown>)[step] : undefined;
	}
	return plain(value);
}

function plain(value: unknown): string {
	if (value === null || value === undefined) return "";
	if (typeof value !== "object") return String(value);
	return money(value) ?? JSON.stringify(value);
}

/** Only what was really changed is sent: a value that stays needs no new approval. */
export function changes(
	now: Readonly<Record<string, string>>,
	before: Readonly<Record<string, string>>,
): Record<string, string> {
	return Object.fromEntries(
		Object.entries(now).filter(([name, value]) => value.trim() !== (before[name] ?? "").trim()),
	);
}

export interface FormField {
	name: string;
	title: string;
	help: string | undefined;
	choices: string[] | undefined;
	required: boolean;
}

/** The fields of a tool's question. What is none that a person could fill in is a plain text. */
export function fieldsOf(form: unknown): FormField[] {
	const { properties, required } = (form ?? {}) as { properties?: unknown; required?: unknown };
	if (typeof properties !== "object" || properties === null) return [];
	const must = Array.isArray(required) ? required : [];
	return Object.entries(properties).map(([name, schema]) => {
		const said = (schema ?? {}) as Record<string, unknown>;
		const text = (key: string) => (typeof said[key] === "string" ? said[key] : undefined);
		const listed = Array.isArray(said["enum"]) ? said["enum"].map(String) : undefined;
		const choices = said["type"] === "boolean" ? ["true", "false"] : listed;
		const title = text("title") ?? name.replaceAll("_", " ");
		return { name, title, help: text("description"), choices, required: must.includes(name) };
	});
}

/** How long the requests of this sitting took, in the middle: one long read changes little. */
export function median(times: readonly number[]): number {
	const sorted = [...times].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
