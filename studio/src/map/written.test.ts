import { expect, test } from "vitest";
import { areTexts, readAs, written } from "./written";

test("a text is written as it is, all else as JSON", () => {
	expect(written("as it is")).toBe("as it is");
	expect(written({ a: 1 })).toBe('{\n  "a": 1\n}');
	expect(written(null)).toBe("");
});

test("what is written is read as what it takes the place of", () => {
	expect(readAs("text", "{")).toEqual({ value: "{" });
	expect(readAs({ a: 1 }, '{"a": 2}')).toEqual({ value: { a: 2 } });
	expect(readAs({ a: 1 }, "{")).toBeUndefined();
});

test("only texts have a field each", () => {
	expect(areTexts({ name: "x", text: "" })).toBe(true);
	expect(areTexts({ name: "x", total: 3 })).toBe(false);
	expect(areTexts(["x"])).toBe(false);
	expect(areTexts(null)).toBe(false);
});
