import { money } from "../parts/money";

/** A value that is another one than before; nothing where it was not there. */
export interface Change {
	/** Where it stands, as `order.amount`; empty for the value as a whole. */
	path: string;
	before: unknown;
	after: unknown;
}

/** More differences than this say that nothing is the same. */
const MOST = 200;

const isFields = (value: unknown): value is Record<string, unknown> =>
	value !== null && typeof value === "object" && !Array.isArray(value);

/** The parts that a value is compared by; an amount is one value. */
function partsOf(value: unknown): Map<string, unknown> | undefined {
	if (Array.isArray(value)) return new Map(value.map((item, n) => [`${n + 1}`, item]));
	if (!isFields(value) || money(value) !== undefined) return undefined;
	// What begins with `$` says where a value comes from and is no value.
	return new Map(Object.entries(value).filter(([name]) => !name.startsWith("$")));
}

/** What differs between two values, each where it stands. */
export function changed(before: unknown, after: unknown): Change[] {
	const all: Change[] = [];
	const walk = (path: string, one: unknown, other: unknown) => {
		if (all.length >= MOST || same(one, other)) return;
		const [left, right] = [partsOf(one), partsOf(other)];
		if (!left || !right || Array.isArray(one) !== Array.isArray(other)) {
			all.push({ path, before: one, after: other });
			return;
		}
		for (const name of new Set([...left.keys(), ...right.keys()])) {
			walk(path === "" ? name : `${path}.${name}`, left.get(name), right.get(name));
		}
	};
	walk("", before, after);
	return all;
}

/** Nothing and what is not there are the same to whoever looks. */
function same(one: unknown, other: unknown): boolean {
	const [left, right] = [one ?? null, other ?? null];
	if (!isFields(left) || !isFields(right)) return Object.is(left, right);
	const amount = money(left);
	return amount !== undefined && amount === money(right);
}
