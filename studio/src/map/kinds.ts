/** The kinds of a step, in the order in which they are offered. */
export const KINDS = [
	"agent",
	"tool",
	"lookup",
	"decide",
	"review",
	"each",
	"parallel",
	"wait",
	"workflow",
	"end",
] as const;

export type StepKind = (typeof KINDS)[number];

/** One line of a picture of 24 by 24 each; the word beside it says the same. */
const ICONS: Readonly<Record<string, string>> = {
	agent: "M12 3v3m-6 3h12v9H6zM9.5 13v1m5-1v1M3 12v3m18-3v3",
	tool: "M14.5 5.5a4.5 4.5 0 0 0-5.6 5.7L3.5 16.6l3.9 3.9 5.4-5.4a4.5 4.5 0 0 0 5.7-5.6l-3 3-3-1-1-3z",
	lookup: "M3 5h12v4H3zm0 4h12M3 9v9h7m6 0a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7m2.5-1 3 3",
	decide: "m12 3 9 9-9 9-9-9zM12 8v5m0 3v.5",
	review: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8m-8 10c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5",
	each: "M4 6h16M4 12h16M4 18h10m4-2v4m-2-2h4",
	parallel: "M12 3v5m0 0H6v8m6-8h6v8M6 16v5m12-5v5",
	wait: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18m0-14v5l3.5 2",
	workflow: "M4 4h7v6H4zm9 10h7v6h-7zM7.5 10v7H13",
	end: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18m-3-12h6v6H9z",
};

export const iconOf = (kind: string): string => ICONS[kind] ?? "M12 4v10m0 4v.5";

/** Kinds after which the case goes on with the next step, if nothing else is said. */
export const goesOn = (kind: string): boolean => kind !== "decide" && kind !== "end";
