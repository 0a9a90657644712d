// The map of a workflow, from the list to a conflict of two people: a part of the walk.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = "/w/desk/maps/invoice_intake";
const FILE = "workflows/invoice_intake.md";

export function maps({ asked, open, look, found, desk, phone }) {
	const button = (page, name) => page.getByRole("button", { name, exact: true });
	const node = (page, step) => page.locator(`.map-step[data-step="${step}"]`);
	const tab = (page, name) => page.getByRole("tab", { name });
	const text = (page) => page.getByRole("textbox", { name: "Text" });
	const stored = () => readFileSync(join(asked.desk, FILE), "utf8");

	/** The same person in another browser. */
	async function elsewhere(page, options) {
		const storageState = await page.context().storageState();
		return open({ ...options, storageState });
	}

	/** Puts the cursor behind the first line with these words, as somebody who scrolls to it. */
	async function cursorAfter(page, words) {
		await tab(page, "Text").click();
		// Only the lines near what is seen are on the page.
		await text(page).press("Control+Home");
		const line = text(page).locator(".cm-line", { hasText: words }).first();
		for (let n = 0; n < 40 && !(await line.count()); n += 1) await text(page).press("PageDown");
		await line.click();
		await page.keyboard.press("End");
	}

	/** From the list to the map: what is chosen in one is chosen in the other. */
	async function seen(page) {
		await page
			.getByRole("navigation", { name: "Pages" })
			.getByRole("link", { name: "Maps" })
			.click();
		await page.getByText("Never put to work").first().waitFor();
		await look(page, "22-maps");
		await page.getByRole("link", { name: "invoice_intake" }).click();
		await node(page, "route").waitFor();
		await text(page).waitFor();
		await page.getByText("What the lines mean").click();
		await look(page, "23-map");
		await page.getByText("What the lines mean").click();
		await node(page, "route").click();
		await text(page).locator(".cm-chosen", { hasText: "- step: route" }).waitFor();
		await page.getByRole("application").press("ArrowRight");
		await page.locator('.map-step.chosen[data-step="approve"]').waitFor();
		await page.getByRole("application").press("Home");
		await page.locator('.map-step.chosen[data-step="fetch"]').waitFor();
		await text(page).locator(".cm-line", { hasText: "- step: fetch" }).click();
		await page.keyboard.press("ArrowUp");
		await page.locator(".map-step.chosen").waitFor({ state: "detached" });
	}

	/** A step more, a fault in the text that is seen at once and mended there, and all of it undone. */
	async function changed(page) {
		await node(page, "match").click();
		await button(page, "Add: Wait").click();
		await node(page, "new_wait").waitFor();
		await page.getByLabel("For how long").fill("3 days");
		await page.getByLabel("For how long").press("Enter");
		await tab(page, "Text").click();
		await text(page).getByText("3 days").waitFor();
		await look(page, "24-map-added");
		await cursorAfter(page, "otherwise: clerk_check");
		await page.keyboard.type("s");
		await node(page, "route")
			.getByText(/^\d+ problems?$/)
			.waitFor();
		await text(page).locator(".cm-lintRange-error").first().waitFor();
		await page.locator(".map-spot.missing", { hasText: "clerk_checks" }).waitFor();
		await tab(page, /^Problems/).click();
		await page
			.getByRole("button", { name: /^Line \d+/ })
			.first()
			.waitFor();
		await look(page, "25-map-problem");
		await cursorAfter(page, "otherwise: clerk_checks");
		await page.keyboard.press("Backspace");
		await page.getByText("Sound", { exact: true }).waitFor();
		await page.keyboard.press("Control+z");
		await text(page).getByText("otherwise: clerk_checks").waitFor();
		for (;;) {
			if (await button(page, "Undo").isDisabled()) break;
			await button(page, "Undo").click();
		}
		await node(page, "new_wait").waitFor({ state: "detached" });
		await page.getByText("As saved").waitFor();
		await button(page, "Redo").click();
		await node(page, "new_wait").waitFor();
		await page.getByRole("application").focus();
		await page.keyboard.press("Control+z");
		await node(page, "new_wait").waitFor({ state: "detached" });
	}

	/** By the form and the palette: dragged, renamed, suggested, moved within a branch, rows. */
	async function worked(page) {
		const undoAll = async () => {
			for (;;) {
				if (await button(page, "Undo").isDisabled()) break;
				await button(page, "Undo").click();
			}
			await page.getByText("As saved").waitFor();
		};
		await page.dragAndDrop('button[aria-label="Add: Wait"]', '.map-step[data-step="match"]');
		await node(page, "new_wait").waitFor();
		await page.getByLabel("Name", { exact: true }).fill("cool_down");
		await page.getByLabel("Name", { exact: true }).press("Enter");
		await node(page, "cool_down").waitFor();
		await node(page, "new_wait").waitFor({ state: "detached" });
		await button(page, "Add: At once").click();
		await node(page, "new_parallel").waitFor();
		await node(page, "new_parallel_one").click();
		await button(page, "Add: Review").click();
		await node(page, "new_review").waitFor();
		const role = page.getByRole("combobox", { name: "Who decides", exact: true });
		await role.fill("finance_c");
		await page.getByRole("option", { name: "finance_clerk" }).waitFor();
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("Enter");
		await page.getByRole("option", { name: "finance_clerk" }).waitFor({ state: "detached" });
		await look(page, "24-map-suggested");
		await page.keyboard.press("Tab");
		await tab(page, "Text").click();
		const order = async () => {
			await cursorAfter(page, "step: new_parallel");
			const lines = await text(page).locator(".cm-line").allTextContents();
			const at = (name) => lines.findIndex((line) => line.endsWith(`- step: ${name}`));
			return Math.sign(at("new_review") - at("new_parallel_one"));
		};
		assert.equal(await order(), 1, "what is added comes after");
		await node(page, "new_review").click();
		await tab(page, "Step").click();
		assert.equal(await role.inputValue(), "finance_clerk");
		await button(page, "Move up").click();
		await page.getByRole("button", { name: "Move up", disabled: true }).waitFor();
		assert.equal(await order(), -1, "a step moves within its branch");
		await node(page, "new_review").click();
		await page.getByRole("application").focus();
		await page.keyboard.press("d");
		await tab(page, "Step").click();
		await page.getByRole("button", { name: "Move down", disabled: true }).waitFor();
		await page.getByRole("radio", { name: "Today", exact: true }).click();
		const rows = page.getByRole("region", { name: "Today" }).locator("li.map-today-one");
		const before = await rows.count();
		await button(page, "Add what people do").click();
		await rows.nth(before).waitFor();
		const row = rows.nth(before);
		await row.getByLabel("What is done", { exact: true }).fill("phones the supplier");
		await row.getByLabel("What is done", { exact: true }).press("Enter");
		await row.getByRole("combobox", { name: "Who does it" }).fill("ines");
		await page.getByRole("option", { name: "ines@larkfield.example" }).click();
		await row.getByLabel("Minutes", { exact: true }).fill("7");
		await row.getByLabel("Minutes", { exact: true }).press("Enter");
		await row.getByText("7 minutes", { exact: true }).waitFor();
		await look(page, "24-map-today-row");
		await row.getByRole("button", { name: "Remove phones the supplier" }).click();
		await rows.nth(before).waitFor({ state: "detached" });
		await page.getByRole("radio", { name: "Map", exact: true }).click();
		await tab(page, /^Open \(/).click();
		await button(page, "Add an open question").click();
		await page
			.getByLabel("What is open", { exact: true })
			.last()
			.fill("Who is told when it is late?");
		await page.getByLabel("What is open", { exact: true }).last().press("Control+Enter");
		await button(page, "It is settled: Who is told when it is late?").waitFor();
		await page
			.getByRole("combobox", { name: "Who can settle it" })
			.last()
			.fill("marta@larkfield.example");
		await page.keyboard.press("Enter");
		await look(page, "24-map-open-row");
		await button(page, "It is settled: Who is told when it is late?").click();
		await undoAll();
	}

	/** A decision as a table; what is saved is what stands in the file. */
	async function decided(page) {
		await node(page, "route").dblclick();
		const rule = page.getByLabel("2. When");
		await rule.fill("read.total >= eur(6000)");
		await rule.press("Enter");
		await page.getByText(/Save/).first().waitFor();
		await look(page, "26-map-decision");
		await page.getByText("Not saved").waitFor();
		assert.ok(!stored().includes("eur(6000)"), "nothing is written before it is saved");
		await page.keyboard.press("Control+s");
		await page.getByText("As saved").waitFor();
		assert.ok(stored().includes("eur(6000)"), "it is written once it is saved");
		assert.ok(stored().includes("# The same invoice twice"), "comments stay");
	}

	/** Two people at once: neither writes over what they have not seen. */
	async function together(page) {
		await cursorAfter(page, "risk: high");
		await page.keyboard.type(" # as marta sees it");
		await page.getByText("Not saved").waitFor();
		const other = await elsewhere(page, desk);
		await other.goto(PAGE);
		await node(other, "route").waitFor();
		await cursorAfter(other, "autonomy: act_with_undo");
		await other.keyboard.type(" # as the other one sees it");
		await button(other, "Save").click();
		await other.getByText("As saved").waitFor();
		await other.context().close();
		await page.getByText("Somebody else saved this file since you began.").waitFor();
		assert.ok(await button(page, "Save").isDisabled(), "nothing is saved over what was not seen");
		await button(page, "Look at both").click();
		const both = page.getByRole("dialog");
		await both.getByText("as the other one sees it").waitFor();
		await both.getByText("as marta sees it").waitFor();
		await look(page, "27-map-conflict");
		await both.getByRole("button", { name: /Difference 1/ }).click();
		await page.getByRole("option", { name: "What is saved now" }).click();
		await button(page, "Go on with what is chosen").click();
		await both.waitFor({ state: "detached" });
		await button(page, "Undo").click();
		await text(page).getByText("as marta sees it").waitFor();
		await button(page, "Save").click();
		await page.getByText("As saved").waitFor();
		assert.ok(stored().includes("as marta sees it"));
	}

	/** What was not saved is there after the page is loaded again, and the browser warns before. */
	async function reloaded(page) {
		await cursorAfter(page, "risk: high");
		await page.keyboard.type(" now");
		await page.getByText("Not saved").waitFor();
		const quiet = found.errors.length;
		const warned = page.waitForEvent("dialog");
		const loaded = page.reload();
		await (await warned).accept();
		await loaded;
		found.errors.splice(quiet, 1);
		await text(page).getByText("as marta sees it now").waitFor();
		await page.getByText("Not saved").waitFor();
		await page.keyboard.press("Control+s");
		await page.getByText("As saved").waitFor();
	}

	async function taken(page) {
		const file = async (name) => {
			await button(page, "Export").click();
			const coming = page.waitForEvent("download");
			await page.getByRole("menuitem", { name }).click();
			return readFileSync(await (await coming).path(), "utf8");
		};
		const svg = await file("Picture (SVG)");
		assert.match(svg, /^<svg [\s\S]*>clerk_check<[\s\S]*<\/svg>$/);
		assert.match(await file("Diagram text (Mermaid)"), /^flowchart TD\n[\s\S]*s_route --/);
		const shared = await file("A file to share, read-only");
		assert.ok(shared.includes("<svg ") && !shared.includes("<script"), "it runs nothing");
		await button(page, "Present").click();
		await page.keyboard.press("ArrowRight");
		await page.keyboard.press("ArrowRight");
		await page.getByRole("dialog").getByRole("heading", { name: "read" }).waitFor();
		await look(page, "28-map-present");
		await page.keyboard.press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });
	}

	async function listed(page) {
		await page.getByRole("radio", { name: "List" }).click();
		await page.getByRole("button", { name: "route", exact: true }).click();
		await look(page, "29-map-list");
		await page.getByRole("radio", { name: "Today", exact: true }).click();
		await look(page, "30-map-today");
		await page.getByRole("radio", { name: "Map" }).click();
		await button(page, "From left to right").click();
		await button(page, "From top to bottom").waitFor();
		await node(page, "route").waitFor();
		await look(page, "31-map-right");
	}

	/** A map that is not there yet, with what is left to do. */
	async function begun(page) {
		await page.getByRole("link", { name: "Maps" }).first().click();
		await button(page, "New map").click();
		await page.getByLabel("Name").fill("supplier_check");
		await page.getByLabel(/^What it is for/).fill("Look at a new supplier. It pays nobody.");
		await look(page, "32-map-begin");
		await button(page, "Begin").click();
		await node(page, "look").waitFor();
		await tab(page, /^Problems/).click();
		await look(page, "33-map-new");
	}

	async function small(first) {
		const page = await elsewhere(first, phone);
		await page.goto("/w/desk/maps");
		await page.getByRole("link", { name: "invoice_intake" }).waitFor();
		await look(page, "34-phone-maps");
		await page.getByRole("link", { name: "invoice_intake" }).tap();
		await tab(page, "Map").tap();
		await node(page, "route").waitFor();
		await look(page, "35-phone-map");
		await node(page, "route").tap();
		await tab(page, "Step").tap();
		await page.getByLabel("1. When").waitFor();
		await look(page, "36-phone-map-step");
		await tab(page, "Text").tap();
		await text(page).waitFor();
		await look(page, "37-phone-map-text");
		await page.context().close();
	}

	return async (page) => {
		await seen(page);
		await changed(page);
		await worked(page);
		await decided(page);
		await together(page);
		await reloaded(page);
		await taken(page);
		await listed(page);
		await begun(page);
		await small(page);
	};
}
