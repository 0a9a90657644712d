import { describe, expect, it } from "vitest";
import { cut, pieces, sorted } from "./inert";

describe("a text that others wrote", () => {
	it("shows what would turn its order around", () => {
		expect(pieces("pay \u202e001 EUR")).toEqual([
			{ text: "pay ", odd: false },
			{ text: "RLO", odd: true },
			{ text: "001 EUR", odd: false },
		]);
	});

	it("shows what hides in it, also letters nobody sees", () => {
		const hidden = pieces("a\u200b\u{e0041}\u0007b").filter((piece) => piece.odd);
		expect(hidden.map((piece) => piece.text)).toEqual(["ZWSP", "U+E0041", "U+0007"]);
	});

	it("leaves markup, line breaks, other scripts and pictures as they are", () => {
		const text = "<script>alert(1)</script>\n\tשלום Łódź 🚲";
		expect(pieces(text)).toEqual([{ text, odd: false }]);
	});

	it("is cut, but never within a character", () => {
		expect(cut("abc", 3)).toBe("abc");
		expect(cut("ab🚲", 3)).toBe("ab");
		expect(cut("x".repeat(10), 4)).toBe("xxxx");
	});
});

describe("marks in a text", () => {
	const mark = (from: number, to: number, name: string) => ({ from, to, name });

	it("stand in its order, the larger before what is within it", () => {
		const marks = [mark(36, 45, "total"), mark(8, 12, "part"), mark(8, 16, "number")];
		expect(sorted(marks)).toEqual([mark(8, 16, "number"), mark(36, 45, "total")]);
	});

	it("share a place under both names", () => {
		expect(sorted([mark(1, 5, "net"), mark(1, 5, "total")])).toEqual([mark(1, 5, "net, total")]);
	});
});
