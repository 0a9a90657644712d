import type { DrawnMap, Way } from "../api/workshop";

/** Quotes and angle brackets would end a label or be read as HTML; a line end would end the line. */
const plain = (text: string): string =>
	text
		.replaceAll("#", "#35;")
		.replaceAll('"', "#quot;")
		.replaceAll("<", "#lt;")
		.replaceAll(">", "#gt;")
		.replace(/[\r\n\u2028\u2029]+/g, " ");

/** A name that Mermaid takes as it is, and that no word of its own is. */
const idOf = (step: string): string =>
	`s_${step.replace(/[^A-Za-z0-9_]/g, (odd) => `_${odd.codePointAt(0)?.toString(16)}_`)}`;

/** The flow as Mermaid text: a decision is a diamond, a review a person's shape, an act stands out. */
export function mermaid(map: DrawnMap): string {
	const lines = ["flowchart TD"];
	for (const { step, kind, by } of map.steps) {
		const id = idOf(step);
		const name = plain(step);
		const who = by === "" ? name : `${name}: ${plain(by)}`;
		if (kind === "decide") lines.push(`  ${id}{{"${name}?"}}`);
		else if (kind === "review") lines.push(`  ${id}[/"${who} decides"/]`);
		else if (kind === "tool") lines.push(`  ${id}[["${who}"]]`);
		else if (kind === "agent") lines.push(`  ${id}("${who}")`);
		else if (kind === "end") lines.push(`  ${id}(["${name}"])`);
		else lines.push(`  ${id}["${name}"]`);
	}
	for (const way of map.ways) lines.push(`  ${arrow(way)}`);
	return `${lines.join("\n")}\n`;
}

function arrow({ from, to, kind, when }: Way): string {
	const target = to ? idOf(to) : kind === "stop" ? "stop_([stop])" : "end_([end])";
	const words = plain(when);
	if (kind === "start") return `start_([case]) --> ${target}`;
	if (kind === "exception") return `any_([any step]) -. "${words}" .-> ${target}`;
	const source = idOf(from ?? "");
	if (kind === "failure") return `${source} -. failed .-> ${target}`;
	return words === "" ? `${source} --> ${target}` : `${source} -- "${words}" --> ${target}`;
}
