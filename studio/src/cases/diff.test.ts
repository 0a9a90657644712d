import { describe, expect, it } from "vitest";
import { changed } from "./diff";

describe("what differs between two values", () => {
	it("is named where it stands, and nothing else is", () => {
		const before = {
			supplier: "Voss",
			order: { amount: { currency: "EUR", minor: 100 }, open: true },
		};
		const after = {
			supplier: "Voss",
			order: { amount: { currency: "EUR", minor: 200 }, open: true },
		};
		expect(changed(before, after)).toEqual([
			{
				path: "order.amount",
				before: { currency: "EUR", minor: 100 },
				after: { currency: "EUR", minor: 200 },
			},
		]);
		expect(changed(before, structuredClone(before))).toEqual([]);
	});

	it("also is what came and what went", () => {
		expect(changed({ a: 1 }, { b: 2 })).toEqual([
			{ path: "a", before: 1, after: undefined },
			{ path: "b", before: undefined, after: 2 },
		]);
		expect(changed([1, 2], [1])).toEqual([{ path: "2", before: 2, after: undefined }]);
		expect(changed(undefined, null)).toEqual([]);
	});

	it("is the value as a whole where its kind differs", () => {
		expect(changed({ a: 1 }, "a")).toEqual([{ path: "", before: { a: 1 }, after: "a" }]);
		expect(changed([1], { 1: 1 })).toEqual([{ path: "", before: [1], after: { 1: 1 } }]);
	});

	it("leaves out where values were read, and stops where nothing is the same", () => {
		expect(changed({ a: 1, $grounds: { a: 1 } }, { a: 1, $grounds: { a: 2 } })).toEqual([]);
		const many = Array.from({ length: 5_000 }, (_, n) => n);
		expect(
			changed(
				many,
				many.map((n) => n + 1),
			).length,
		).toBe(200);
	});
});
