import type { CaseLine, CaseStatus } from "../api/client";

/** By what a list is narrowed down. */
export interface Chosen {
	workflow?: string;
	status?: CaseStatus;
	/** Where and by what it went wrong, as `draft/tool_error`. */
	trouble?: string;
}

/** What a case that says nothing of its failure is counted under. */
const UNSAID = "case/ended";

export function fits({ trouble }: CaseLine, wanted: string | undefined): boolean {
	return wanted === undefined || (trouble ?? UNSAID) === wanted;
}

/** An id begins with the time, so that cases of one minute differ only towards its end. */
export function shortId(id: string): string {
	return id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-6)}` : id;
}

const WHOLE = 26;

/** What somebody wrote or pasted, as ids are written: also one that was copied from a list. */
export function asked(text: string): { begins: string; ends: string } {
	const [begins = "", ends = ""] = text
		.trim()
		.toLowerCase()
		.split(/…|\.\.\./);
	return { begins, ends };
}

export const isWhole = (text: string): boolean => asked(text).begins.length === WHOLE;

/** The cases whose ids begin so, or whose titles hold the words. */
export function found(text: string, cases: readonly CaseLine[]): CaseLine[] {
	const { begins, ends } = asked(text);
	if (begins === "" && ends === "") return [];
	return cases.filter(
		({ id, title }) =>
			(id.startsWith(begins) && id.endsWith(ends)) ||
			(ends === "" && title?.toLowerCase().includes(begins)),
	);
}
