import { drawMap, type Edit } from "../api/workshop";
import { keep } from "./draft";
import { saidAt, settingsOf, textOf } from "./places";

const set = (at: string, to: unknown): Edit => ({ set: { at: at.split("."), to } });

const about = (purpose: string, person: string): Edit[] => [
	set("purpose", purpose),
	set("accountable", person),
];

/** What a new map says at first: enough to be drawn, and its problems say what is left to do. */
function first(role: string): Edit[] {
	return [
		set("override", role),
		set("risk", "medium"),
		set("autonomy", "approve"),
		set("case", { one: "message", from: "outside", fields: { text: "text" } }),
		set("limits.case", { cost: "0.50 USD" }),
		set("limits.day", { cost: "10 USD", cases: 100 }),
		set("steps", [
			{
				step: "look",
				review: {
					by: role,
					question: "What is to be done with this case?",
					show: ["case"],
					within: "8 working hours",
					late: { then: "stop" },
					if_rejected: { then: "stop" },
				},
			},
			{ step: "finished", end: "done" },
		]),
		set("exceptions", [{ what: "anything that does not fit", go: "look" }]),
	];
}

/** A role that a map of the workspace names already. */
async function roleOf(workspace: string, other: string | undefined): Promise<string> {
	if (other === undefined) return "lead";
	const map = await drawMap(workspace, other);
	return textOf(saidAt(settingsOf(map), ["override"])) || "lead";
}

/** Begins a map that is not saved yet. The installation writes its text. */
export async function begin(
	workspace: string,
	name: string,
	purpose: string,
	person: string,
	other: string | undefined,
	/** Whether questions lead to what it says, instead of a first draft. */
	bare: boolean,
): Promise<void> {
	const path = `workflows/${name}.md`;
	const draft = bare ? [] : first(await roleOf(workspace, other));
	const empty = `---\nworkflow: ${name}\n---\n\n# ${name.replaceAll("_", " ")}\n`;
	const { text } = await drawMap(workspace, path, empty, [...about(purpose, person), ...draft]);
	keep(workspace, path, { text, base: "", from: null });
}
