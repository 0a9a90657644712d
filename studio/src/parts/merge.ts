import { diffLines } from "diff";

/** A part of two texts: the same in both, or different. */
export type Part =
	| { same: true; text: string }
	| { same: false; theirs: string; mine: string; n: number };

export type Choice = "mine" | "theirs";

/** Two texts line by line, in parts that are the same and parts that are not. */
export function parts(theirs: string, mine: string): Part[] {
	const all: Part[] = [];
	let n = 0;
	for (const change of diffLines(theirs, mine)) {
		if (!change.added && !change.removed) {
			all.push({ same: true, text: change.value });
			continue;
		}
		const last = all.at(-1);
		const open = last && !last.same ? last : undefined;
		const side = open ?? { same: false as const, theirs: "", mine: "", n: n++ };
		if (change.added) side.mine += change.value;
		else side.theirs += change.value;
		if (!open) all.push(side);
	}
	return all;
}

/** One text of both: by a choice where they differ, and mine where none was made. */
export function merged(all: readonly Part[], choices: ReadonlyMap<number, Choice>): string {
	return all
		.map((part) => {
			if (part.same) return part.text;
			return choices.get(part.n) === "theirs" ? part.theirs : part.mine;
		})
		.join("");
}
