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

/** Where words stand in a text: the first place of each, in order, none within another. */
export function places(text: string, words: readonly string[]): [number, number][] {
	const found: [number, number][] = [];
	const longest = [...new Set(words)].sort((a, b) => b.length - a.length);
	for (const word of longest) {
		if (word.trim().length < 3) continue;
		const at = text.indexOf(word);
		const end = at + word.length;
		if (at >= 0 && found.every(([from, to]) => end <= from || at >= to)) found.push([at, end]);
	}
	return found.sort(([a], [b]) => a - b);
}

/** A text of at most so many characters, never cut within one. */
export function cut(text: string, most: number): string {
	if (text.length <= most) return text;
	const last = text.charCodeAt(most - 1);
	const within = last >= 0xd800 && last <= 0xdbff;
	return text.slice(0, within ? most - 1 : most);
}
