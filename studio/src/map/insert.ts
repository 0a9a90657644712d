import type { DrawnMap, Edit } from "../api/workshop";
import { goesOn, type StepKind } from "./kinds";
import { isList, placeOf, type Said, saidAt, settingsOf, textOf } from "./places";

/** What is known of a workspace, so that a new step begins with names that are there. */
export interface Known {
	agents: readonly string[];
	workflows: readonly string[];
	tables: readonly string[];
}

/** A name that no step has yet. */
export function freeName(map: DrawnMap, kind: string): string {
	const taken = new Set(map.steps.map(({ step }) => step));
	for (let n = 1; ; n += 1) {
		const name = n === 1 ? `new_${kind}` : `new_${kind}_${n}`;
		if (!taken.has(name)) return name;
	}
}

/** The role that is named most often, so that most new steps need no other one. */
function roleOf(map: DrawnMap): string {
	const times = new Map<string, number>();
	for (const { kind, by } of map.steps) {
		if (kind === "review" && by) times.set(by, (times.get(by) ?? 0) + 1);
	}
	const [first] = [...times].sort((a, b) => b[1] - a[1]);
	return first?.[0] ?? (textOf(saidAt(settingsOf(map), ["override"])) || "somebody");
}

/** What a new step of a kind says at first: as much as it takes to be read. */
export function skeleton(
	kind: StepKind,
	name: string,
	map: DrawnMap,
	known: Known,
	next: string,
): Record<string, unknown> {
	const role = roleOf(map);
	const agent = map.steps.find((one) => one.kind === "agent")?.by ?? known.agents[0] ?? "clerk";
	const workflow = known.workflows.find((one) => !map.path.endsWith(`/${one}.md`)) ?? "another";
	const tables = saidAt(settingsOf(map), ["tables"]);
	const table = Object.keys((tables as object | null | undefined) ?? {})[0] ?? "a_table";
	const review = (question: string) => ({
		by: role,
		never_by: ["starter", "owner"],
		question,
		show: ["case"],
		within: "8 working hours",
		late: { then: "stop" },
		if_rejected: { then: "stop" },
	});
	const does: Record<StepKind, Record<string, unknown>> = {
		agent: { agent, given: ["case"], answer: { note: "text" }, time_out: "5 minutes" },
		tool: { tool: "server.tool", with: {}, time_out: "1 minute" },
		lookup: { lookup: { found: { in: table, where: ["name"] } } },
		decide: {
			decide: { who: role, basis: "Policy", first: [{ when: "true", go: next }], otherwise: next },
		},
		review: { review: review("May this go on?") },
		each: { each: { of: "case.items", workflow, items: 100 } },
		parallel: {
			parallel: {
				one: [{ step: `${name}_one`, review: review("Is the first part right?") }],
				two: [{ step: `${name}_two`, review: review("Is the second part right?") }],
			},
		},
		wait: { wait: { for: "2 days" } },
		workflow: { workflow, with: {} },
		end: { end: "done" },
	};
	return { step: name, ...does[kind] };
}

/** The changes that put a step after another one, on the way that leads on from it. */
export function insertion(
	kind: StepKind,
	map: DrawnMap,
	known: Known,
	after: string | undefined,
): { name: string; edits: Edit[] } {
	const name = freeName(map, kind);
	const before = map.steps.find(({ step }) => step === after) ?? topOf(map).at(-1);
	const at = before ? placeOf(map.steps, before) : undefined;
	const said = at && saidAt(settingsOf(map), at);
	const then = textOf(saidAt(said, ["then"]));
	const next = then || followerOf(map, before?.step) || "end";
	const step = skeleton(kind, name, map, known, next);
	if (before?.inside && at) {
		const list = at.slice(0, -1);
		const steps: Said | undefined = saidAt(settingsOf(map), list);
		const end = String(isList(steps) ? steps.length : 0);
		return { name, edits: [{ set: { at: [...list, end], to: step } }] };
	}
	const edits: Edit[] = [];
	// A step that says where it leads would go past the new one.
	if (then && at && before && goesOn(before.kind)) {
		edits.push({ set: { at: [...at, "then"], to: name } });
		if (goesOn(kind)) step["then"] = then;
	}
	edits.unshift({ add: { step, after: before?.step ?? null } });
	return { name, edits };
}

/** The steps that stand in no other one. */
export const topOf = (map: DrawnMap) => map.steps.filter(({ inside }) => !inside);

function followerOf(map: DrawnMap, step: string | undefined): string | undefined {
	const top = topOf(map);
	const at = top.findIndex((one) => one.step === step);
	return at < 0 ? undefined : top[at + 1]?.step;
}

/** The steps of the list that a step stands in, which may be a branch. */
function besides(map: DrawnMap, step: string) {
	const own = map.steps.find((one) => one.step === step)?.inside;
	return map.steps.filter(
		({ inside }) => inside?.parallel === own?.parallel && inside?.branch === own?.branch,
	);
}

/** Where a step stands after it was moved up or down by one; nothing where it cannot be. */
export function moved(map: DrawnMap, step: string, by: -1 | 1): Edit | undefined {
	const list = besides(map, step);
	const at = list.findIndex((one) => one.step === step);
	const target = at + by;
	if (at < 0 || target < 0 || target >= list.length) return undefined;
	const after = by === 1 ? list[target]?.step : list[target - 1]?.step;
	return { move: { step, after: after ?? null } };
}
