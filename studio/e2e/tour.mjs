// The tour from its offer to a case that somebody ran themselves: a part of the walk.
import { strict as assert } from "node:assert";

/** So many words a minute are read by somebody who takes their time. */
const WORDS = 130;
/** At each stop so long is spent on looking at the page and trying it. */
const LOOKED_SECONDS = 35;

export function tour({ look }) {
	const button = (page, name) => page.getByRole("button", { name, exact: true });
	const strip = (page) => page.getByRole("region", { name: "Tour" });

	/** What is pointed at is on the page, and axe has nothing against it. */
	async function stop(page, n, all) {
		await strip(page).getByText(`Tour, stop ${n} of ${all}`).waitFor();
		await page.locator("[data-tour]").first().waitFor();
		await page.locator(".placeholder").first().waitFor({ state: "detached" });
		await look(page, `72-tour-${String(n).padStart(2, "0")}`);
		return (await strip(page).textContent()).split(/\s+/).length;
	}

	/** Whoever looks around meanwhile is not called back. */
	async function around(page) {
		const pages = page.getByRole("navigation", { name: "Pages" });
		await pages.getByRole("link", { name: "Settings" }).click();
		await page.getByText(/^Version/).waitFor();
		await page.waitForTimeout(500);
		assert.match(page.url(), /\/settings$/);
	}

	return async (page) => {
		await page.goto("/w/desk");
		await button(page, "Begin the tour").click();
		const at = await strip(page)
			.getByText(/^Tour, stop 1 of/)
			.textContent();
		const all = Number(/of (\d+)/.exec(at)[1]);
		let words = 0;
		for (let n = 1; n <= all; n += 1) {
			words += await stop(page, n, all);
			if (n === 2) await around(page);
			if (n < all) await button(page, "Next stop").click();
		}
		// Back and on again: each stop finds its own page.
		await button(page, "Stop before").click();
		await stop(page, all - 1, all);
		await button(page, "Next stop").click();
		await button(page, "End without a case of your own").waitFor();
		await button(page, "Start a case").first().click();
		const dialog = page.getByRole("dialog");
		await dialog.getByRole("button", { name: /Workflow/ }).click();
		await page.getByRole("option", { name: "parcel_size" }).click();
		await dialog.getByLabel("name").fill("My first parcel");
		await dialog.getByLabel("weight").fill("3");
		await button(dialog, "Start it").click();
		await strip(page)
			.getByText(/^This is it\./)
			.waitFor();
		await page.getByRole("heading", { name: "My first parcel" }).waitFor();
		await page.getByText("Done", { exact: true }).first().waitFor();
		await look(page, "73-tour-own-case");
		await button(page, "End the tour").click();
		await strip(page).waitFor({ state: "detached" });
		const minutes = Math.round(words / WORDS + (all * LOOKED_SECONDS) / 60);
		assert.ok(minutes >= 6 && minutes <= 14, `it takes about ${minutes} minutes`);
		return minutes;
	};
}
