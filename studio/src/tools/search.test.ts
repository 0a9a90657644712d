import { describe, expect, it } from "vitest";
import type { Offer, ServerTool, ToolServer } from "../api/standing";
import { bareName, fitting, ordered, withPart } from "./search";

const tool = (name: string, effect: "read" | "send", description = "") =>
	({ tool: name, description, steps: ["intake.draft"], declared: { effect } }) as ServerTool;
const server = (name: string, tools: ServerTool[]) => ({ server: name, tools }) as ToolServer;

describe("what is looked for among tools", () => {
	const all = [
		server("erp", [tool("erp.get", "read", "Shows a draft"), tool("erp.notify", "send")]),
		server("mail", []),
	];
	const names = (text: string, effect?: string) =>
		fitting(all, text, effect).map(({ server, tools }) => [server, ...tools.map((t) => t.tool)]);

	it("is everything where nothing is asked", () => {
		expect(names("")).toEqual([["erp", "erp.get", "erp.notify"], ["mail"]]);
	});

	it("is found by its words, its steps and its server", () => {
		expect(names("draft shows")).toEqual([["erp", "erp.get"]]);
		expect(names("intake")).toEqual([["erp", "erp.get", "erp.notify"]]);
		expect(names("MAIL")).toEqual([["mail"]]);
		expect(names("none")).toEqual([]);
	});

	it("is narrowed by what it does", () => {
		expect(names("", "send")).toEqual([["erp", "erp.notify"]]);
		expect(names("erp", "pay")).toEqual([]);
	});
});

describe("an offer", () => {
	it("that changed is looked at first", () => {
		const offer = (tool: string, standing: Offer["standing"]) => ({ tool, standing }) as Offer;
		const all = [offer("a.a", "approved"), offer("a.c", "new"), offer("a.b", "changed")];
		expect(ordered(all).map(({ tool }) => tool)).toEqual(["a.b", "a.c", "a.a"]);
	});

	it("has each argument be one thing or nothing", () => {
		const none = { effect: "send" as const };
		const to = withPart(none, "to", "recipient");
		expect(to.parts).toEqual({ to: "recipient" });
		expect(withPart(to, "to", undefined).parts).toEqual({});
		expect(bareName("mail.send.all")).toBe("send.all");
	});
});
