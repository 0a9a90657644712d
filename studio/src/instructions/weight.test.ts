import { describe, expect, it } from "vitest";
import type { InstructionFile, Instructions } from "../api/standing";
import { heaviest, ofKind, share } from "./weight";

describe("what an agent reads", () => {
	it("is shared out over its parts", () => {
		expect(share(50, 200)).toBe(25);
		expect(share(1, 10_000)).toBe(1);
		expect(share(0, 10)).toBe(0);
		expect(share(5, 0)).toBe(0);
		expect(share(20, 10)).toBe(100);
	});

	it("is listed by weight and by kind", () => {
		const agent = (step: string, tokens_about: number) => ({ step, tokens_about });
		const all = [agent("a", 1), agent("b", 9)] as Instructions["agents"];
		expect(heaviest(all).map(({ step }) => step)).toEqual(["b", "a"]);
		const files = [{ kind: "agent" }, { kind: "standing" }] as InstructionFile[];
		expect(ofKind(files, "agent")).toHaveLength(1);
	});
});
