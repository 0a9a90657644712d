import { describe, expect, it } from "vitest";
import type { PolicyLine } from "../api/standing";
import { byFile, sentence } from "./words";

describe("a policy", () => {
	it("is one sentence with its conditions", () => {
		const does = "refuses `erp.pay` by any step";
		expect(sentence({ does, conditions: [] })).toBe("Refuses `erp.pay` by any step.");
		expect(sentence({ does, conditions: ["where a is b", "unless c"] })).toBe(
			"Refuses `erp.pay` by any step, where a is b, unless c.",
		);
	});

	it("stands with its file, those of the program last", () => {
		const one = (file: string, id: string, standard = false) =>
			({ file, id, standard }) as PolicyLine;
		const all = [
			one("standard.cedar", "s", true),
			one("policies/b.cedar", "1"),
			one("a.cedar", "2"),
		];
		const files = byFile([...all, one("policies/b.cedar", "3")]);
		expect(files.map(([file, of]) => [file, of.map(({ id }) => id)])).toEqual([
			["a.cedar", ["2"]],
			["policies/b.cedar", ["1", "3"]],
			["standard.cedar", ["s"]],
		]);
	});
});
