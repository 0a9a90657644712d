import type { Way } from "../api/workshop";
import type { Outline } from "./layout";

/** How a way is drawn: to its step, on into the next block, or as a mark that names its step. */
export type Drawn = "whole" | "through" | "jump";

/** Steps that are placed together, and the ways that lead from them. */
export interface Block {
	steps: Outline["steps"];
	ways: { n: number; way: Way; drawn: Drawn }[];
}

/** Up to so many steps are one block: most maps. */
const WHOLE = 60;
/** How few and how many steps a block of a longer one has. */
const LEAST = 16;
const MOST = 36;

/**
 * A long map in blocks, because the work of placing grows with the square of what is placed. It is
 * cut where the fewest ways cross. What crosses to the step after the cut is drawn through it; any
 * other way that leaves its block ends in a mark with the name of its step, as on a chart of
 * several pages.
 */
export function blocksOf({ steps, ways }: Outline): Block[] {
	const at = new Map(steps.map(({ step }, n) => [step, n]));
	const cuts = cutsOf(steps, ways, at);
	const block = (n: number): number => cuts.findLastIndex((cut) => cut <= n);
	const blocks: Block[] = cuts.map((cut, k) => ({
		steps: steps.slice(cut, cuts[k + 1]),
		ways: [],
	}));
	ways.forEach((way, n) => {
		const to = way.to ? at.get(way.to) : undefined;
		const from = way.from ? (at.get(way.from) ?? 0) : (to ?? 0);
		const own = block(from);
		const crosses = to !== undefined && block(to) !== own;
		const through = crosses && to === cuts[own + 1];
		const drawn = through ? "through" : crosses ? "jump" : "whole";
		blocks[own]?.ways.push({ n, way, drawn });
	});
	return blocks;
}

/** The steps that blocks begin with, by number. */
function cutsOf(
	steps: Outline["steps"],
	ways: readonly Way[],
	at: ReadonlyMap<string, number>,
): number[] {
	if (steps.length <= WHOLE) return [0];
	const crossing = crossings(steps.length, ways, at);
	const cuts = [0];
	for (;;) {
		const last = cuts.at(-1) ?? 0;
		if (steps.length - last <= MOST) return cuts;
		let best: number | undefined;
		for (let cut = last + LEAST; cut <= last + MOST; cut += 1) {
			// What stands in a parallel step stays with it.
			if (steps[cut]?.inside) continue;
			const fewer = best === undefined || (crossing[cut] ?? 0) < (crossing[best] ?? 0);
			if (fewer) best = cut;
		}
		if (best === undefined) return cuts;
		cuts.push(best);
	}
}

/** How many ways would cross a cut before each step. */
function crossings(
	length: number,
	ways: readonly Way[],
	at: ReadonlyMap<string, number>,
): number[] {
	const change = new Array<number>(length + 1).fill(0);
	for (const { from, to } of ways) {
		const a = from ? at.get(from) : undefined;
		const b = to ? at.get(to) : undefined;
		if (a === undefined || b === undefined || a === b) continue;
		const [low, high] = a < b ? [a, b] : [b, a];
		change[low + 1] = (change[low + 1] ?? 0) + 1;
		change[high + 1] = (change[high + 1] ?? 0) - 1;
	}
	let sum = 0;
	return change.map((one) => {
		sum += one;
		return sum;
	});
}
