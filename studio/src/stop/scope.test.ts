import { describe, expect, it } from "vitest";
import { isWhole, scopeOf, scopeText } from "./scope";

describe("what is stopped", () => {
	it("is looked up only once it is written as a whole", () => {
		expect(isWhole({ of: "everything" })).toBe(true);
		expect(isWhole(scopeOf("workflow", ""))).toBe(false);
		expect(isWhole(scopeOf("workflow", "invoice_intake"))).toBe(true);
		expect(isWhole(scopeOf("case", "01m8d5"))).toBe(false);
		expect(isWhole(scopeOf("case", "01m8d5re1jzxvaddm3s0hdsn84"))).toBe(true);
		expect(isWhole(scopeOf("tool", "erp."))).toBe(false);
		expect(isWhole(scopeOf("tool", "erp.create_draft"))).toBe(true);
		expect(isWhole(scopeOf("beyond", "invoice_intake=act"))).toBe(false);
		expect(isWhole(scopeOf("beyond", "invoice_intake.draft=approve"))).toBe(true);
	});

	it("has words", () => {
		expect(scopeText({ of: "everything" })).toBe("everything");
		expect(scopeText({ of: "tool", name: "erp.create_draft" })).toBe("a tool erp.create_draft");
	});
});
