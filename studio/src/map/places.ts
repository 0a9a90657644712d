import type { DrawnMap, Step } from "../api/workshop";

/** What a file says at a place: a text, a list or further keys. */
export type Said = string | null | readonly Said[] | { readonly [key: string]: Said };

export const isMap = (said: Said | undefined): said is { readonly [key: string]: Said } =>
	typeof said === "object" && said !== null && !Array.isArray(said);

export const isList = (said: Said | undefined): said is readonly Said[] => Array.isArray(said);

export const textOf = (said: Said | undefined): string => (typeof said === "string" ? said : "");

/** What stands at a place, which is named as in a change of it. */
export function saidAt(said: Said | undefined, at: readonly string[]): Said | undefined {
	let found = said;
	for (const part of at) {
		if (isList(found)) {
			const named = found.find((one) => isMap(one) && one["step"] === part);
			found = named ?? found[Number.parseInt(part, 10)];
		} else if (isMap(found)) {
			found = Object.hasOwn(found, part) ? found[part] : undefined;
		} else {
			return undefined;
		}
	}
	return found;
}

export const settingsOf = (map: DrawnMap): Said | undefined => map.settings as Said | undefined;

/** The place of a step in its file. */
export function placeOf(steps: readonly Step[], step: Step): string[] {
	if (!step.inside) return ["steps", step.step];
	const { parallel, branch } = step.inside;
	const around = steps.find((one) => one.step === parallel);
	const before = around && around !== step ? placeOf(steps, around) : ["steps", parallel];
	return [...before, "parallel", branch, step.step];
}

const DASH = /^(\s*)- /;

/** The lines of a step, from 1: its own and those that are further in. */
export function linesOf(lines: readonly string[], first: number): [number, number] {
	const own = lines[first - 1] ?? "";
	const depth = DASH.exec(own)?.[1]?.length ?? own.length - own.trimStart().length;
	let last = first;
	for (let n = first + 1; n <= lines.length; n += 1) {
		const line = lines[n - 1] ?? "";
		const text = line.trimStart();
		if (text === "" || text.startsWith("#")) continue;
		if (line.length - text.length <= depth) break;
		last = n;
	}
	return [first, last];
}

/** A heading of the text below the settings, with the lines that belong to it. */
export interface Section {
	title: string;
	/** The line of the heading and the last one before the next, from 1. */
	first: number;
	last: number;
}

/** The line after the settings, from 1. */
function bodyAt(lines: readonly string[]): number {
	if (lines[0]?.trimEnd() !== "---") return 1;
	const end = lines.findIndex((line, n) => n > 0 && line.trimEnd() === "---");
	return end < 0 ? 1 : end + 2;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,2})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;

/** The headings that steps are described under. A code block has none. */
export function sections(lines: readonly string[]): Section[] {
	const all: Section[] = [];
	let open: Section | undefined;
	let fence: string | undefined;
	for (let n = bodyAt(lines); n <= lines.length; n += 1) {
		const line = lines[n - 1] ?? "";
		const mark = FENCE.exec(line)?.[1];
		if (fence !== undefined) {
			if (mark?.startsWith(fence)) fence = undefined;
		} else if (mark !== undefined) {
			fence = mark;
		} else {
			const heading = HEADING.exec(line);
			if (heading) {
				if (open) open.last = n - 1;
				const title = (heading[2] ?? "").replaceAll("`", "").trim();
				open = heading[1] === "##" ? { title, first: n, last: lines.length } : undefined;
				if (open) all.push(open);
			}
		}
	}
	return all;
}

export function instructionsOf(text: string, step: string): string {
	const lines = text.split("\n");
	const found = sections(lines).find(({ title }) => title === step);
	return found ? lines.slice(found.first, found.last).join("\n").trim() : "";
}

/** The text below the settings with other instructions for a step, or without them. */
export function bodyWith(text: string, step: string, instructions: string): string {
	const lines = text.split("\n");
	const from = bodyAt(lines) - 1;
	const found = sections(lines).find(({ title }) => title === step);
	const said = instructions.trim();
	const own = said === "" ? [] : [`## ${step}`, "", ...said.split("\n"), ""];
	if (found) {
		const heading = said === "" ? [] : [lines[found.first - 1] ?? "", ...own.slice(1)];
		const rest = lines.slice(found.last);
		return [...lines.slice(from, found.first - 1), ...heading, ...rest].join("\n");
	}
	if (said === "") return lines.slice(from).join("\n");
	return [lines.slice(from).join("\n").trimEnd(), "", ...own].join("\n").trimStart();
}

/** The step that a line of the file belongs to, by its settings or its instructions. */
export function stepAt(map: DrawnMap, lines: readonly string[], line: number): string | undefined {
	const section = sections(lines).find(({ first, last }) => first <= line && line <= last);
	if (section) return map.steps.find(({ step }) => step === section.title)?.step;
	let found: string | undefined;
	for (const step of map.steps) {
		if (step.line > line) continue;
		const [first, last] = linesOf(lines, step.line);
		if (first <= line && line <= last) found = step.step;
	}
	return found;
}

/** Where a character of a line stands in its text, when characters are counted and not units. */
export function unitOf(line: string, column: number): number {
	let unit = 0;
	let left = column - 1;
	for (const char of line) {
		if (left <= 0) break;
		unit += char.length;
		left -= 1;
	}
	return unit;
}
