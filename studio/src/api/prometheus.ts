/** One measured value of Prometheus' text format. */
export interface Sample {
	name: string;
	labels: Readonly<Record<string, string>>;
	value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the format; a line that is none of it is left out. */
export function samples(text: string): Sample[] {
	const all: Sample[] = [];
	for (const line of text.split("\n")) {
		if (line.startsWith("#")) continue;
		const [, name, inside, value] = LINE.exec(line) ?? [];
		const number = Number(value);
		if (!name || value === undefined || Number.isNaN(number)) continue;
		const labels: Record<string, string> = {};
		for (const [, key, raw] of (inside ?? "").matchAll(LABEL)) {
			if (key) labels[key] = (raw ?? "").replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
		}
		all.push({ name, labels, value: number });
	}
	return all;
}

/** The sum of a name over all labels that fit. */
export function sum(
	all: readonly Sample[],
	name: string,
	labels: Readonly<Record<string, string>> = {},
): number {
	const fits = (sample: Sample) =>
		sample.name === name && Object.entries(labels).every(([key, v]) => sample.labels[key] === v);
	return all.filter(fits).reduce((total, sample) => total + sample.value, 0);
}
