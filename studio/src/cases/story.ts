import type { Case, CaseStatus, Schemas } from "../api/client";
import { type Change, changed } from "./diff";

type Line = Case["story"][number];
export type Visit = Schemas["Visit"];
export type Act = Schemas["Act"];

/** Statuses after which nothing more happens. */
export const OVER: readonly CaseStatus[] = ["done", "failed", "rejected", "duplicate", "cancelled"];

/** A pause shorter than this is none that anybody asks about. */
const LONG = 60_000;

export interface Step {
	key: string;
	step: string | undefined;
	/** Milliseconds since the line before, where they are many. */
	after: number | undefined;
	lines: Line[];
}

/** Puts lines of one step that follow each other together; a long pause begins anew. */
export function stepsOf(lines: readonly Line[]): Step[] {
	const steps: Step[] = [];
	let before: Line | undefined;
	for (const line of lines) {
		const gap = before ? Date.parse(line.at) - Date.parse(before.at) : 0;
		const step = line.step ?? undefined;
		const last = steps.at(-1);
		if (last && last.step === step && gap < LONG) last.lines.push(line);
		else {
			const after = gap >= LONG ? gap : undefined;
			steps.push({ key: `${steps.length}`, step, after, lines: [line] });
		}
		before = line;
	}
	return steps;
}

/** What a visit of a step gave, and what of it is another value than the time before. */
export interface Gave {
	visit: Visit;
	/** None at the first visit. */
	since: Change[] | undefined;
}

/** A part of the story with everything that belongs to it. */
export interface Told extends Step {
	gave: Gave[];
	acts: Act[];
	decisions: Schemas["Decided"][];
	refusals: Schemas["Refused"][];
}

/** The story, and by each part of it what was done, decided, refused and found there. */
export function toldOf(
	of: Pick<Case, "story" | "steps" | "acts" | "decisions" | "refusals">,
): Told[] {
	const all: Told[] = stepsOf(of.story).map((step) => ({
		...step,
		gave: [],
		acts: [],
		decisions: [],
		refusals: [],
	}));
	/** The last part of a step that had begun by then. */
	const partOf = (step: string, at: string): Told => {
		const parts = all.filter((part) => part.step === step);
		const begun = parts.filter(({ lines: [first] }) => !first || !later(first.at, at));
		const found = begun.at(-1) ?? parts[0];
		if (found) return found;
		const key = `${all.length}`;
		const made = {
			key,
			step,
			after: undefined,
			lines: [],
			gave: [],
			acts: [],
			decisions: [],
			refusals: [],
		};
		all.push(made);
		return made;
	};
	const before = new Map<string, Visit>();
	for (const visit of of.steps) {
		const last = before.get(visit.step);
		if (hasOutput(visit)) {
			const since = last && changed(last.output, visit.output);
			partOf(visit.step, visit.ended ?? visit.began).gave.push({ visit, since });
			before.set(visit.step, visit);
		}
	}
	for (const act of of.acts) partOf(act.step, act.began).acts.push(act);
	for (const one of of.decisions) partOf(one.step, one.at).decisions.push(one);
	for (const one of of.refusals) partOf(one.step, one.at).refusals.push(one);
	return all;
}

/** Times are compared as times: as texts, those with parts of a second would come first. */
export const later = (one: string, other: string): boolean => Date.parse(one) > Date.parse(other);

export const hasOutput = ({ output }: Visit): boolean => output !== undefined && output !== null;

/** How long something took; nothing while it goes on. */
export function took({
	began,
	ended,
}: {
	began: string;
	ended?: string | null;
}): number | undefined {
	return ended ? Date.parse(ended) - Date.parse(began) : undefined;
}

/** The steps that a case came by, in the order in which it came. */
export function stepsMet(of: Pick<Case, "story" | "steps">): string[] {
	const said = of.story.flatMap(({ step }) => (step ? [step] : []));
	return [...new Set([...of.steps.map(({ step }) => step), ...said])];
}

export interface StoredEntry {
	position: number;
	at: number | undefined;
	kinds: string[];
	text: string;
}

/** The stored lines, each with what can be said of it; one that cannot be read is shown as it is. */
export function entriesOf(text: string): StoredEntry[] {
	const lines = text.split("\n").filter((line) => line !== "");
	return lines.map((line, position) => {
		try {
			const frame = JSON.parse(line) as { at?: unknown; records?: unknown };
			const records = Array.isArray(frame.records) ? frame.records : [];
			const kinds = records.flatMap((record: unknown) =>
				typeof record === "string" ? [record] : Object.keys(record ?? {}).slice(0, 1),
			);
			const at = typeof frame.at === "number" ? frame.at : undefined;
			return { position, at, kinds, text: JSON.stringify(frame, null, 2) };
		} catch {
			return { position, at: undefined, kinds: [], text: line };
		}
	});
}
