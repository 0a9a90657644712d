import { describe, expect, it } from "vitest";
import type { Case, Schemas } from "../api/client";
import { beside } from "./beside";

const at = (n: number) => new Date(Date.parse("2026-11-28T10:00:00Z") + n * 1_000).toISOString();

const visit = (step: string, n: number, output: unknown = null): Schemas["Visit"] => ({
	step,
	at: step,
	state: "done",
	began: at(n),
	ended: at(n + 1),
	attempts: 1,
	output,
});

const act = (step: string, n: number, tokens: number): Schemas["Act"] => ({
	number: n,
	step,
	at: step,
	what: "x",
	attempt: 1,
	rules: [],
	state: "done",
	began: at(n),
	tokens,
	cost_nanos: tokens * 10,
});

const made = (steps: Schemas["Visit"][], more: Partial<Case> = {}): Case => ({
	id: "01",
	status: "done",
	opened: at(0),
	changed: at(9),
	case: {},
	outside: false,
	requests: [],
	why: { headline: "", happened: [], cause: [], next: [] },
	steps,
	acts: [],
	decisions: [],
	refusals: [],
	story: [],
	tokens: 0,
	cost_nanos: 0,
	...more,
});

const ways = (one: Case, other: Case) =>
	beside(one, other).rows.map(({ one, other, parts }) => [
		one?.visit.step,
		other?.visit.step,
		parts,
	]);

describe("two cases beside each other", () => {
	it("part where one goes another way, and come together again", () => {
		const one = made([visit("read", 0), visit("route", 1), visit("draft", 2)]);
		const other = made([
			visit("read", 0),
			visit("route", 1),
			visit("approve", 2),
			visit("draft", 3),
		]);
		expect(ways(one, other)).toEqual([
			["read", "read", false],
			["route", "route", false],
			[undefined, "approve", true],
			["draft", "draft", false],
		]);
	});

	it("never part where they went the same way", () => {
		const one = made([visit("read", 0)]);
		expect(ways(one, made([visit("read", 0)]))).toEqual([["read", "read", false]]);
		expect(ways(made([]), made([]))).toEqual([]);
	});

	it("say which values differ, of what came in and of each step", () => {
		const one = made([visit("read", 0, { total: 1, order: "A" })], { case: { name: "1.pdf" } });
		const other = made([visit("read", 0, { total: 2, order: "A" })], { case: { name: "2.pdf" } });
		const { rows, came } = beside(one, other);
		expect(rows[0]?.differs).toEqual([{ path: "total", before: 1, after: 2 }]);
		expect(came).toEqual([{ path: "name", before: "1.pdf", after: "2.pdf" }]);
	});

	it("count what each visit took by itself", () => {
		const acts = [act("read", 0, 5), act("read", 4, 7), act("read", 4, 1)];
		const decisions = [{ step: "read", at: at(4), because: "it held", goes: "x" }];
		const one = made([visit("read", 0), visit("match", 2), visit("read", 4)], { acts, decisions });
		const spent = beside(one, made([])).rows.map((row) => row.one?.spent);
		expect(spent.map((each) => [each?.acts, each?.tokens, each?.cost_nanos])).toEqual([
			[1, 5, 50],
			[0, 0, 0],
			[2, 8, 80],
		]);
		expect(spent[0]?.ms).toBe(1_000);
		expect(beside(one, made([])).rows[2]?.one?.because).toEqual(["it held"]);
	});

	it("stand beside each other by place where there are very many", () => {
		const many = Array.from({ length: 1_100 }, (_, n) => visit("turn", n));
		const rows = beside(
			made([...many, visit("end", 2_000)]),
			made([...many, visit("stop", 2_000)]),
		);
		expect(rows.rows).toHaveLength(1_102);
		expect(rows.rows.filter(({ parts }) => parts).map(({ step }) => step)).toEqual(["end"]);
	});
});
