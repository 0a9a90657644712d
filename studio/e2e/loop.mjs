// The whole loop of an operator with a process that the example has none of: from a conversation to
// a map, rehearsed, deployed, run, reviewed, explained and stopped. A part of the walk.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const NAME = "campaign_text";
const FILE = `workflows/${NAME}.md`;
const PURPOSE = "Have the text of a campaign approved before it is printed. It publishes nothing.";
/** At most so many questions are put for so small a process. */
const MANY = 40;
const MOST_TAPS = 3;

export function loop({ asked, open, look, found, signIn, clerk, other, lead, desk, phone }) {
	const button = (page, name) => page.getByRole("button", { name, exact: true });
	const heading = (page, name) => page.getByRole("heading", { name });
	const tab = (page, name) => page.getByRole("tab", { name });
	const place = (page, name) =>
		page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
	const dialog = (page) => page.getByRole("dialog");
	const room = (page) => page.locator(".map-room.interview");

	/** A suggestion of the question that is put. */
	const suggestion = (name) => async (page) => button(room(page), name).click();
	const words = (text) => async (page) => page.getByLabel("Your answer").fill(text);
	const choice = (name) => async (page) =>
		room(page)
			.locator("label.choice")
			.filter({ hasText: new RegExp(`^${name}$`) })
			.click();
	const row = (cells) => async (page) => {
		for (const [label, text] of cells) {
			const cell = page.getByRole("group", { name: "Row 1" }).getByLabel(label);
			if ((await cell.getAttribute("aria-haspopup")) === null) await cell.fill(text);
			else {
				await cell.click();
				await page.getByRole("option", { name: text, exact: true }).click();
			}
		}
	};

	/** What the operator answers. Where the draft guessed, what it guessed is said again. */
	const ANSWERS = [
		[/^What is one case/, words("campaign text")],
		[/^Who may have written it/, choice("inside")],
		[/^Who may stop and overrule/, suggestion("finance_lead")],
		[/^How bad is a mistake/, choice("medium")],
		[/^How far may it go/, choice("approve")],
		[
			/^How do people do it today/,
			row([
				["what is done", "checks the claims of the campaign text"],
				["who does it", "brand manager"],
				["minutes of work", "25"],
			]),
		],
		[/^Shall steps be drafted/, choice("yes")],
		[
			/^Which cases do not fit/,
			row([
				["the exception", "a text in a language that nobody here reads"],
				["on which condition", "case.text == ''"],
				["the step that deals with it", "checks_claims"],
			]),
		],
		[/^How many cases may a day/, words("20")],
		[/^What may one case cost/, suggestion("0.50 USD")],
		[/^What may a day cost/, suggestion("20.00 USD")],
	];

	/** What is put, and how many are left. */
	const stands = (page) =>
		page.evaluate(() => {
			const parts = document.querySelectorAll(".map-room.interview :is([role=status], form h3)");
			return [...parts].map((part) => part.textContent).join(" | ");
		});

	/** From a name and a sentence to a map without a problem, by answers alone. */
	async function described(page) {
		await place(page, "Maps").click();
		await button(page, "New map").click();
		await page.getByLabel("Name").fill(NAME);
		await page.getByLabel(/^What it is for/).fill(PURPOSE);
		await button(page, "Begin with questions").click();
		const question = room(page).locator("form h3");
		const done = page.getByText("Every question that the map needs has its answer.");
		await question.or(done).first().waitFor();
		let put = 0;
		while (!(await done.isVisible())) {
			put += 1;
			assert.ok(put < MANY, "the questions come to an end");
			const asked = await question.textContent();
			const [, give] = ANSWERS.find(([about]) => about.test(asked)) ?? [];
			const unsettled = await room(page).getByText("Not settled:").isVisible();
			if (give && !unsettled) await give(page);
			if (put === 6 || /today/.test(asked)) await look(page, `51-interview-${put}`);
			const before = await stands(page);
			await button(page, "Answer").click();
			const refused = room(page).getByRole("alert");
			for (let n = 0; (await stands(page)) === before; n += 1) {
				if (await refused.isVisible()) assert.fail(`${asked}: ${await refused.textContent()}`);
				assert.ok(n < 200, `${asked}: nothing comes of the answer`);
				await page.waitForTimeout(50);
			}
		}
		await page.getByText("Sound", { exact: true }).waitFor();
		await page.locator('.map-step[data-step="checks_claims"]').waitFor();
		await look(page, "52-interview-done");
		return put;
	}

	const offer = (page, says) =>
		page.getByRole("region", { name: "What comes next" }).getByRole("button", { name: says });
	const over = (page) => page.getByText("The case is over.");

	/** To its end in two ways, with a case of one's own; no model is called and nothing is kept. */
	async function rehearsed(page) {
		await tab(page, "Rehearse").click();
		await page.locator('.map-step.lit[data-step="checks_claims"]').waitFor();
		await button(page, "Take another case").click();
		await page.getByLabel("text", { exact: true }).fill("Our bicycles weigh nothing at all.");
		await button(page, "Begin with it").click();
		await page.getByText("This case is your own.").waitFor();
		await page.getByText("Our bicycles weigh nothing at all.").waitFor();
		await look(page, "53-rehearse");
		await offer(page, "yes").first().click();
		await over(page).waitFor();
		await look(page, "54-rehearsed");
		await button(page, "From the beginning").click();
		await offer(page, "nobody answers in time").click();
		await over(page).waitFor();
		const figures = page.getByRole("region", { name: "What it took so far" });
		await figures.getByText("Failed", { exact: true }).waitFor();
		await look(page, "55-rehearsed-late");
		await kept(page);
	}

	/** It stays as a case that the workflow is tried with; no case is written over. */
	async function kept(page) {
		const quiet = found.errors.length;
		await button(page, "Keep it as a test case").click();
		await page.getByLabel("Name of the case").fill("nobody answers");
		await button(page, "Keep it").click();
		await page
			.getByText(/letters, digits/)
			.first()
			.waitFor();
		await page.getByLabel("Name of the case").fill("nobody_answers");
		await look(page, "56-keep");
		await button(page, "Keep it").click();
		await page.getByText(`Kept as`, { exact: false }).waitFor();
		const text = readFileSync(join(asked.desk, `cases/${NAME}/nobody_answers.yaml`), "utf8");
		assert.match(text, /Our bicycles weigh nothing at all\./);
		assert.match(text, /expect: "checks_claims"/);
		// A name that makes no sense is refused, which a browser writes down as an error.
		const said = found.errors.splice(quiet);
		found.errors.push(...said.filter((text) => !/status of 422 .*\/rehearse\/keep\)/.test(text)));
	}

	async function saved(page) {
		await button(page, "Save").click();
		await page.getByText("As saved").waitFor();
		assert.match(readFileSync(join(asked.desk, FILE), "utf8"), /- step: checks_claims/);
	}

	/** A fault of an act: nobody knows whether it was done. */
	async function faulty(page) {
		await place(page, "Maps").click();
		await page.getByRole("link", { name: "hand_draft" }).click();
		await tab(page, "Rehearse").click();
		await button(page, "Take another case").click();
		for (const [field, text] of [
			["amount", "950.00"],
			["iban", "NL91ABNA0417164300"],
			["number", "V-18"],
			["supplier", "Voss Precision"],
		]) {
			await page.getByLabel(field, { exact: true }).fill(text);
		}
		await button(page, "Begin with it").click();
		await page.getByText(/^What can go wrong here/).click();
		await look(page, "56-rehearse-faults");
		await offer(page, /it is not known whether it was done/).click();
		// Whatever follows, a person settles it, and the case comes to its end.
		const next = page.getByRole("region", { name: "What comes next" });
		const settled = next.locator("h3 .chip.info", { hasText: "A person decides" });
		await settled.or(over(page)).first().waitFor();
		if (await settled.isVisible()) await next.locator("ul .button").first().click();
		await over(page).waitFor();
	}

	async function deployed(page) {
		await place(page, "Releases").click();
		const one = page.locator("section.panel").filter({ has: heading(page, NAME) });
		await one.getByRole("button", { name: "Deploy" }).click();
		await dialog(page).getByLabel("Reason").fill("A person decides every case of it.");
		// The rehearsal that was kept is tried first.
		await button(page, "Try its cases and deploy").click();
		await dialog(page)
			.getByText(/^Release \w+ is live\.$/)
			.waitFor({ timeout: 120_000 });
		await dialog(page).getByRole("button", { name: "Close" }).last().click();
		await one.getByText("Live as its files say").waitFor();
	}

	/** A case of it, as another program starts one. */
	async function started(page, name) {
		const body = JSON.stringify({
			workflow: NAME,
			case: { name, text: "Our bicycles are the lightest there are." },
		});
		const { status, said } = await page.evaluate(async (body) => {
			const headers = { "Content-Type": "application/json" };
			const answer = await fetch("/api/v1/workspaces/desk/cases", {
				method: "POST",
				headers,
				body,
			});
			return { status: answer.status, said: await answer.json() };
		}, body);
		assert.equal(status, 201, JSON.stringify(said));
		return said.id;
	}

	/** Why a case waits, and where its request is read. */
	async function waits(page, id) {
		await page.goto(`/w/desk/cases/${id}`);
		await heading(page, "Why it stands here").waitFor();
		await page.locator(".case-headline", { hasText: "waits for" }).waitFor();
		await look(page, "57-why-it-waits");
		return page.getByRole("link", { name: "Read and decide" }).first().getAttribute("href");
	}

	/** From the address in a message: read on a phone, and decided with few taps. */
	async function decided(address) {
		const page = await open(phone);
		await signIn(page, clerk);
		let taps = 0;
		const tap = async (what) => {
			taps += 1;
			await what.tap();
		};
		await page.goto(address);
		await heading(page, "What it rests on").waitFor();
		await page.getByText("Our bicycles are the lightest there are.").first().waitFor();
		await look(page, "58-phone-decides");
		await tap(button(page, "Approve"));
		await page.getByText(/Approved\. The case is/).waitFor();
		assert.ok(taps <= MOST_TAPS, `${taps} taps`);
		await button(page, "More").tap();
		await page.getByRole("menuitem", { name: "Releases" }).waitFor();
		await look(page, "59-phone-more");
		await page.keyboard.press("Escape");
		await page.context().close();
		return taps;
	}

	/** Two people decide the same request at the same moment: it counts once, and both are told. */
	async function both(address) {
		const quiet = found.errors.length;
		const pages = [];
		for (const who of [clerk, other]) {
			const page = await open(desk);
			await signIn(page, who);
			await page.goto(address);
			await button(page, "Reject").waitFor();
			await page.waitForTimeout(800);
			await button(page, "Reject").click();
			await page.getByLabel("Reason").fill("No scale says so.");
			pages.push(page);
		}
		await Promise.all(pages.map((page) => button(page, "Reject it").click()));
		const told = async (page) => {
			const mine = page.getByText(/Rejected\. The case is/);
			const theirs = page
				.getByText(/(ines|tom)@larkfield\.example rejected this at .*“No scale says so\.”/)
				.first();
			await mine.or(theirs).first().waitFor();
			return (await mine.count()) > 0;
		};
		const [one, two] = await Promise.all(pages.map(told));
		assert.notEqual(one, two, "one of them decided it, and the other one was told who did");
		await look(pages[one ? 1 : 0], "60-decided-by-two");
		for (const page of pages) await page.context().close();
		// Whoever came second is refused, which a browser writes down as an error.
		const said = found.errors.splice(quiet);
		found.errors.push(...said.filter((text) => !/status of (404|409) .*\/decision\)/.test(text)));
	}

	async function rejected(page, id) {
		await page.goto(`/w/desk/cases/${id}`);
		await heading(page, "Why it stands here").waitFor();
		await page.getByText("Rejected", { exact: true }).first().waitFor();
		await page.getByText("No scale says so.").first().waitFor();
		assert.equal(await page.getByText("from outside: shown, never obeyed").count(), 0);
		await look(page, "61-why-it-was-rejected");
	}

	/** A stored case on the map as it is, and on one that somebody else would decide. */
	async function again(page) {
		await page.getByRole("link", { name: "Go through it again" }).click();
		const told = page.getByRole("region", { name: "As it was, and as it would be now" });
		await told.getByText("As far as it leads, everything goes as it did.").waitFor();
		await over(page).waitFor();
		const taken = page.getByRole("region", { name: "What was chosen" });
		await taken.getByText("no, for this reason").waitFor();
		await look(page, "61-again-as-it-was");
		await page.locator('.map-step[data-step="checks_claims"]').click();
		await tab(page, "Step").click();
		const field = page.getByRole("combobox", { name: "Who decides", exact: true });
		await field.fill("finance_l");
		await page.getByRole("option", { name: "finance_lead" }).click();
		await page.getByText("Not saved").waitFor();
		await tab(page, "Rehearse").click();
		await told.getByText("Other people are asked").waitFor();
		await told.getByText(/may not answer this/).waitFor();
		await look(page, "61-again-on-another-map");
		await offer(page, "yes").first().click();
		await over(page).waitFor();
		await button(page, "As it was said then").click();
		await told.waitFor();
		await button(page, "Undo").click();
		await page.getByText("As saved").waitFor();
	}

	/** Two people stop the same at once: it is stopped, both see it, and it is lifted once. */
	async function stopped(page) {
		const second = await open(desk);
		await signIn(second, lead);
		await second.goto("/w/desk");
		for (const one of [page, second]) {
			await one.getByRole("banner").getByRole("button", { name: "Stop" }).click();
			await one.getByRole("button", { name: /What is stopped/ }).click();
			await one.getByRole("option", { name: "A workflow" }).click();
			await one.getByRole("button", { name: /Name of the workflow/ }).click();
			await one.getByRole("option", { name: NAME, exact: true }).click();
			await one.getByLabel("Reason").fill("A claim is in doubt.");
			await one.getByText(/^It covers \d+ case/).waitFor();
		}
		await Promise.all([page, second].map((one) => button(one, "Stop it now").click()));
		const banner = (one) => one.getByText(new RegExp(`in force: .*${NAME}`));
		for (const one of [page, second]) await banner(one).waitFor();
		for (const one of [second, page]) {
			await button(one, "See and lift").click();
			await button(one, "Lift").first().click();
			await one.getByLabel("Why it can go on").fill("The claim was taken out.");
		}
		await look(page, "62-stopped-by-two");
		await button(page, "Lift the stop").click();
		for (const one of [page, second]) await banner(one).waitFor({ state: "detached" });
		// Whoever was about to lift it as well reads who did.
		const who = /Somebody else lifted this stop.*lifted by ada@larkfield\.example/;
		await second.getByText(who).waitFor();
		await look(second, "62-lifted-by-another");
		await page.keyboard.press("Escape");
		await second.context().close();
	}

	/** Two people have the same map open: nothing is saved over what was not seen. */
	async function together(page) {
		await page.goto(`/w/desk/maps/${NAME}`);
		await page.locator('.map-step[data-step="checks_claims"]').waitFor();
		const second = await open(desk);
		await signIn(second, lead);
		await second.goto(`/w/desk/maps/${NAME}`);
		for (const [one, text] of [
			[page, "Are all claims true?"],
			[second, "May this be printed?"],
		]) {
			await one.locator('.map-step[data-step="checks_claims"]').click();
			await tab(one, "Step").click();
			const field = one.getByLabel("What they are to decide");
			await field.fill(text);
			await field.press("Control+Enter");
			await one.getByText("Not saved").waitFor();
		}
		await button(second, "Save").click();
		await second.getByText("As saved").waitFor();
		await page.getByText("Somebody else saved this file since you began.").waitFor();
		await page.getByText("noor@larkfield.example saved it").waitFor();
		await button(page, "Look at both").click();
		await dialog(page)
			.getByText(/May this be printed/)
			.waitFor();
		await dialog(page)
			.getByText(/Are all claims true/)
			.waitFor();
		await look(page, "63-map-of-two");
		await button(page, "Keep what I wrote").click();
		await button(page, "Save").click();
		await page.getByText("As saved").waitFor();
		assert.match(readFileSync(join(asked.desk, FILE), "utf8"), /Are all claims true/);
		await second.context().close();
	}

	return async (page) => {
		const questions = await described(page);
		await rehearsed(page);
		await saved(page);
		await faulty(page);
		await deployed(page);
		const [first, next] = [await started(page, "spring"), await started(page, "summer")];
		const taps = await decided(await waits(page, first));
		await both(await waits(page, next));
		await rejected(page, next);
		await again(page);
		await stopped(page);
		await together(page);
		return { questions, taps };
	};
}
