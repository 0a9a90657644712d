import { describe, expect, it } from "vitest";
import type { Schemas } from "../api/client";
import { given, missing, startable } from "./given";

const field = (name: string, optional = false) => ({ name, kind: "a text", optional, choices: [] });

describe("a case that is started by hand", () => {
	it("has what was written and nothing that was left out", () => {
		const fields = [field("name"), field("note", true)];
		expect(given(fields, { name: "a.pdf", note: " " })).toEqual({ name: "a.pdf" });
		expect(given(fields, { name: "a.pdf", note: "x", other: "y" })).toEqual({
			name: "a.pdf",
			note: "x",
		});
		expect(missing(fields, { name: "  " })).toEqual(["name"]);
		expect(missing(fields, { name: "a" })).toEqual([]);
	});

	it("is one of a workflow that is fit or live", () => {
		const one = (workflow: string, problems: number, live: string | null) =>
			({ workflow, problems, live }) as Schemas["Workflow"];
		const all = [one("a", 0, null), one("b", 2, null), one("c", 2, "rel")];
		expect(startable(all).map(({ workflow }) => workflow)).toEqual(["a", "c"]);
	});
});
