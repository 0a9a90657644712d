import { expect, test } from "vitest";
import { blocksOf } from "./blocks";
import { outlineOf, place, wrapped } from "./layout";
import { mermaid } from "./mermaid";
import { minutesOf, openOf, todayOf, workOf } from "./now";
import { headOf, pathOf } from "./path";
import { escaped, picture, sheet } from "./picture";
import { mapOf } from "./trial";

const EVIL = '<script>alert(1)</script>" onload="x\u202e&\u0000';

/** A map in which everything that others wrote is hostile. */
function hostile() {
	const map = mapOf();
	const [first, ...rest] = map.steps;
	if (!first) throw new Error("there is a step");
	const steps = [{ ...first, step: EVIL, by: EVIL, says: [EVIL] }, ...rest];
	const ways = [{ from: EVIL, to: EVIL, kind: "row" as const, when: EVIL }];
	return { ...map, steps, ways, says: [EVIL], text: EVIL };
}

test("every step and way has its place, and none lies on another", () => {
	const map = mapOf();
	const placed = place(outlineOf(map, "down"));
	const steps = placed.spots.filter(({ kind }) => kind === "step");
	expect(steps.map(({ name }) => name)).toEqual(map.steps.map(({ step }) => step));
	expect(placed.links).toHaveLength(map.ways.length);
	for (const a of placed.spots) {
		for (const b of placed.spots) {
			if (a === b) continue;
			const apart =
				a.x + a.width <= b.x ||
				b.x + b.width <= a.x ||
				a.y + a.height <= b.y ||
				b.y + b.height <= a.y;
			expect(apart, `${a.id} and ${b.id}`).toBe(true);
		}
	}
	const right = place(outlineOf(map, "right"));
	expect(right.width / right.height).toBeGreaterThan(placed.width / placed.height);
});

test("the same map always has the same places", () => {
	const map = mapOf();
	expect(place(outlineOf(map, "down"))).toEqual(place(outlineOf(structuredClone(map), "down")));
});

test("a long map is placed in blocks, and no way of it is lost", () => {
	const step = (n: number) => `s${n}`;
	const steps = Array.from({ length: 90 }, (_, n) => ({ step: step(n), inside: null }));
	const ways = steps.flatMap(({ step: from }, n) => [
		{ from, to: n < 89 ? step(n + 1) : null, kind: "next" as const, when: "" },
		{ from, to: step(3), kind: "failure" as const, when: "failed" },
	]);
	const blocks = blocksOf({ direction: "down", steps, ways });
	expect(blocks.length).toBeGreaterThan(2);
	expect(blocks.flatMap((block) => block.steps)).toEqual(steps);
	const placed = place({ direction: "down", steps, ways });
	expect(placed.links).toHaveLength(ways.length);
	const own = placed.spots.filter(({ kind }) => kind === "step");
	const spots = new Map(own.map((spot) => [spot.name, spot]));
	for (const { way, points } of placed.links.filter(({ way }) => way.kind === "next")) {
		const to = spots.get(way.to ?? "");
		const end = points.at(-1);
		if (!to || !end) continue;
		expect(end.y).toBeCloseTo(to.y, 0);
		expect(end.x).toBeGreaterThan(to.x);
		expect(end.x).toBeLessThan(to.x + to.width);
	}
	const jumps = placed.spots.filter(({ kind }) => kind === "jump");
	expect(new Set(jumps.map(({ name }) => name))).toEqual(new Set(["s3"]));
	for (const a of placed.spots) {
		const over = placed.spots.filter(
			(b) =>
				a !== b &&
				a.x < b.x + b.width &&
				b.x < a.x + a.width &&
				a.y < b.y + b.height &&
				b.y < a.y + a.height,
		);
		expect(over, a.id).toEqual([]);
	}
}, 30_000);

test("steps of a branch stand in its frame, and a way to no step is drawn as that", () => {
	const map = mapOf();
	const steps = map.steps.map((one) =>
		one.step === "look" ? { ...one, inside: { parallel: "read", branch: "left" } } : one,
	);
	const ways = [
		...map.ways,
		{ from: "read", to: "nobody", kind: "failure" as const, when: "failed" },
	];
	const placed = place(outlineOf({ ...map, steps, ways }, "down"));
	const frame = placed.spots.find(({ kind }) => kind === "branch");
	const look = placed.spots.find(({ name }) => name === "look");
	expect(placed.spots.find(({ kind }) => kind === "missing")?.name).toBe("nobody");
	if (!frame || !look) throw new Error("both are placed");
	expect(frame.x).toBeLessThan(look.x);
	expect(frame.y + frame.height).toBeGreaterThan(look.y + look.height);
});

test("long words are cut and long texts end in dots", () => {
	expect(wrapped("one two three", 7)).toEqual(["one two", "three"]);
	expect(wrapped("x".repeat(40), 10)).toEqual([`${"x".repeat(9)}…`]);
	expect(wrapped("a b c d", 1, 2)).toEqual(["a", "…"]);
	expect(wrapped("")).toEqual([]);
});

test("a line begins and ends where it should, and its head points on", () => {
	const points = [
		{ x: 0, y: 0 },
		{ x: 0, y: 10 },
		{ x: 10, y: 20 },
	];
	expect(pathOf(points)).toBe("M0 0L0 5Q0 10 5 15L10 20");
	expect(pathOf([])).toBe("");
	expect(headOf(points)).toMatch(/^M10 20L/);
});

test("what is hostile in a map is text in a picture and in a shared file", () => {
	const map = hostile();
	const placed = place(outlineOf(map, "down"));
	const drawn = picture(map, placed, EVIL);
	const shared = sheet(map, placed, EVIL, "today");
	for (const text of [drawn, shared]) {
		expect(text).not.toContain("<script");
		expect(text).not.toContain('onload="');
		expect(text).not.toContain("\u202e");
		expect(text).not.toContain("\u0000");
		expect(text).not.toMatch(/(?:src|href)=|url\(/);
	}
	const parsed = new DOMParser().parseFromString(shared, "text/html");
	expect(parsed.querySelectorAll("script")).toHaveLength(0);
	expect(escaped("\ud800<'")).toBe("\ufffd&lt;&#39;");
});

test("a map is Mermaid text as the command line writes it", () => {
	expect(mermaid(mapOf())).toBe(`flowchart TD
  s_read("read: clerk")
  s_route{{"route?"}}
  s_look[/"look: lead decides"/]
  s_done(["done"])
  start_([case]) --> s_read
  s_read --> s_route
  s_route -- "the total is at least 500" --> s_look
  s_route -- "otherwise, and in doubt" --> s_done
  s_look -- "approved" --> s_done
  s_look -- "rejected" --> stop_([stop])
`);
});

test("nothing in a name ends a label or a line of Mermaid text", () => {
	const text = mermaid(hostile());
	expect(text).not.toContain("<script");
	const [, first = ""] = text.split("\n");
	expect(first.match(/"/g)).toHaveLength(2);
	expect(text.split("\n").filter(Boolean)).toHaveLength(1 + 4 + 1);
});

test("the work of today is summed by how often it is done", () => {
	const map = mapOf();
	expect(workOf(map)).toEqual({
		minutes: 6.5,
		unsaid: 1,
		casesPerWeek: 400,
		hoursPerWeek: (6.5 * 400) / 60,
	});
	expect(minutesOf({ minutes: "10", share: "25 %" })).toBe(2.5);
	expect(minutesOf({ minutes: "a while", share: "" })).toBeUndefined();
	expect(todayOf(map).map(({ becomes }) => becomes)).toEqual([["read"], [], undefined]);
	expect(openOf(map)).toEqual([
		{ what: "Who is told?", who: "", about: "" },
		{ what: "How long may it take?", who: "marta", about: "" },
	]);
	expect(workOf({ ...map, settings: null }).hoursPerWeek).toBeUndefined();
});
