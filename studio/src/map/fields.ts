import { isList, isMap, type Said } from "./places";

/** How a value is written down in a form. */
export type Form = "text" | "long" | "lines" | "pairs" | "step" | "outcome" | "workflow";

export interface FieldOf {
	/** The place below the step. */
	at: readonly string[];
	form: Form;
	/** What is suggested for it. */
	names?: Named;
}

/** Names that a workspace knows. */
export type Named = "roles" | "people" | "agents" | "tools";

const field = (path: string, form: Form = "text"): FieldOf => ({ at: path.split("."), form });
const named = (path: string, names: Named): FieldOf => ({ ...field(path), names });

const FAILS = [named("on_failure.ask", "roles"), field("on_failure.go", "step"), field("time_out")];

/** What a step of each kind is written down with; a decision has a table of its own. */
const FIELDS: Readonly<Record<string, readonly FieldOf[]>> = {
	agent: [
		named("agent", "agents"),
		field("given", "lines"),
		field("from"),
		field("answer", "pairs"),
		field("tools", "lines"),
		field("turns"),
		field("must_hold", "lines"),
		...FAILS,
	],
	tool: [
		named("tool", "tools"),
		field("with", "pairs"),
		field("gives", "pairs"),
		named("undo", "tools"),
		...FAILS,
	],
	lookup: [],
	decide: [named("decide.who", "roles"), field("decide.basis")],
	review: [
		named("review.by", "roles"),
		field("review.question", "long"),
		field("review.show", "lines"),
		field("review.may_edit", "lines"),
		field("review.never_by", "lines"),
		field("review.approvals"),
		field("review.within"),
		named("review.late.ask", "roles"),
		field("review.late.within"),
		field("review.late.then", "step"),
		named("review.if_rejected.tell", "roles"),
		field("review.if_rejected.then", "step"),
	],
	each: [
		field("each.of"),
		field("each.workflow", "workflow"),
		field("each.items"),
		field("each.at_once"),
		field("each.failures"),
	],
	parallel: [],
	wait: [field("wait.for"), field("wait.until")],
	workflow: [field("workflow", "workflow"), field("with", "pairs")],
	end: [field("end", "outcome"), named("tell", "roles")],
};

/** What only some steps of a kind say is offered once it is there. */
const SELDOM = new Set([
	"from",
	"turns",
	"review.approvals",
	"each.failures",
	"on_failure.ask",
	"on_failure.go",
	"must_hold",
]);

export const fieldsOf = (kind: string): readonly FieldOf[] => FIELDS[kind] ?? [];
export const isSeldom = ({ at }: FieldOf): boolean => SELDOM.has(at.join("."));

const starts = (at: readonly string[], with_: readonly string[]): boolean =>
	with_.every((part, n) => at[n] === part);

/** Every text of a step that no field of its kind stands for, so that all of it can be changed. */
export function others(kind: string, step: Said | undefined): FieldOf[] {
	const own = [
		["step"],
		["then"],
		["decide", "first"],
		["decide", "otherwise"],
		...(kind === "parallel" ? [["parallel"]] : []),
		...fieldsOf(kind).map(({ at }) => [...at]),
	];
	const all: FieldOf[] = [];
	const walk = (said: Said | undefined, at: readonly string[]) => {
		if (own.some((place) => starts(at, place))) return;
		if (isMap(said)) for (const key of Object.keys(said)) walk(said[key], [...at, key]);
		else if (isList(said) && said.every((one) => typeof one === "string")) {
			all.push({ at, form: "lines" });
		} else if (isList(said)) {
			for (const [n, one] of said.entries()) walk(one, [...at, String(n)]);
		} else if (said !== undefined) all.push({ at, form: "text" });
	};
	walk(step, []);
	return all;
}

export const linesIn = (text: string): string[] =>
	text
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "");
