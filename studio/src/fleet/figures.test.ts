import { describe, expect, it } from "vitest";
import type { CaseLine, CaseStatus } from "../api/client";
import { byWorkflow, constraint, failures, hour, kept, perMinute } from "./figures";

const look = (at: number, value: number) => ({
	at,
	samples: [{ name: "opened", labels: {}, value }],
});

const line = (status: CaseStatus, opened: string, changed = opened, workflow = "a"): CaseLine => ({
	id: "01",
	release: "r",
	workflow,
	status,
	opened: `2026-11-28T${opened}Z`,
	changed: `2026-11-28T${changed}Z`,
});

describe("rates", () => {
	it("are what counters did between two looks", () => {
		expect(perMinute("opened", look(0, 10), look(30_000, 25))).toBe(30);
	});

	it("are not known at the first look or after a restart", () => {
		expect(perMinute("opened", undefined, look(5, 1))).toBeUndefined();
		expect(perMinute("opened", look(0, 10), look(5_000, 3))).toBeUndefined();
	});

	it("are of the last minutes only", () => {
		const looks = [0, 20_000, 40_000, 60_000].reduce(
			(all, at) => kept(all, look(at, 0), 45_000),
			[] as ReturnType<typeof look>[],
		);
		expect(looks.map(({ at }) => at)).toEqual([20_000, 40_000, 60_000]);
		expect(kept(looks, look(60_000, 9), 45_000)).toHaveLength(3);
	});
});

describe("what holds the work up", () => {
	const quiet = { stops: [], trouble: [], waiting: 0, running: 0, halted: 0 };

	it("is the one thing that stops more than the others", () => {
		const all = { ...quiet, stops: [{ of: "everything" }], trouble: ["disk"], waiting: 9 };
		expect(constraint(all)).toEqual({ of: "stop", all: true });
		expect(constraint({ ...all, stops: [{ of: "tool" }] })).toEqual({ of: "stop", all: false });
		expect(constraint({ ...all, stops: [] })).toEqual({ of: "trouble", what: "disk" });
	});

	it("is people only where more wait for them than run", () => {
		expect(constraint({ ...quiet, waiting: 3, running: 2 })).toEqual({ of: "people", n: 3 });
		expect(constraint({ ...quiet, waiting: 3, running: 3 })).toEqual({ of: "running", n: 3 });
		expect(constraint({ ...quiet, running: 3, halted: 1 })).toEqual({ of: "halted", n: 1 });
		expect(constraint(quiet)).toEqual({ of: "supply" });
	});
});

describe("the last hour", () => {
	const now = Date.parse("2026-11-28T10:00:30Z");

	it("has sixty minutes, and nothing that is older", () => {
		const { minutes, begun, ended } = hour(
			[
				line("running", "10:00:10"),
				line("done", "09:59:00", "10:00:20"),
				line("done", "08:00:00", "08:30:00"),
			],
			now,
		);
		expect(minutes).toHaveLength(60);
		expect(begun.slice(-2)).toEqual([1, 1]);
		expect(ended.slice(-2)).toEqual([0, 1]);
		expect(begun.reduce((a, b) => a + b)).toBe(2);
	});
});

describe("cases by what became of them", () => {
	const all = [
		line("failed", "09:00:00", "09:10:00"),
		line("failed", "09:00:00", "09:20:00"),
		line("halted", "09:00:00", "09:05:00", "b"),
		line("waiting", "09:00:00", "09:05:00", "b"),
		line("done", "09:00:00"),
	];

	it("those that went wrong are grouped, the most at the top", () => {
		expect(failures(all).map(({ workflow, status, n }) => [workflow, status, n])).toEqual([
			["a", "failed", 2],
			["b", "halted", 1],
		]);
		expect(failures(all)[0]?.last).toBe("2026-11-28T09:20:00Z");
	});

	it("each workflow is one line", () => {
		expect(byWorkflow(all)).toEqual([
			{ name: "a", running: 0, waiting: 0, over: 3, failed: 2 },
			{ name: "b", running: 0, waiting: 1, over: 0, failed: 1 },
		]);
	});
});
