import { describe, expect, it } from "vitest";
import type { Request } from "../api/client";
import {
	changes,
	editable,
	fieldsOf,
	following,
	inHour,
	keyOf,
	likeIt,
	median,
	neighbour,
	written,
} from "./queue";

const request = (id: string, number = 0): Request => ({
	case: id,
	number,
	step: "approve",
	may_decide: true,
	about: "checkpoint",
	question: "?",
	by: "clerk",
	opened: "2026-11-28T10:00:00Z",
	due: "2026-11-28T12:00:00Z",
	approvals: 1,
	agreed: [],
	proposed: [],
	shows: [],
	may_edit: [],
});

describe("the queue", () => {
	const all = [request("a"), request("b"), request("c")];

	it("goes on with the one that takes the place of what was decided", () => {
		expect(following(all, request("b"))?.case).toBe("c");
		expect(following(all, request("c"))?.case).toBe("a");
		expect(following([request("a")], request("a"))).toBeUndefined();
	});

	it("goes on with the first where somebody else decided it meanwhile", () => {
		expect(following(all, request("gone"))?.case).toBe("a");
	});

	it("goes on with those that are alike where somebody decides them together", () => {
		const other = { ...request("x"), step: "route" };
		const mixed = [request("a"), other, request("b")];
		expect(following(mixed, request("a"))?.case).toBe("x");
		expect(following(mixed, request("a"), true)?.case).toBe("b");
		expect(following(mixed, request("b"), true)?.case).toBe("a");
		expect(following(mixed, other, true)?.case).toBe("b");
		expect(likeIt(mixed, request("a")).map((one) => one.case)).toEqual(["b"]);
	});

	it("has ends", () => {
		expect(neighbour(all, request("a"), -1)).toBeUndefined();
		expect(neighbour(all, request("a"), 1)?.case).toBe("b");
		expect(neighbour(all, request("gone"), 1)).toBeUndefined();
	});

	it("tells two requests of one case apart", () => {
		expect(keyOf(request("a", 1))).not.toBe(keyOf(request("a", 2)));
	});
});

describe("what may be changed", () => {
	const shows = [
		{ name: "read", value: { order: "PO-7", total: { minor: 9_500, currency: "EUR" } } },
		{ name: "text", value: "x".repeat(300) },
	];

	it("begins with what stands there, as a person would write it", () => {
		expect(written("read.order", shows)).toBe("PO-7");
		expect(written("read.total", shows)).toBe("95.00 EUR");
		expect(written("read.iban", shows)).toBe("");
		expect(written("other.field", shows)).toBe("");
		expect(written("read.constructor", shows)).toBe("");
	});

	it("is sent only where it was changed", () => {
		const before = { "read.order": "PO-7", "read.total": "95.00 EUR" };
		expect(changes({ ...before, "read.order": "PO-8" }, before)).toEqual({ "read.order": "PO-8" });
		expect(changes({ "read.order": " PO-7 " }, before)).toEqual({});
	});

	it("is each field by itself where all of a step may be changed", () => {
		expect(editable(["read.order"], shows)).toEqual(["read.order"]);
		expect(editable(["read"], shows)).toEqual(["read.order", "read.total"]);
		expect(editable(["text", "gone"], shows)).toEqual(["text", "gone"]);
	});
});

describe("a tool's question", () => {
	it("has its fields, also where the tool describes nonsense", () => {
		const form = {
			properties: { yes: { type: "boolean" }, size: { enum: ["s", "m"], title: "Size" }, x: null },
			required: ["yes"],
		};
		expect(
			fieldsOf(form).map(({ title, choices, required }) => [title, choices, required]),
		).toEqual([
			["yes", ["true", "false"], true],
			["Size", ["s", "m"], false],
			["x", undefined, false],
		]);
		expect(fieldsOf("nonsense")).toEqual([]);
		expect(fieldsOf(undefined)).toEqual([]);
	});
});

describe("how long a request takes", () => {
	it("is what it takes in the middle", () => {
		expect(median([5, 100, 7])).toBe(7);
		expect(median([])).toBe(0);
	});

	it("says how many fit in an hour", () => {
		expect(inHour([60_000, 50_000, 900_000])).toBe(60);
		expect(inHour([])).toBeUndefined();
	});
});
