import { describe, expect, it } from "vitest";
import { outcome, type Release, scale, shareOf, standings, type Workflow } from "./standing";

const file = (workflow: string): Workflow => ({
	workflow,
	path: `workflows/${workflow}.md`,
	version: "v",
	problems: 0,
	fields: [],
	changed: false,
	open: 0,
});

const release = (workflow: string, name: string, state: Release["state"]): Release => ({
	workflow,
	release: name,
	state,
	since: "2026-11-28T10:00:00Z",
	deployed: "2026-11-28T10:00:00Z",
	who: "owner@example.com",
});

describe("releases", () => {
	it("stand by their workflow, also where it was never deployed or has no file any more", () => {
		const all = standings(
			[file("b"), file("a")],
			[release("a", "3", "canary"), release("a", "2", "live"), release("old", "1", "rolled_back")],
		);
		expect(all.map(({ name }) => name)).toEqual(["a", "b", "old"]);
		expect(all[0]).toMatchObject({ live: { release: "2" }, canary: { release: "3" }, before: [] });
		expect(all[1]).toMatchObject({ live: undefined, before: [] });
		expect(all[2]?.file).toBeUndefined();
		expect(all[2]?.before).toHaveLength(1);
	});
});

describe("a share", () => {
	it("is written as people write one", () => {
		expect(shareOf("10")).toBe(100_000);
		expect(shareOf(" 2,5 % ")).toBe(25_000);
		expect(shareOf("100%")).toBe(1_000_000);
	});

	it("is nothing else", () => {
		for (const text of ["", "0", "101", "-5", "some"]) expect(shareOf(text)).toBeUndefined();
	});
});

describe("a figure beside the live release", () => {
	it("is fine, worse, or not known yet", () => {
		expect(outcome({ says: "", low: -5, high: 3, margin: 10 })).toBe("fine");
		expect(outcome({ says: "", low: -5, high: 30, margin: 10 })).toBe("open");
		expect(outcome({ says: "", low: 11, high: 30, margin: 10 })).toBe("worse");
	});

	it("has its place in a picture", () => {
		expect(scale({ says: "", low: -50, high: 50, margin: 25 })).toEqual({
			from: 0,
			wide: 100,
			zero: 50,
			most: 75,
		});
		expect(scale({ says: "", low: 0, high: 0, margin: 0 })).toEqual({
			from: 0,
			wide: 0,
			zero: 0,
			most: 0,
		});
	});
});
