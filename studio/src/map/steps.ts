import type { DrawnMap, Way } from "../api/workshop";
import { named, say } from "../text";

/** The ways that lead on from a step, and those that lead to it. */
export const waysFrom = (map: DrawnMap, step: string): Way[] =>
	map.ways.filter(({ from }) => from === step);
export const waysTo = (map: DrawnMap, step: string): Way[] =>
	map.ways.filter(({ to }) => to === step);

/** Where a way leads, in words. */
export function targetOf({ to, kind }: Way): string {
	return to ?? named("map.spot", kind === "stop" ? "stop" : "end");
}

export function saidOf(way: Way): string {
	const target = targetOf(way);
	return way.when === ""
		? say("map.leads", { to: target })
		: say("map.leads.when", { to: target, when: way.when });
}

/** The step that a key leads to: along the way, back, or beside it on another way of the same step. */
export function towards(map: DrawnMap, step: string | undefined, key: string): string | undefined {
	const [first] = map.steps;
	const last = map.steps.at(-1);
	if (key === "Home") return first?.step;
	if (key === "End") return last?.step;
	const arrow = /^Arrow(Down|Up|Left|Right)$/.exec(key)?.[1];
	if (!arrow) return undefined;
	if (step === undefined) return first?.step;
	const at = map.steps.findIndex((one) => one.step === step);
	if (arrow === "Down") {
		const next = waysFrom(map, step).find(({ to }) => to && to !== step)?.to;
		return next ?? map.steps[at + 1]?.step;
	}
	if (arrow === "Up") {
		const before = waysTo(map, step).find(({ from }) => from && from !== step)?.from;
		return before ?? map.steps[at - 1]?.step;
	}
	return map.steps[at + (arrow === "Right" ? 1 : -1)]?.step;
}

/** A step in words, for whoever does not see it. */
export function describe(map: DrawnMap, name: string): string {
	const step = map.steps.find((one) => one.step === name);
	if (!step) return "";
	const who = [named("map.kind", step.kind), step.by].filter(Boolean).join(" ");
	const ways = waysFrom(map, name).map(saidOf);
	return [`${name}: ${who}.`, ...step.says, ...ways].join(" ");
}
