import type { Case, CaseStatus } from "../api/client";

type Line = Case["story"][number];

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
