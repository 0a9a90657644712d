import { describe, expect, it } from "vitest";
import type { Schemas } from "../api/client";
import { entriesOf, stepsMet, stepsOf, toldOf, took } from "./story";

const line = (at: string, step: string | null, text = "x") => ({
	at: `2026-11-28T${at}Z`,
	step,
	text,
	detail: false,
});

describe("a case's story", () => {
	it("is told step by step", () => {
		const steps = stepsOf([
			line("10:00:00", null),
			line("10:00:01", "read"),
			line("10:00:02", "read"),
			line("10:00:03", "match"),
		]);
		expect(steps.map(({ step, lines }) => [step, lines.length])).toEqual([
			[undefined, 1],
			["read", 2],
			["match", 1],
		]);
	});

	it("says where somebody was waited for", () => {
		const steps = stepsOf([line("10:00:00", "approve"), line("11:30:00", "approve")]);
		expect(steps.map(({ after }) => after)).toEqual([undefined, 5_400_000]);
	});

	it("is empty where nothing happened", () => {
		expect(stepsOf([])).toEqual([]);
	});
});

const visit = (step: string, began: string, output: unknown = null): Schemas["Visit"] => ({
	step,
	at: step,
	state: "done",
	began: `2026-11-28T${began}Z`,
	ended: `2026-11-28T${began}Z`,
	attempts: 1,
	output,
});

const act = (step: string, began: string): Schemas["Act"] => ({
	number: 1,
	step,
	at: step,
	what: "x",
	attempt: 1,
	rules: [],
	state: "done",
	began: `2026-11-28T${began}Z`,
	tokens: 0,
	cost_nanos: 0,
});

describe("what belongs to a part of the story", () => {
	const of = {
		story: [
			line("10:00:00", "read"),
			line("10:00:05", "match"),
			line("10:00:10", "read"),
			line("10:00:15", "match"),
		],
		steps: [
			visit("read", "10:00:00", { total: 1, order: "A" }),
			visit("match", "10:00:05"),
			visit("read", "10:00:10", { total: 2, order: "A" }),
		],
		acts: [act("read", "10:00:02"), act("read", "10:00:11"), act("draft", "10:00:20")],
		decisions: [{ step: "match", at: "2026-11-28T10:00:06Z", because: "x", goes: "read" }],
		refusals: [],
	};

	it("stands by the visit in which it happened, also where nothing is told of the step", () => {
		const told = toldOf(of);
		expect(told.map(({ step, acts }) => [step, acts.length])).toEqual([
			["read", 1],
			["match", 0],
			["read", 1],
			["match", 0],
			["draft", 1],
		]);
		expect(told[1]?.decisions).toHaveLength(1);
	});

	it("says what is another value than at the visit before", () => {
		const told = toldOf(of);
		expect(told[0]?.gave[0]?.since).toBeUndefined();
		expect(told[2]?.gave[0]?.since).toEqual([{ path: "total", before: 1, after: 2 }]);
		expect(told[1]?.gave).toEqual([]);
	});

	it("can be told of one step alone", () => {
		expect(stepsMet(of)).toEqual(["read", "match"]);
	});

	it("lasts as long as it lasted, and nothing is known of what goes on", () => {
		expect(took({ began: "2026-11-28T10:00:00Z", ended: "2026-11-28T10:00:02Z" })).toBe(2_000);
		expect(took({ began: "2026-11-28T10:00:00Z" })).toBeUndefined();
	});
});

describe("stored entries", () => {
	it("are shown with their kinds, and also where they cannot be read", () => {
		const [first, second] = entriesOf('{"at":5,"records":[{"allowed":{"n":1}},"done"]}\nbroken\n');
		expect(first).toMatchObject({ position: 0, at: 5, kinds: ["allowed", "done"] });
		expect(second).toEqual({ position: 1, at: undefined, kinds: [], text: "broken" });
	});
});
