import { describe, expect, it } from "vitest";
import { entriesOf, stepsOf } from "./story";

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

describe("stored entries", () => {
	it("are shown with their kinds, and also where they cannot be read", () => {
		const [first, second] = entriesOf('{"at":5,"records":[{"allowed":{"n":1}},"done"]}\nbroken\n');
		expect(first).toMatchObject({ position: 0, at: 5, kinds: ["allowed", "done"] });
		expect(second).toEqual({ position: 1, at: undefined, kinds: [], text: "broken" });
	});
});
