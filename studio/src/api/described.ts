import { queryOptions } from "@tanstack/react-query";
import { api, type Case, held } from "./client";

// Typed by hand until the description has these two routes; then these types go.

export type QuestionForm =
	| "text"
	| "lines"
	| "choice"
	| "number"
	| "money"
	| "share"
	| "minutes"
	| "duration"
	| "person"
	| "role"
	| "yes_no"
	| "table";

export interface Column {
	key: string;
	words: string;
	form: QuestionForm;
	choices: string[];
}

export interface Question extends Omit<Column, "key"> {
	id: string;
	why: string;
	columns: Column[];
	answer?: unknown;
	open: boolean;
	needed: boolean;
	unsettled?: string | null;
}

export interface Interview {
	text: string;
	questions: Question[];
}

export interface Choice {
	take: string;
	value?: unknown;
	who?: string;
	at?: string;
}

export interface Point {
	case: string;
	step: string;
	about: string;
	by: string;
	says: string;
	given?: unknown;
	may: string[];
	effect: boolean;
	offers: { take: string; says: string; value?: unknown; fault: boolean }[];
}

export interface Rehearsed {
	case: Case;
	over: boolean;
	open: Point[];
	taken: { step: string; says: string; took: string; choice: Choice }[];
	elapsed_ms: number;
	people_ms: number;
	tokens: number;
	cost_nanos: number;
	how: string;
}

type Any = (path: string, init: object) => Promise<{ data?: never }>;
const { POST } = api as unknown as { POST: Any };

/** The questions of a text, or the text with one more answer. `null` is that nobody knows yet. */
export function interview(
	workspace: string,
	path: string,
	text: string,
	answer?: { question: string; value: unknown },
): Promise<Interview> {
	const body = { path, text, answer: answer ?? null };
	const params = { path: { workspace } };
	return held(POST("/api/v1/workspaces/{workspace}/interview", { params, body }));
}

export const interviewQuery = (workspace: string, path: string, text: string) =>
	queryOptions({
		queryKey: [workspace, "interview", path, text],
		queryFn: () => interview(workspace, path, text),
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
	});

/** Where a case stands after these choices. Nothing is stored, and no model is called. */
export const rehearsalQuery = (
	workspace: string,
	path: string,
	text: string,
	choices: readonly Choice[],
) =>
	queryOptions({
		queryKey: [workspace, "rehearsal", path, text, choices],
		queryFn: (): Promise<Rehearsed> => {
			const body = { path, text, case: null, choices };
			const params = { path: { workspace } };
			return held(POST("/api/v1/workspaces/{workspace}/rehearse", { params, body }));
		},
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
	});
