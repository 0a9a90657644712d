import { describe, expect, it } from "vitest";
import { alone, backOf, drawn, pace, placeOf, total } from "./figures";

const minutes = [
	{ at: "2026-11-28T10:00:00Z", begun: 6, ended: 1 },
	{ at: "2026-11-28T10:01:00Z", begun: 0, ended: 4 },
];

describe("the pace", () => {
	it("is of the minutes that are told", () => {
		expect(pace(minutes, "begun")).toBe(3);
		expect(pace(minutes, "ended")).toBe(2.5);
		expect(total(minutes, "ended")).toBe(5);
		expect(pace([], "ended")).toBe(0);
	});

	it("is drawn in seconds", () => {
		const first = Date.parse("2026-11-28T10:00:00Z") / 1_000;
		expect(drawn(minutes)).toEqual({ at: [first, first + 60], begun: [6, 0], ended: [1, 4] });
	});
});

describe("what is done without a person", () => {
	it("is a part of what is done, and nothing where nothing is", () => {
		expect(alone({ alone: 3, done: 4 })).toBe(0.75);
		expect(alone({ alone: 0, done: 0 })).toBeUndefined();
	});
});

describe("how far is looked back", () => {
	it("is one of the choices, whatever an address says", () => {
		expect(backOf("360")).toBe(360);
		expect(backOf("361")).toBe(60);
		expect(backOf(null)).toBe(60);
	});
});

describe("a failure", () => {
	it("has a place and a code", () => {
		expect(placeOf("draft/tool_error")).toEqual({ step: "draft", code: "tool_error" });
		expect(placeOf("odd")).toEqual({ step: "", code: "odd" });
	});
});
