import type { CaseLine, CaseStatus } from "../api/client";
import { type Sample, sum } from "../api/prometheus";
import { OVER } from "../cases/story";

export interface Measured {
	at: number;
	samples: Sample[];
}

/** What counters did between two looks, per minute. A restart begins them anew: that is no rate. */
export function perMinute(
	name: string,
	before: Measured | undefined,
	now: Measured,
): number | undefined {
	if (!before || now.at <= before.at) return undefined;
	const grown = sum(now.samples, name) - sum(before.samples, name);
	return grown < 0 ? undefined : (grown / (now.at - before.at)) * 60_000;
}

/** Looks of the last minutes, the oldest first: a rate over one look alone jumps about. */
export function kept(looks: readonly Measured[], next: Measured, most: number): Measured[] {
	const last = looks.at(-1);
	if (last && next.at <= last.at) return [...looks];
	return [...looks, next].filter((look) => look.at > next.at - most);
}

export type Constraint =
	| { of: "stop"; all: boolean }
	| { of: "trouble"; what: string }
	| { of: "people"; n: number }
	| { of: "halted"; n: number }
	| { of: "supply" }
	| { of: "running"; n: number };

export interface Standing {
	stops: readonly { of: string }[];
	trouble: readonly string[];
	waiting: number;
	running: number;
	halted: number;
}

/** The one thing that holds the work up most, by what stops more than the others. */
export function constraint(now: Standing): Constraint {
	if (now.stops.length > 0)
		return { of: "stop", all: now.stops.some(({ of }) => of === "everything") };
	const [what] = now.trouble;
	if (what !== undefined) return { of: "trouble", what };
	if (now.waiting > now.running) return { of: "people", n: now.waiting };
	if (now.halted > 0) return { of: "halted", n: now.halted };
	if (now.running === 0) return { of: "supply" };
	return { of: "running", n: now.running };
}

export interface Hour {
	/** The minutes' beginnings, in seconds as charts have them. */
	minutes: number[];
	begun: number[];
	ended: number[];
}

/** How many cases began and ended in each of the last sixty minutes. */
export function hour(cases: readonly CaseLine[], now: number): Hour {
	const last = Math.floor(now / 60_000);
	const minutes = Array.from({ length: 60 }, (_, n) => (last - 59 + n) * 60);
	const begun = minutes.map(() => 0);
	const ended = minutes.map(() => 0);
	const add = (into: number[], at: string) => {
		const place = Math.floor(Date.parse(at) / 60_000) - (last - 59);
		const before = into[place];
		if (before !== undefined) into[place] = before + 1;
	};
	for (const line of cases) {
		add(begun, line.opened);
		if (OVER.includes(line.status)) add(ended, line.changed);
	}
	return { minutes, begun, ended };
}

export interface Group {
	workflow: string;
	status: CaseStatus;
	n: number;
	last: string;
}

const WRONG: readonly CaseStatus[] = ["failed", "halted", "rejected"];

/** Cases that went wrong, those that went wrong most at the top. */
export function failures(cases: readonly CaseLine[]): Group[] {
	const groups = new Map<string, Group>();
	for (const { workflow, status, changed } of cases) {
		if (!WRONG.includes(status)) continue;
		const key = `${workflow} ${status}`;
		const group = groups.get(key) ?? { workflow, status, n: 0, last: changed };
		const last = [group.last, changed].sort().at(-1) ?? changed;
		groups.set(key, { ...group, n: group.n + 1, last });
	}
	return [...groups.values()].sort((a, b) => b.n - a.n);
}

export interface WorkflowLine {
	name: string;
	running: number;
	waiting: number;
	over: number;
	failed: number;
}

/** Each workflow with where its cases stand. */
export function byWorkflow(cases: readonly CaseLine[]): WorkflowLine[] {
	const all = new Map<string, WorkflowLine>();
	for (const { workflow: name, status } of cases) {
		const line = all.get(name) ?? { name, running: 0, waiting: 0, over: 0, failed: 0 };
		if (status === "running" || status === "sleeping") line.running += 1;
		if (status === "waiting") line.waiting += 1;
		if (OVER.includes(status)) line.over += 1;
		if (WRONG.includes(status)) line.failed += 1;
		all.set(name, line);
	}
	return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
}
