import { expect, test } from "vitest";
import { others } from "./fields";
import { insertion, moved } from "./insert";
import { removal } from "./inspector";
import {
	bodyWith,
	instructionsOf,
	linesOf,
	placeOf,
	saidAt,
	sections,
	settingsOf,
	stepAt,
	unitOf,
} from "./places";
import { towards } from "./steps";
import { mapOf } from "./trial";

const map = mapOf();
const lines = map.text.split("\n");
const known = { agents: [], workflows: [], tables: [] };

test("a step has its own lines and those further in, across blank ones", () => {
	expect(linesOf(lines, 4)).toEqual([4, 5]);
	expect(linesOf(lines, 6)).toEqual([6, 12]);
	expect(linesOf(lines, 17)).toEqual([17, 18]);
});

test("a line belongs to the step whose settings or instructions it is in", () => {
	expect(stepAt(map, lines, 2)).toBeUndefined();
	expect(stepAt(map, lines, 10)).toBe("route");
	expect(stepAt(map, lines, 18)).toBe("done");
	expect(stepAt(map, lines, 23)).toBe("read");
	expect(stepAt(map, lines, 30)).toBe("look");
});

test("a heading in a block of code is none", () => {
	expect(sections(lines).map(({ title }) => title)).toEqual(["read", "look"]);
	expect(instructionsOf(map.text, "look")).toBe("Look at it.");
	expect(instructionsOf(map.text, "read")).toContain("```\n## look\n```");
});

test("instructions are changed below their own heading alone", () => {
	const body = bodyWith(map.text, "look", "Look twice.\n\nThen decide.");
	expect(body).toContain("## look\n\nLook twice.\n\nThen decide.\n");
	expect(body).toContain("## read\nRead it.");
	expect(body).not.toContain("Look at it.");
	expect(body.startsWith("# Try out")).toBe(true);
	expect(bodyWith(map.text, "done", "Tell them.").trimEnd().endsWith("## done\n\nTell them.")).toBe(
		true,
	);
	expect(bodyWith(map.text, "look", "")).not.toContain("Look at it.");
});

test("what a file says is found by the names of its places", () => {
	const [, route] = map.steps;
	const place = route ? placeOf(map.steps, route) : [];
	expect(saidAt(settingsOf(map), [...place, "decide", "first", "0", "go"])).toBe("look");
	expect(saidAt(settingsOf(map), ["steps", "nobody"])).toBeUndefined();
	expect(saidAt(settingsOf(map), ["constructor"])).toBeUndefined();
});

test("a step of a branch has the place of its branch", () => {
	const inside = { parallel: "both", branch: "left" };
	const both = { step: "both", kind: "parallel", by: "", says: [], line: 1, inside: null };
	const one = { ...both, step: "one", kind: "agent", inside };
	expect(placeOf([both, one], one)).toEqual(["steps", "both", "parallel", "left", "one"]);
});

test("a new step takes over the way of the one before it", () => {
	const { name, edits } = insertion("review", map, known, "read");
	expect(name).toBe("new_review");
	expect(edits).toEqual([
		{ add: { step: expect.objectContaining({ step: name, then: "route" }), after: "read" } },
		{ set: { at: ["steps", "read", "then"], to: name } },
	]);
	expect(insertion("wait", map, known, undefined).edits).toEqual([
		{ add: { step: expect.objectContaining({ step: "new_wait" }), after: "done" } },
	]);
});

test("a step is moved past its neighbour, and never past the ends", () => {
	expect(moved(map, "look", -1)).toEqual({ move: { step: "look", after: "read" } });
	expect(moved(map, "route", -1)).toEqual({ move: { step: "route", after: null } });
	expect(moved(map, "look", 1)).toEqual({ move: { step: "look", after: "done" } });
	expect(moved(map, "done", 1)).toBeUndefined();
	expect(moved(map, "read", -1)).toBeUndefined();
});

test("a step goes with its instructions", () => {
	const look = map.steps[2];
	const edits = look ? removal(map, look) : [];
	expect(edits[0]).toEqual({ remove: { at: ["steps", "look"] } });
	expect(JSON.stringify(edits[1])).not.toContain("Look at it.");
});

test("every text of a step has a field", () => {
	const said = { step: "a", tool: "x.y", with: { id: "case.id" }, confirm: { holds: "ok" } };
	expect(others("tool", said).map(({ at }) => at.join("."))).toEqual(["confirm.holds"]);
});

test("arrows go along the ways, and in order beside them", () => {
	expect(towards(map, undefined, "ArrowDown")).toBe("read");
	expect(towards(map, "route", "ArrowDown")).toBe("look");
	expect(towards(map, "look", "ArrowUp")).toBe("route");
	expect(towards(map, "look", "ArrowRight")).toBe("done");
	expect(towards(map, "look", "End")).toBe("done");
	expect(towards(map, "look", "x")).toBeUndefined();
});

test("a column counts characters, not units", () => {
	expect(unitOf("a😀b", 1)).toBe(0);
	expect(unitOf("a😀b", 3)).toBe(3);
	expect(unitOf("ab", 9)).toBe(2);
});
