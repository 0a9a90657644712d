import type { Case } from "../api/client";
import { type Change, changed } from "./diff";
import { type Act, later, took, type Visit } from "./story";

/** What a visit of a step took. */
export interface Spent {
	acts: number;
	tokens: number;
	cost_nanos: number;
	/** Nothing while it goes on. */
	ms: number | undefined;
}

export interface Met {
	visit: Visit;
	spent: Spent;
	/** The rows of tables that held there. */
	because: string[];
}

/** A step beside the same one of the other case; where one of them did not come by, it is alone. */
export interface Row {
	step: string;
	one: Met | undefined;
	other: Met | undefined;
	/** What they gave differs by. */
	differs: Change[];
	/** Whether this is the first place at which the ways are not the same. */
	parts: boolean;
}

export interface Beside {
	rows: Row[];
	/** What came in differs by. */
	came: Change[];
}

/** Beyond so many pairs of visits, places alone say what stands beside what. */
const PAIRS_MOST = 1_000_000;

/** Two cases step by step, each beside where the other was at the time. */
export function beside(one: Case, other: Case): Beside {
	const [left, right] = [visits(one), visits(other)];
	const rows = pairs(left, right).map(([a, b]) => row(a, b));
	const parts = rows.find((row) => !row.one || !row.other);
	if (parts) parts.parts = true;
	return { rows, came: changed(one.case, other.case) };
}

function row(one: Met | undefined, other: Met | undefined): Row {
	const differs = one && other ? changed(one.visit.output, other.visit.output) : [];
	return { step: (one ?? other)?.visit.step ?? "", one, other, differs, parts: false };
}

/** The visits of a case, each with what was done during it. */
function visits(of: Case): Met[] {
	const all: Met[] = of.steps.map((visit) => ({
		visit,
		spent: { acts: 0, tokens: 0, cost_nanos: 0, ms: took(visit) },
		because: [],
	}));
	const during = (step: string, at: string): Met | undefined => {
		const same = all.filter(({ visit }) => visit.step === step);
		return same.filter(({ visit }) => !later(visit.began, at)).at(-1) ?? same[0];
	};
	for (const act of of.acts) add(during(act.step, act.began), act);
	for (const { step, at, because } of of.decisions) during(step, at)?.because.push(because);
	return all;
}

function add(met: Met | undefined, act: Act): void {
	if (!met) return;
	met.spent.acts += 1;
	met.spent.tokens += act.tokens;
	met.spent.cost_nanos += act.cost_nanos;
}

type Pair = [Met | undefined, Met | undefined];

/** The longest way that both have in common, and between its steps what only one of them has. */
function pairs(left: readonly Met[], right: readonly Met[]): Pair[] {
	if (left.length * right.length > PAIRS_MOST) {
		const long = Math.max(left.length, right.length);
		return Array.from({ length: long }, (_, n): Pair => [left[n], right[n]]).flatMap(apart);
	}
	const same = (a: number, b: number) => left[a]?.visit.step === right[b]?.visit.step;
	const wide = right.length + 1;
	const common = new Uint32Array((left.length + 1) * wide);
	const at = (a: number, b: number) => common[a * wide + b] ?? 0;
	for (let a = left.length - 1; a >= 0; a -= 1) {
		for (let b = right.length - 1; b >= 0; b -= 1) {
			common[a * wide + b] = same(a, b)
				? at(a + 1, b + 1) + 1
				: Math.max(at(a + 1, b), at(a, b + 1));
		}
	}
	const all: Pair[] = [];
	let [a, b] = [0, 0];
	while (a < left.length || b < right.length) {
		if (a < left.length && b < right.length && same(a, b)) all.push([left[a++], right[b++]]);
		else if (b >= right.length || (a < left.length && at(a + 1, b) >= at(a, b + 1)))
			all.push([left[a++], undefined]);
		else all.push([undefined, right[b++]]);
	}
	return all;
}

/** Two visits of different steps do not stand beside each other. */
function apart([one, other]: Pair): Pair[] {
	if (!one || !other || one.visit.step === other.visit.step) return [[one, other]];
	return [
		[one, undefined],
		[undefined, other],
	];
}
