import type { Schemas } from "../api/client";

export type Release = Schemas["Release"];
export type Workflow = Schemas["Workflow"];
export type Compared = Schemas["Compared"];
export type Difference = Schemas["Difference"];

/** What there is of one workflow. */
export interface Standing {
	name: string;
	/** None where it has no file any more. */
	file: Workflow | undefined;
	live: Release | undefined;
	canary: Release | undefined;
	/** The last one at the top. */
	before: Release[];
}

/** The releases of each workflow, also of those that were never deployed or have no file any more. */
export function standings(
	workflows: readonly Workflow[],
	releases: readonly Release[],
): Standing[] {
	const names = [...workflows, ...releases].map(({ workflow }) => workflow);
	return [...new Set(names)].sort().map((name) => {
		const own = releases.filter(({ workflow }) => workflow === name);
		return {
			name,
			file: workflows.find(({ workflow }) => workflow === name),
			live: own.find(({ state }) => state === "live"),
			canary: own.find(({ state }) => state === "canary"),
			before: own.filter(({ state }) => state === "before" || state === "rolled_back"),
		};
	});
}

const MILLION = 1_000_000;

/** A share as people write it, in parts of a million; nothing where it is none. */
export function shareOf(text: string): number | undefined {
	const percent = Number(text.trim().replace("%", "").replace(",", "."));
	const share = Math.round((percent / 100) * MILLION);
	return Number.isFinite(percent) && share >= 1 && share <= MILLION ? share : undefined;
}

/** How a figure comes out: within what is allowed, beyond it, or not yet known. */
export type Outcome = "fine" | "open" | "worse";

export function outcome({ low, high, margin }: Difference): Outcome {
	if (low > margin) return "worse";
	return high <= margin ? "fine" : "open";
}

export interface Scale {
	/** Where the range begins and how wide it is, in hundredths of the picture. */
	from: number;
	wide: number;
	/** Where nothing differs, and where it is too much. */
	zero: number;
	most: number;
}

/** Places of a range in a picture that holds it, no difference and the most that is allowed. */
export function scale({ low, high, margin }: Difference): Scale {
	const least = Math.min(low, 0);
	const size = Math.max(high, margin, 0) - least || 1;
	const place = (n: number) => ((n - least) / size) * 100;
	return { from: place(low), wide: place(high) - place(low), zero: place(0), most: place(margin) };
}
