/** A piece of a text that others wrote: shown as it is, or named because it cannot be seen. */
export type Piece = { text: string; odd: boolean };

const NAMES: Readonly<Record<number, string>> = {
	0: "NUL",
	27: "ESC",
	127: "DEL",
	173: "SHY",
	8203: "ZWSP",
	8204: "ZWNJ",
	8205: "ZWJ",
	8206: "LRM",
	8207: "RLM",
	8234: "LRE",
	8235: "RLE",
	8236: "PDF",
	8237: "LRO",
	8238: "RLO",
	8288: "WJ",
	8294: "LRI",
	8295: "RLI",
	8296: "FSI",
	8297: "PDI",
	65279: "BOM",
};

/**
 * What changes the order of a text, hides in it, or steers a terminal. A joiner between letters of
 * a script that needs one, or within a picture, is shown too: a false alarm costs a glance.
 */
const ODD = /(?![\t\n\r])\p{Cc}|[\p{Cf}\p{Zl}\p{Zp}]|(?!\ufe0f)\p{Variation_Selector}/gu;

function nameOf(char: string): string {
	const code = char.codePointAt(0) ?? 0;
	return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Cuts a text where something in it cannot be seen, and names that. */
export function pieces(text: string): Piece[] {
	const all: Piece[] = [];
	let from = 0;
	for (const found of text.matchAll(ODD)) {
		if (found.index > from) all.push({ text: text.slice(from, found.index), odd: false });
		all.push({ text: nameOf(found[0]), odd: true });
		from = found.index + found[0].length;
	}
	if (from < text.length) all.push({ text: text.slice(from), odd: false });
	return all;
}

/** A place in a text that has a name. */
export interface Mark {
	from: number;
	to: number;
	name: string;
}

/** Marks in the order of the text, and none within another: two names of one place are one mark. */
export function sorted(marks: readonly Mark[]): Mark[] {
	const all: Mark[] = [];
	for (const mark of [...marks].sort((a, b) => a.from - b.from || b.to - a.to)) {
		const last = all.at(-1);
		if (!last || mark.from >= last.to) all.push({ ...mark });
		else if (mark.from === last.from && mark.to === last.to) last.name += `, ${mark.name}`;
	}
	return all;
}

/** A text of at most so many characters, never cut within one. */
export function cut(text: string, most: number): string {
	if (text.length <= most) return text;
	const last = text.charCodeAt(most - 1);
	const within = last >= 0xd800 && last <= 0xdbff;
	return text.slice(0, within ? most - 1 : most);
}
