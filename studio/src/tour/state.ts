import { useSyncExternalStore } from "react";

/** Where somebody is on the tour: not asked yet, at a stop, left at a stop, or through. */
export type Standing = { of: "new" } | { of: "on" | "left"; at: number } | { of: "done" };

const KEPT = "flightdeck.tour";
const ears = new Set<() => void>();

/** What was kept, whoever wrote it: what cannot be read is a tour that nobody began. */
export function standingOf(text: string | null, stops: number): Standing {
	if (text === "done") return { of: "done" };
	const [, of, at] = /^(on|left) (\d+)$/.exec(text ?? "") ?? [];
	if ((of !== "on" && of !== "left") || Number(at) >= stops) return { of: "new" };
	return { of, at: Number(at) };
}

export const textOf = (standing: Standing): string =>
	"at" in standing ? `${standing.of} ${standing.at}` : standing.of;

function kept(): string | null {
	try {
		return localStorage.getItem(KEPT);
	} catch {
		// Where nothing is kept the tour is offered nowhere but in the account's menu.
		return "done";
	}
}

let now = kept();

export function goOn(standing: Standing): void {
	now = textOf(standing);
	try {
		localStorage.setItem(KEPT, now);
	} catch {
		// It holds until the page is left.
	}
	for (const ear of ears) ear();
}

function listen(ear: () => void): () => void {
	ears.add(ear);
	return () => ears.delete(ear);
}

export const useKept = (): string | null => useSyncExternalStore(listen, () => now);
