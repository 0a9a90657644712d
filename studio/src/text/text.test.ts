import { describe, expect, it } from "vitest";
import { count, named, say } from ".";
import { en } from "./en";
import { fromNow, lasted } from "./format";

describe("the catalogue", () => {
	it("fills in what is named", () => {
		expect(say("case.title", { id: "01m8" })).toBe("Case 01m8");
		expect(say("common.more", { n: 12345 })).toBe("Show all 12,345 characters");
	});

	it("does not read what it is given as a text with holes", () => {
		expect(say("case.title", { id: "{n} <b>x</b>" })).toBe("Case {n} <b>x</b>");
	});

	it("chooses by the number", () => {
		expect(count("reviews.load", 1)).toBe("1 waits");
		expect(count("reviews.load", 0)).toBe("0 wait");
		expect(count("stop.banner", 2, { what: "erp" })).toBe("2 stops are in force: erp");
	});

	it("shows a name that it does not know as it is", () => {
		expect(named("status", "waiting")).toBe("Waiting for a person");
		expect(named("status", "new_one")).toBe("new_one");
	});

	it("has both forms wherever it has one", () => {
		const keys = Object.keys(en);
		for (const key of keys.filter((key) => key.endsWith(".one"))) {
			expect(keys).toContain(key.replace(/\.one$/, ".other"));
		}
	});
});

describe("every text", () => {
	const files = import.meta.glob("../**/*.{ts,tsx}", {
		query: "?raw",
		import: "default",
		eager: true,
	});
	const pages = Object.entries(files).filter(
		([name]) => !/\/(en\w*|schema\.d|.*\.test)\.tsx?$/.test(name),
	);
	const source = pages.map(([, text]) => text).join("\n");
	const begun = [...source.matchAll(/named\(\s*"([\w.]+)"/g)].map(([, prefix]) => `${prefix}.`);

	it("is shown somewhere", () => {
		const shown = (key: string) =>
			source.includes(`"${key.replace(/\.(one|other)$/, "")}"`) ||
			source.includes(`"${key}"`) ||
			begun.some((prefix) => key.startsWith(prefix));
		expect(Object.keys(en).filter((key) => !shown(key))).toEqual([]);
	});
});

describe("times", () => {
	it("are said as people say them", () => {
		const now = Date.parse("2026-11-28T10:00:00Z");
		expect(fromNow("2026-11-28T10:00:02Z", now)).toBe("now");
		expect(fromNow("2026-11-28T09:55:00Z", now)).toBe("5 minutes ago");
		expect(fromNow("2026-11-29T09:00:00Z", now)).toBe("in 23 hours");
		expect(fromNow("2026-12-08T10:00:00Z", now)).toBe("in 10 days");
	});

	it("have two units at most", () => {
		expect(lasted(340)).toBe("340 ms");
		expect(lasted(59_700)).toBe("1 min");
		expect(lasted(4_324_000)).toBe("1 h 12 min");
		expect(lasted(90_061_000)).toBe("1 d 1 h");
		expect(lasted(-5)).toBe("0 ms");
	});
});
