import type { Fleet } from "../api/client";

type Minutes = Fleet["per_minute"];

/** How far back is looked, in minutes. */
export const BACK = [60, 6 * 60, 24 * 60, 7 * 24 * 60] as const;

/** The choice that an address names; what is none is the first. */
export function backOf(asked: string | null): number {
	return BACK.find((minutes) => `${minutes}` === asked) ?? BACK[0];
}

/** How many there were of each minute, on the whole of those that are told. */
export function pace(minutes: Minutes, of: "begun" | "ended"): number {
	const all = minutes.reduce((sum, minute) => sum + minute[of], 0);
	return minutes.length === 0 ? 0 : all / minutes.length;
}

export const total = (minutes: Minutes, of: "begun" | "ended"): number =>
	minutes.reduce((sum, minute) => sum + minute[of], 0);

/** What part of the cases that are done nobody had to look at; nothing where none is done. */
export function alone({ alone, done }: Pick<Fleet, "alone" | "done">): number | undefined {
	return done === 0 ? undefined : alone / done;
}

export interface Drawn {
	/** The minutes' beginnings, in seconds as charts have them. */
	at: number[];
	begun: number[];
	ended: number[];
}

export function drawn(minutes: Minutes): Drawn {
	return {
		at: minutes.map(({ at }) => Date.parse(at) / 1_000),
		begun: minutes.map(({ begun }) => begun),
		ended: minutes.map(({ ended }) => ended),
	};
}

/** Where and by what cases failed, of `draft/tool_error`. */
export function placeOf(signature: string): { step: string; code: string } {
	const cut = signature.lastIndexOf("/");
	if (cut < 0) return { step: "", code: signature };
	return { step: signature.slice(0, cut), code: signature.slice(cut + 1) };
}
