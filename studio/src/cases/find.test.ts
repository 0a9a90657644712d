import { describe, expect, it } from "vitest";
import type { CaseLine } from "../api/client";
import { fits, found, isWhole, shortId } from "./find";

const line = (id: string, title: string | null, trouble: string | null = null): CaseLine => ({
	id,
	title,
	trouble,
	workflow: "a",
	release: "r",
	status: "failed",
	opened: "2026-11-28T10:00:00Z",
	changed: "2026-11-28T10:00:00Z",
});

const FIRST = "01m8d5re1jzxvaddm3s0hdsn84";
const OTHER = "01m8d5zz1jzxvaddm3s0hdsq90";
const all = [line(FIRST, "Invoice-7.pdf"), line(OTHER, null)];

describe("a case is found", () => {
	it("by how its id begins, also as a list shows it", () => {
		expect(found("01m8d5r", all).map(({ id }) => id)).toEqual([FIRST]);
		expect(found(" 01M8D5 ", all)).toHaveLength(2);
		expect(found(shortId(OTHER), all).map(({ id }) => id)).toEqual([OTHER]);
		expect(found("02", all)).toEqual([]);
	});

	it("by its title", () => {
		expect(found("invoice-7", all).map(({ id }) => id)).toEqual([FIRST]);
	});

	it("by nothing where nothing is written", () => {
		expect(found("  ", all)).toEqual([]);
		expect(isWhole(FIRST)).toBe(true);
		expect(isWhole("01m8")).toBe(false);
	});
});

describe("a list by what went wrong", () => {
	it("holds those of one kind in one place, and those that say nothing of it", () => {
		expect(fits(line("a", null, "draft/tool_error"), "draft/tool_error")).toBe(true);
		expect(fits(line("a", null, "draft/tool_error"), "read/model")).toBe(false);
		expect(fits(line("a", null), "case/ended")).toBe(true);
		expect(fits(line("a", null), undefined)).toBe(true);
	});
});

describe("an id", () => {
	it("keeps the end, by which cases of one minute differ", () => {
		expect(shortId("01m8d5re1jzxvaddm3s0hdsn84")).toBe("01m8d5…hdsn84");
		expect(shortId("short")).toBe("short");
	});
});
