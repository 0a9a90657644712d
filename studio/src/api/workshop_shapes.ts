// What the interface answers of files and maps, until its description has it.

export interface WorkflowLine {
	workflow: string;
	path: string;
	version: string;
	purpose?: string | null;
	accountable?: string | null;
	problems: number;
	open?: number;
	live?: string | null;
	canary?: string | null;
	changed: boolean;
}

export interface FileText {
	path: string;
	text: string;
	version: string;
	changeable?: boolean;
}

export interface Step {
	step: string;
	kind: string;
	by: string;
	says: string[];
	line: number;
	inside?: { parallel: string; branch: string } | null;
}

export type WayKind =
	| "start"
	| "next"
	| "row"
	| "otherwise"
	| "approved"
	| "rejected"
	| "late"
	| "branch"
	| "failure"
	| "exception"
	| "stop";

export interface Way {
	from?: string | null;
	to?: string | null;
	kind: WayKind;
	when: string;
}

export interface Finding {
	code: string;
	file: string;
	line: number;
	column: number;
	end_line: number;
	end_column: number;
	what: string;
	why: string;
	fix: string;
	did_you_mean?: string | null;
}

export interface DrawnMap {
	path: string;
	text: string;
	version?: string | null;
	says: string[];
	steps: Step[];
	ways: Way[];
	problems: Finding[];
	settings?: unknown;
}

export type Edit =
	| { set: { at: string[]; to: unknown } }
	| { remove: { at: string[] } }
	| { add: { step: unknown; after: string | null } }
	| { move: { step: string; after: string | null } }
	| { rename: { step: string; to: string } }
	| { body: { text: string } };
