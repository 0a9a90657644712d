import { expect, test } from "vitest";
import { standingOf, textOf } from "./state";
import { STOPS } from "./stops";

test("where somebody is on the tour is kept and read again", () => {
	for (const standing of [{ of: "on", at: 3 }, { of: "left", at: 0 }, { of: "done" }] as const) {
		expect(standingOf(textOf(standing), STOPS.length)).toEqual(standing);
	}
});

test("what cannot be read is a tour that nobody began", () => {
	for (const text of [null, "", "on", "on x", "on 99", "left -1", "elsewhere 1"]) {
		expect(standingOf(text, STOPS.length)).toEqual({ of: "new" });
	}
});

test("each stop has a page, also in a workspace where nothing is yet", () => {
	for (const { id, page } of STOPS) {
		expect(
			page({}).every((part) => part !== undefined),
			id,
		).toBe(true);
	}
	const [fleet, one] = STOPS;
	expect(fleet?.page({ case: "01a" })).toEqual([]);
	expect(one?.page({ case: "01a" })).toEqual(["cases", "01a"]);
});
