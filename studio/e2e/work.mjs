// What people do with cases, requests, releases and stops: a part of the walk.
import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An act of this workflow is put before a person, and the first call of its tool gets no answer. */
const BY_HAND = "hand_draft";
const LEVEL = `${BY_HAND}=approve`;
const DUE = "Is this invoice still due as read?";

export function work({ asked, open, look, flightdeck, signIn, owner, phone }) {
	const button = (page, name) => page.getByRole("button", { name, exact: true });
	const heading = (page, name) => page.getByRole("heading", { name });
	const place = (page, name) =>
		page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
	/** Requests that the clerk decides, and nobody else. */
	const due = (page) =>
		page.locator(".reviews-line", { hasText: DUE }).filter({ hasNotText: "for others" });
	const dialog = (page) => page.getByRole("dialog");

	/** How the fleet did in another time; the choice stands in the address. */
	async function figures(page) {
		await place(page, "Fleet").click();
		await heading(page, "What went wrong").waitFor();
		await page.getByRole("button", { name: /How far back/ }).click();
		await page.getByRole("option", { name: "Last 24 hours" }).click();
		await page.waitForURL(/minutes=1440/);
		await page.getByText(/^ended, over 60 minutes/).waitFor();
		await look(page, "30-fleet-day");
	}

	/** From the list to a case by its title, and to why it waits. */
	async function explained(page) {
		await place(page, "Cases").click();
		await page.getByLabel(/^Go to a case/).fill("keller");
		await button(page, "Go").click();
		await heading(page, /keller/).waitFor();
		await heading(page, "Why it stands here").waitFor();
		await page.getByText("flightdeck", { exact: false }).first().waitFor();
		await page.getByRole("button", { name: /\bStep\b/ }).click();
		await page.getByRole("option", { name: "read", exact: true }).click();
		const gave = page.locator(".fold-one summary", { hasText: "What it gave" }).first();
		await gave.click();
		await page.locator(".fold-inside").first().waitFor();
		await look(page, "31-case-why");
		const [saved] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("link", { name: "Save the stored entries" }).click(),
		]);
		const lines = readFileSync(await saved.path(), "utf8")
			.trimEnd()
			.split("\n");
		assert.ok(lines.every((line) => JSON.parse(line)));
		const [whole] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("link", { name: "Save the case as JSON" }).click(),
		]);
		assert.ok(JSON.parse(readFileSync(await whole.path(), "utf8")).why.headline);
	}

	/** Two cases of one workflow, side by side, and turned around. */
	async function compared(page) {
		await button(page, "Compare").click();
		await dialog(page).getByLabel("Case").fill("nordwind");
		await look(page, "32-compare-choice");
		await dialog(page)
			.getByRole("link", { name: /nordwind/ })
			.first()
			.click();
		await heading(page, "Two cases beside each other").waitFor();
		await page.getByText(/^Their ways part at/).waitFor();
		await page.locator(".beside-row summary").first().click();
		await look(page, "33-compared");
		const before = page.url();
		await page.getByRole("link", { name: "Turn around" }).click();
		await page.waitForURL((now) => now.href !== before);
		await page.getByText(/^Their ways part at/).waitFor();
	}

	/** A list is gone through by keys. */
	async function keys(page) {
		await page.keyboard.press("2");
		await page.getByRole("table", { name: "Cases, newest first" }).waitFor();
		await page.keyboard.press("j");
		await page.keyboard.press("j");
		await page.locator(".cases-title:focus").waitFor();
		await page.keyboard.press("Enter");
		await heading(page, "What happened").waitFor();
	}

	const panel = (page) => page.locator("section.panel").filter({ has: heading(page, BY_HAND) });

	/** A workflow is deployed, changed, tried beside itself, left, and gone back from. */
	async function released(page) {
		await place(page, "Releases").click();
		const one = panel(page);
		await one.getByText("Never deployed", { exact: true }).waitFor();
		await look(page, "34-releases");
		await one.getByRole("button", { name: "Deploy" }).click();
		await dialog(page).getByText("There is no case to try it with").click();
		await dialog(page).getByLabel("Reason").fill("It is new, and every act is looked at.");
		await look(page, "35-deploy");
		await button(page, "Deploy it untried").click();
		await dialog(page)
			.getByText(/^Release \w+ is live\.$/)
			.waitFor({ timeout: 120_000 });
		await dialog(page).getByRole("button", { name: "Close" }).last().click();
		await one.getByText("Live as its files say").waitFor();
		const file = join(asked.desk, "workflows", `${BY_HAND}.md`);
		const before = readFileSync(file, "utf8");
		writeFileSync(file, before.replace("active: 15 minutes", "active: 20 minutes"));
		await page.reload();
		await one.getByText(/is newer than what is live/).waitFor();
		await one.getByRole("button", { name: "Deploy" }).click();
		await dialog(page).getByText("A part, beside what is live").click();
		await dialog(page).getByLabel("How large a part").fill("25 %");
		await dialog(page).getByText("There is no case to try it with").click();
		await dialog(page).getByLabel("Reason").fill("Longer, to see whether it is enough.");
		await button(page, "Deploy it untried").click();
		await dialog(page)
			.getByText(/is tried beside what is live/)
			.waitFor({ timeout: 120_000 });
		await look(page, "36-deployed");
		await dialog(page).getByRole("button", { name: "Close" }).last().click();
		await one.getByText("Tried beside it").waitFor();
		await look(page, "37-tried");
		await one.getByRole("button", { name: "Make it live" }).click();
		await dialog(page).getByRole("button", { name: "Make it live" }).click();
		await one.getByText("Tried beside it").waitFor({ state: "detached" });
		await one.getByText("Releases before: 1").waitFor();
		await one.getByRole("button", { name: "Go back" }).click();
		await dialog(page).getByLabel("Reason").fill("The shorter time was enough.");
		await look(page, "38-back");
		await dialog(page).getByRole("button", { name: "Go back" }).click();
		await dialog(page).waitFor({ state: "detached" });
		await one.getByText("Releases before: 1").click();
		await one.getByText("Was left").waitFor();
		await look(page, "39-history");
		writeFileSync(file, before);
	}

	/** From now on every act of the workflow is put before a person. What it reaches is said first. */
	async function levelled(page) {
		await page.getByRole("banner").getByRole("button", { name: "Stop" }).click();
		await page.getByText(/^It covers \d+ cases that are open\.$/).waitFor();
		await page.getByText(/^It can be lifted by/).waitFor();
		await page.getByRole("button", { name: /What is stopped/ }).click();
		await page.getByRole("option", { name: "Acting alone" }).click();
		await page.getByLabel("Workflow and level", { exact: false }).fill(LEVEL);
		await page.getByText(/^It covers 0 cases/).waitFor();
		await page.getByLabel("Reason").fill("A new workflow: each act is looked at.");
		await look(page, "40-level");
		await button(page, "Stop it now").click();
		await page.getByText(new RegExp(`acting alone ${LEVEL}`)).waitFor();
		await button(page, "See and lift").click();
		await dialog(page)
			.getByText(/^Set by \w+@larkfield\.example/)
			.waitFor();
		await dialog(page).getByText("A new workflow: each act is looked at.").waitFor();
		await look(page, "41-in-force");
		await page.keyboard.press("Escape");
		await dialog(page).waitFor({ state: "detached" });
	}

	/** An act waits for a yes; its answer gets lost, and a person says whether it happened. */
	async function acted(clerk) {
		const fields = {
			name: "Voss 17",
			supplier: "Voss Precision",
			iban: "NL91ABNA0417164300",
			amount: "950.00",
			number: "V-17",
		};
		flightdeck("run", BY_HAND, JSON.stringify(fields), "--as", owner);
		const waits = clerk.locator(".reviews-line", { hasText: "wants a person's yes" }).first();
		await waits.click();
		await heading(clerk, "What would be done").waitFor();
		await clerk.locator(".request-deed", { hasText: "ledger.create_draft" }).waitFor();
		await look(clerk, "42-act");
		await button(clerk, "Take it").click();
		await button(clerk, "Give it back").waitFor();
		await button(clerk, "Give it back").click();
		await button(clerk, "Take it").waitFor();
		await decided(clerk, () => button(clerk, "Approve").click());
		const doubt = clerk.locator(".reviews-line", { hasText: "did it happen?" }).first();
		await doubt.click();
		await heading(clerk, "What may have been done").waitFor();
		await look(clerk, "43-in-doubt");
		await decided(clerk, () => button(clerk, "It happened").click());
	}

	/** A decision is taken once its request has made room for the next one. */
	async function decided(clerk, act) {
		const before = clerk.url();
		await act();
		await clerk.waitForURL((now) => now.href !== before);
		return clerk.locator(`.reviews-line[href="${new URL(before).pathname}"]`);
	}

	/** A value is changed with the approval, in the clerk's name. */
	async function edited(clerk) {
		await due(clerk).first().click();
		await clerk.locator(".request-head", { hasText: DUE }).waitFor();
		await button(clerk, "Change values").click();
		const field = clerk.getByLabel("read › number");
		await field.fill(`${await field.inputValue()}A`);
		await look(clerk, "44-edit");
		const line = await decided(clerk, () => button(clerk, "Approve with changes").click());
		await line.waitFor({ state: "detached" });
	}

	/** A request is handed on to another role: the clerk sees why they no longer decide it. */
	async function handedOn(clerk) {
		const chosen = due(clerk).first();
		await chosen.click();
		await clerk.locator(".request-head", { hasText: DUE }).waitFor();
		const address = clerk.url();
		await button(clerk, "Hand on").click();
		await clerk.getByLabel("To which role").fill("finance_lead");
		await clerk.getByLabel("Reason").fill("The buyer has left; the lead knows the order.");
		await look(clerk, "45-hand-on");
		await decided(clerk, () => button(clerk, "Hand it on").click());
		await clerk.goto(address);
		await clerk.getByText(/You may not decide this one: it is decided by/).waitFor();
		assert.equal(await clerk.getByRole("button", { name: "Approve", exact: true }).count(), 0);
		await look(clerk, "46-for-others");
	}

	/** From the address in a message to a decision in three taps at most, on a small phone. */
	async function small(address) {
		const page = await open({ ...phone, viewport: { width: 360, height: 740 } });
		await signIn(page, "ines@larkfield.example");
		await page.goto(address);
		await heading(page, "What it rests on").waitFor();
		await look(page, "47-small-review");
		for (const [name, path] of [
			["48-small-fleet", ""],
			["49-small-releases", "/releases"],
			["50-small-cases", "/cases"],
		]) {
			await page.goto(`/w/desk${path}`);
			await page.getByRole("heading", { level: 1 }).waitFor();
			await page.locator(".placeholder").first().waitFor({ state: "detached" });
			await look(page, name);
		}
		await page.context().close();
	}

	return async (page, clerk) => {
		await figures(page);
		await explained(page);
		await compared(page);
		await keys(page);
		await released(page);
		await levelled(page);
		await clerk.goto("/w/desk/reviews");
		await acted(clerk);
		await edited(clerk);
		await handedOn(clerk);
		await due(clerk).first().click();
		await clerk.locator(".request-head", { hasText: DUE }).waitFor();
		await small(new URL(clerk.url()).pathname);
		await page.goto("/w/desk");
		await button(page, "See and lift").click();
		await button(page, "Lift").click();
		await page.getByLabel("Why it can go on").fill("It was tried.");
		await button(page, "Lift the stop").click();
		await page.getByText("No stop is in force.").waitFor();
		await page.keyboard.press("Escape");
	};
}
