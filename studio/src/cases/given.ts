import type { Schemas } from "../api/client";
import type { CaseField } from "../api/standing";

type Workflow = Schemas["Workflow"];
type Texts = Readonly<Record<string, string>>;

/** Workflows of which a case can begin: those that are live, and drafts without a problem. */
export function startable(workflows: readonly Workflow[]): Workflow[] {
	return workflows.filter(({ problems, live }) => problems === 0 || live);
}

/** The fields of a case as somebody wrote them; what may be left out and is, is not sent. */
export function given(fields: readonly CaseField[], texts: Texts): Record<string, string> {
	const written = fields.map(({ name, optional }) => {
		const text = texts[name] ?? "";
		return optional && text.trim() === "" ? [] : [[name, text]];
	});
	return Object.fromEntries(written.flat());
}

/** Fields that have to be filled in and are not. */
export function missing(fields: readonly CaseField[], texts: Texts): string[] {
	const lacks = ({ name, optional }: CaseField) => !optional && !(texts[name] ?? "").trim();
	return fields.filter(lacks).map(({ name }) => name);
}
