import { describe, expect, it } from "vitest";
import { money } from "../parts/money";
import { apart, besides, deedOf, grounded, marksIn, sourceOf } from "./grounds";

const letter = "Rechnung № 7 über 95,00 €\nVoss Präzision GmbH";
const value = {
	number: "7",
	supplier: "Voss Präzision GmbH",
	$grounds: { number: { span: [13, 14] }, supplier: { span: [31, 51] }, odd: { span: "x" } },
};

describe("what a request shows", () => {
	it("is the values, and beside them what is read, also from within a value", () => {
		const shows = [
			{ name: "case", value: { name: "7.txt" } },
			{ name: "fetch", value: { content: letter, outcome: "read" } },
			{ name: "note", value: letter },
			{ name: "gone", value: null },
		];
		expect(apart(shows)).toEqual({
			facts: [
				{ name: "case", value: { name: "7.txt" } },
				{ name: "fetch", value: { outcome: "read" } },
				{ name: "gone", value: null },
			],
			sources: [
				{ name: "fetch.content", text: letter },
				{ name: "note", text: letter },
			],
		});
	});
});

describe("what an act would do", () => {
	const args = { supplier: "S-1", amount: { currency: "EUR", minor: 5 } };
	const shows = [
		{ name: "call erp.create_draft", value: structuredClone(args) },
		{ name: "where `supplier` comes from", value: "a table" },
	];

	it("is not told again below itself, and everything else is", () => {
		const act = { tool: "erp.create_draft", args };
		const told = deedOf({ about: "in_doubt", act, shows });
		expect(told).toEqual({ what: "`erp.create_draft`", args });
		expect(besides(shows, told)).toEqual([shows[1]]);
		expect(besides(shows, undefined)).toBe(shows);
	});

	it("is what is shown first where an act waits for a yes", () => {
		expect(deedOf({ about: "act", shows })).toEqual({ what: "call erp.create_draft", args });
		expect(deedOf({ about: "checkpoint", shows })).toBeUndefined();
	});
});

describe("where something comes from", () => {
	it("goes with it, also with what is read beside it", () => {
		const shows = [{ name: "fetch", value: { content: letter, why: "x" }, from: "a file" }];
		const { facts, sources } = apart(shows);
		expect(facts[0]?.from).toBe("a file");
		expect(sources[0]?.from).toBe("a file");
	});
});

describe("where a value was read", () => {
	const { value: plain, grounds } = grounded(value);

	it("is taken from what is stored, in bytes, and shown in characters", () => {
		expect(plain).toEqual({ number: "7", supplier: "Voss Präzision GmbH" });
		const found = marksIn(letter, grounds).map(({ name, from, to }) => [
			name,
			letter.slice(from, to),
		]);
		expect(found).toEqual([
			["number", "7"],
			["supplier", "Voss Präzision GmbH"],
		]);
	});

	it("marks nothing where the text has no such place", () => {
		expect(marksIn("short", { a: [0, 99], b: [3, 3], c: [-1, 2] })).toEqual([]);
		expect(grounded("text").grounds).toEqual({});
	});

	it("is in the text whose words they are", () => {
		const right = { name: "right", text: letter };
		const wrong = { name: "wrong", text: "x".repeat(80) };
		expect(sourceOf([wrong, right], plain, grounds)).toBe(right);
		expect(sourceOf([wrong, { ...wrong }], plain, grounds)).toBeUndefined();
		expect(sourceOf([], plain, grounds)).toBeUndefined();
	});
});

describe("an amount", () => {
	it("has as many digits as its currency", () => {
		expect(money({ currency: "EUR", minor: 95_000 })).toBe("950.00 EUR");
		expect(money({ currency: "EUR", minor: -5 })).toBe("-0.05 EUR");
		expect(money({ currency: "JPY", minor: 1_200 })).toBe("1200 JPY");
	});

	it("is nothing else that looks like one", () => {
		expect(money({ currency: "EUR", minor: "5" })).toBeUndefined();
		expect(money({ currency: "EUR", minor: 5, note: "x" })).toBeUndefined();
	});
});
