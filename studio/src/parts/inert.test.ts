import { describe, expect, it } from "vitest";
import { cut, pieces, places } from "./inert";

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

describe("where a value stands in its source", () => {
	it("marks the longest first and nothing twice", () => {
		const text = "Invoice INV-2041 of 2041 EUR, total 95.00 EUR";
		expect(places(text, ["2041", "INV-2041", "95.00 EUR", "no"])).toEqual([
			[8, 16],
			[36, 45],
		]);
	});

	it("marks nothing that is not there", () => {
		expect(places("abc", ["xyz", "", "  "])).toEqual([]);
	});
});
