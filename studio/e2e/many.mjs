// Thousands of cases in one list, and a release that is tried beside another by real cases: a part
// of the walk.
import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NAME = "parcel_size";
const FILE = `workflows/${NAME}.md`;
/** So many cases are one list. */
const CASES = 2_000;
/** No frame is more work while somebody scrolls through them, whatever else the machine does. */
const FRAME_MS = 100;
/** Steps from the newest case to the oldest. */
const STEPS = 200;

const MAP = `---
workflow: ${NAME}
purpose: Say which box a parcel goes into. It sends nothing.
accountable: marta@larkfield.example
override: finance_lead
risk: low
autonomy: act
case: { one: parcel, from: inside, fields: { name: text, weight: int } }
limits:
  case: { cost: 0.01 USD, active: 1 minute, days: 1 }
  day: { cost: 1 USD, cases: 10000 }
steps:
  - step: size
    decide:
      who: finance_lead
      basis: Packing list
      first:
        - { when: "case.weight > 20", go: large }
      otherwise: small
  - step: small
    end: done
  - step: large
    end: rejected # too heavy for any box
exceptions:
  - { what: a parcel without a weight, when: "case.weight <= 0", go: large }
---
# Parcel sizes
`;

export function many({ asked, look, flightdeck, owner }) {
	const file = (path) => join(asked.desk, path);
	const button = (page, name) => page.getByRole("button", { name, exact: true });
	const heading = (page, name) => page.getByRole("heading", { name });
	const place = (page, name) =>
		page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
	const dialog = (page) => page.getByRole("dialog");
	/** Some parcels are too heavy for any box, which ends the command as a failure. */
	const run = (...more) => {
		try {
			flightdeck("run", NAME, ...more, "--as", owner);
		} catch (error) {
			if (error.status !== 1) throw error;
		}
	};

	/** A release is live, another one is tried beside it by half of all new cases. */
	async function tried(page) {
		writeFileSync(file(FILE), MAP);
		const why = ["--untried", "--reason", "It has no case yet.", "--as", owner];
		flightdeck("deploy", NAME, ...why);
		writeFileSync(file(FILE), MAP.replace("active: 1 minute", "active: 2 minutes"));
		await place(page, "Releases").click();
		const one = page.locator("section.panel").filter({ has: heading(page, NAME) });
		await one.getByText(/is newer than what is live/).waitFor();
		await one.getByRole("button", { name: "Deploy" }).click();
		await dialog(page).getByText("A part, beside what is live").click();
		await dialog(page).getByLabel("How large a part").fill("50 %");
		await dialog(page).getByText("There is no case to try it with").click();
		await dialog(page).getByLabel("Reason").fill("Longer, in case the table grows.");
		await button(page, "Deploy it untried").click();
		await dialog(page)
			.getByText(/is tried beside what is live/)
			.waitFor({ timeout: 120_000 });
		await dialog(page).getByRole("button", { name: "Close" }).last().click();
		const lines = Array.from({ length: CASES }, (_, n) =>
			JSON.stringify({ name: `Parcel ${n}`, weight: (n % 24) + 1 }),
		);
		writeFileSync(file("parcels.jsonl"), lines.join("\n"));
		run("--each", "parcels.jsonl", "--at-once", "16");
		return one;
	}

	/** The figures are those of the cases that ran. */
	async function compared(page, one) {
		await place(page, "Releases").click();
		await page.reload();
		const told = one.getByText(/cases of it beside \d[\d,]* of the live release/);
		await told.waitFor();
		const [canary, live] = (await told.textContent()).match(/\d[\d,]*/g).map(whole);
		assert.ok(canary > 100 && live > 100, `${canary} beside ${live}`);
		assert.ok(canary + live <= CASES, `${canary} and ${live} of ${CASES}`);
		assert.ok((await one.locator(".compared-figures li").count()) > 0, "no figure is compared");
		await look(page, "70-compared-releases");
		return { canary, live };
	}

	const whole = (text) => Number(text.replaceAll(",", ""));

	/** From the newest case to the oldest, as somebody scrolls: only what is seen is on the page. */
	async function scrolled(page) {
		await page.goto(`/w/desk/cases?workflow=${NAME}`);
		const rows = page.getByRole("table", { name: "Cases, newest first" });
		await rows.waitFor();
		const all = () => rows.getAttribute("aria-rowcount").then(Number);
		// All of them are read first, so that what is measured is the scrolling.
		for (let n = 0; (await all()) !== CASES + 1; n += 1) {
			assert.ok(n < 200, `${await all()} rows after a while`);
			await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
			await page.waitForTimeout(100);
		}
		const { work, wall } = await frames(page);
		assert.ok(work <= FRAME_MS, `the longest frame took ${work} ms of work`);
		const kept = await page.getByRole("row").count();
		assert.ok(kept < 120, `${kept} rows are on the page`);
		await page.getByText("Parcel 0", { exact: true }).waitFor();
		await look(page, "71-two-thousand-cases");
		return { work: Math.round(work), wall: Math.round(wall) };
	}

	return async (page) => {
		const one = await tried(page);
		const beside = await compared(page, one);
		const frame = await scrolled(page);
		// The map is live as it was, and what is tried beside it ends.
		flightdeck("rollback", NAME, "--reason", "It was a try.", "--as", owner);
		writeFileSync(file(FILE), MAP);
		assert.ok(readFileSync(file(FILE), "utf8").includes("> 20"));
		return { cases: CASES, longest_frame_ms: frame.work, on_this_machine_ms: frame.wall, beside };
	};
}

/**
 * Scrolls from the top to the end, and gives the longest frame: the work of the page alone, which
 * other programs of the machine do not lengthen, and by the clock.
 */
async function frames(page) {
	const session = await page.context().newCDPSession(page);
	await session.send("Performance.enable", { timeDomain: "threadTicks" });
	const spent = async () => {
		const { metrics } = await session.send("Performance.getMetrics");
		return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
	};
	await page.evaluate(() => scrollTo(0, 0));
	await page.waitForTimeout(500);
	let [work, wall, before] = [0, 0, await spent()];
	for (let n = 0; n < STEPS; n += 1) {
		const took = await page.evaluate(async (steps) => {
			const next = () => new Promise(requestAnimationFrame);
			const from = performance.now();
			scrollBy(0, Math.ceil(document.body.scrollHeight / steps));
			await next();
			// The one after it begins once this one is drawn.
			await next();
			return performance.now() - from;
		}, STEPS);
		const now = await spent();
		work = Math.max(work, now - before);
		wall = Math.max(wall, took);
		before = now;
	}
	await session.detach();
	return { work, wall };
}
