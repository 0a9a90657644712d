// Walks through Studio as people do, against the real program: `cargo xtask e2e` starts it and
// says where it is. Whatever is not as it should be ends the walk with an error. With `PART=loop`,
// or another one of its parts, only that is walked, for whoever works on it.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { browser } from "./browser.mjs";
import { fresh } from "./fresh.mjs";
import { line } from "./line.mjs";
import { loop } from "./loop.mjs";
import { many } from "./many.mjs";
import { maps } from "./map.mjs";
import { standing } from "./standing.mjs";
import { tour } from "./tour.mjs";
import { work } from "./work.mjs";

const asked = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const wire = await line(asked.url);
const OWNER = "marta@larkfield.example";
/** Owns the workspace too, and is not the first to: that is who the walk begins as. */
const LEAD = "noor@larkfield.example";

/** The same at a terminal; a case that waits for a person is no failure. */
function flightdeck(...args) {
	try {
		return execFileSync(asked.flightdeck, args, { cwd: asked.desk, encoding: "utf8" });
	} catch (error) {
		if (error.status === 3) return error.stdout;
		throw error;
	}
}
const PASSWORD = "seven grey geese at dawn";
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const DESK = { viewport: { width: 1360, height: 900 } };

const { open, look, seen, found, close } = await browser({ ...asked, url: wire.url });
const button = (page, name) => page.getByRole("button", { name });
/** A page of Studio, by its place in the navigation. */
const place = (page, name) =>
	page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
const heading = (page, name) => page.getByRole("heading", { name });
const began = Date.now();

/** Somebody who has chosen a password comes again. */
async function enter(page, who) {
	await page.goto("/");
	await page.getByLabel("E-mail address or account").fill(who);
	await page.getByLabel("Password").fill(PASSWORD);
	await button(page, "Sign in").click();
	await heading(page, "Fleet").waitFor();
}

/** How long a browser that has never been here shows nothing. */
async function firstPaint() {
	const page = await open(DESK);
	await page.goto("/");
	await heading(page, "Sign in").waitFor();
	const [paint] = await page.evaluate(() =>
		performance.getEntriesByName("first-contentful-paint").map((entry) => entry.startTime),
	);
	await page.context().close();
	return Math.round(paint);
}

/** Somebody who has never been here chooses a password by their link. */
async function signIn(page, address) {
	await page.goto(address.replace(asked.url, ""));
	await page.getByLabel("New password").fill(PASSWORD);
	await page.getByLabel("The same again").fill(PASSWORD);
	assert.equal(new URL(page.url()).hash, "", "the link leaves the address bar");
	return page;
}

async function owned() {
	const page = await signIn(await open(DESK), asked.owner);
	await look(page, "01-link");
	await button(page, "Set it and sign in").click();
	await heading(page, "Fleet").waitFor();
	await page.getByText("Live", { exact: true }).waitFor();
	await page.locator(".fleet-chart canvas").waitFor();
	await page.getByText(/^people: most cases wait/).waitFor();
	await look(page, "02-fleet");
	return page;
}

async function cases(page) {
	await place(page, "Cases").click();
	await page.getByRole("table", { name: "Cases, newest first" }).waitFor();
	await look(page, "03-cases");
	await page.getByRole("button", { name: /Where it stands/ }).click();
	await page.getByRole("option", { name: "Done" }).click();
	await page.waitForURL(/status=done/);
	const first = page.getByRole("row").nth(1);
	await first.getByText("Done").waitFor();
	await first.getByRole("link").click();
	await heading(page, "What happened").waitFor();
	await look(page, "04-case");
	await button(page, "Show the stored entries").click();
	await page.locator(".records summary").first().click();
	await look(page, "05-records");
}

/** A case comes while the page is open: it shows up by itself. */
async function live(page) {
	await place(page, "Cases").click();
	const rows = page.getByRole("table", { name: "Cases, newest first" });
	await rows.waitFor();
	const before = await rows.getAttribute("aria-rowcount");
	const body = JSON.stringify({ workflow: "invoice_intake", case: { name: "hostile.txt" } });
	const status = await page.evaluate(async (body) => {
		const workspace = location.pathname.split("/")[2];
		const headers = { "Content-Type": "application/json" };
		const path = `/api/v1/workspaces/${workspace}/cases`;
		return (await fetch(path, { method: "POST", headers, body })).status;
	}, body);
	assert.equal(status, 201);
	await page.waitForFunction(
		(before) => document.querySelector("[role=table]")?.getAttribute("aria-rowcount") !== before,
		before,
	);
}

/** What happened while the line was cut is there once it is mended, from the last entry on. */
async function lost(page) {
	await place(page, "Fleet").click();
	await page.getByText("Live", { exact: true }).waitFor();
	const quiet = found.errors.length;
	wire.cut();
	await page.getByText("Connection lost.").waitFor();
	await look(page, "06-lost");
	flightdeck("stop", "--tool", "erp.create_draft", "--reason", "A try", "--as", OWNER);
	const again = page.waitForRequest(/\/events\?after=\d+$/, { timeout: 40_000 });
	// Trying while there is no line changes nothing; once there is one it comes back by itself.
	await button(page, "Try now").click();
	wire.mend();
	await again;
	await page.getByText(/A stop is in force: a tool erp/).waitFor();
	await page.getByText("Connection lost.").waitFor({ state: "detached" });
	flightdeck("resume", "--tool", "erp.create_draft", "--reason", "Tried", "--as", OWNER);
	await page.getByText(/A stop is in force: a tool erp/).waitFor({ state: "detached" });
	// A browser writes down each request that found no line; axe's findings stay.
	const said = found.errors.splice(quiet);
	found.errors.push(
		...said.filter((text) => !/ERR_(CONNECTION|EMPTY|INCOMPLETE|SOCKET)/.test(text)),
	);
}

async function tokens(page) {
	await place(page, "People").click();
	await page
		.getByText(/ines@larkfield/)
		.first()
		.waitFor();
	await button(page, "Make a token").click();
	await page.getByLabel("What it is for").fill("nightly report");
	await look(page, "07-token");
	await page.getByRole("dialog").getByRole("button", { name: "Make a token" }).click();
	await heading(page, "Copy it now").waitFor();
	assert.match(await page.locator("code.token").textContent(), /^fdt_/);
	await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
	await page.getByRole("cell", { name: "see where everything stands" }).waitFor();
	await look(page, "08-people");
	await place(page, "Settings").click();
	await page.getByText(/^Version/).waitFor();
	await look(page, "09-settings");
}

async function clerks() {
	const page = await signIn(await open(DESK), asked.clerk);
	await button(page, "Set it and sign in").click();
	await heading(page, "Fleet").waitFor();
	return page;
}

/** By the keys alone: one request approved, then one rejected. */
async function reviews(page) {
	await page.goto("/w/desk");
	await heading(page, "Fleet").waitFor();
	await page.keyboard.press("3");
	await heading(page, "What it rests on").waitFor();
	await look(page, "10-review");
	await hostile(page);
	const approve = page.getByRole("button", { name: "Approve", exact: true });
	await mine(page, async () => {
		await approve.waitFor();
		// Whoever has only just been shown something has not read it.
		await page.waitForTimeout(800);
		const before = page.url();
		const other = await colleague(before);
		await page.keyboard.press("a");
		await page.getByText(/Approved\. The case is/).waitFor();
		await heading(other, "This request is no longer open").waitFor();
		await other.context().close();
		await page.waitForURL((now) => now.href !== before);
	});
	await mine(page, async () => {
		await page.waitForTimeout(800);
		await page.keyboard.press("r");
		await page.getByLabel("Reason").fill("It was paid in May, see the statement.");
		await look(page, "11-reject");
		await button(page, "Reject it").click();
		await page.getByText(/Rejected\. The case is/).waitFor();
	});
	await page.context().close();
}

async function others() {
	const page = await signIn(await open(DESK), asked.other);
	await button(page, "Set it and sign in").click();
	await heading(page, "Fleet").waitFor();
	return page;
}

/** Another clerk who reads the same request at the same time. */
async function colleague(address) {
	const page = await others();
	await page.goto(address);
	await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
	return page;
}

const DUE = "Is this invoice still due as read?";
/** Requests that the clerk may decide. */
const due = (page) =>
	page.locator(".reviews-line", { hasText: DUE }).filter({ hasNotText: "for others" });

/** Goes to the next request that the clerk can settle, and does something with it. */
async function mine(page, act) {
	await due(page).first().click();
	await page.locator(".request-head", { hasText: DUE }).waitFor();
	await act();
}

/** The hostile document is looked at: it is a text, and what hides in it is shown. */
async function hostile(page) {
	for (const line of await page.locator(".reviews-line").all()) {
		await line.click();
		const text = page.locator(".request .long-text").filter({ hasText: "H-666" });
		await page.locator(".reviews-line[aria-current]").waitFor();
		if (await text.count()) {
			await text.getByText("RLO").waitFor();
			assert.match(await text.textContent(), /<script>window\.taken/);
			assert.equal(await page.locator(".request img, .request script").count(), 0);
			assert.equal(await page.evaluate(() => globalThis.taken), undefined);
			await look(page, "12-hostile");
			return;
		}
	}
	assert.fail("no request shows the hostile document");
}

/** From anywhere in Studio, a request is read and decided on a phone in three taps. */
async function phone() {
	const page = await open(PHONE);
	await page.goto("/");
	await page.getByLabel("E-mail address or account").fill("ines@larkfield.example");
	await page.getByLabel("Password").fill(PASSWORD);
	await look(page, "13-phone-sign-in");
	await button(page, "Sign in").tap();
	await heading(page, "Fleet").waitFor();
	await look(page, "14-phone-fleet");
	await place(page, /^Reviews/).tap();
	const first = due(page).first();
	await first.waitFor();
	await look(page, "15-phone-reviews");
	await first.tap();
	const approve = page.getByRole("button", { name: "Approve", exact: true });
	await approve.waitFor();
	await look(page, "16-phone-review");
	await approve.tap();
	await page.getByText(/Approved\. The case is/).waitFor();
	await place(page, "Cases").tap();
	await page.getByRole("table", { name: "Cases, newest first" }).waitFor();
	await look(page, "17-phone-cases");
	await page.getByRole("row").nth(1).getByRole("link").tap();
	await heading(page, "What happened").waitFor();
	await look(page, "18-phone-case");
	await page.context().close();
}

async function stop(page) {
	await page.getByRole("banner").getByRole("button", { name: "Stop" }).click();
	await page.getByRole("heading", { name: "What it does now" }).waitFor();
	await page.getByLabel("Reason").fill("Trying the stop before the season begins.");
	await look(page, "19-stop");
	await button(page, "Stop everything now").click();
	await page.getByText(/A stop is in force: everything/).waitFor();
	await place(page, "Fleet").click();
	await page.getByText(/^Everything is stopped/).waitFor();
	await look(page, "20-stopped");
	const ready = await fetch(`${asked.url}/health/ready`);
	assert.equal(ready.status, 503, "nothing may be sent while everything is stopped");
	await button(page, "See and lift").click();
	await page.getByRole("button", { name: "Lift", exact: true }).click();
	await page.getByLabel("Why it can go on").fill("It works.");
	await button(page, "Lift the stop").click();
	await page.getByText("No stop is in force.").waitFor();
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function out(page) {
	await button(page, /^Your account/).click();
	await page.getByRole("menuitem", { name: "Sign out" }).click();
	await heading(page, "Sign in").waitFor();
	await page.goto("/w/desk/cases");
	await heading(page, "Sign in").waitFor();
	await look(page, "21-signed-out");
}

const mapped = maps({ asked, open, look, found, desk: DESK, phone: PHONE });
const atWork = work({ asked, open, look, flightdeck, signIn: enter, owner: OWNER, phone: PHONE });
const stood = standing({ asked, look, found });
const looped = loop({
	asked,
	open,
	look,
	found,
	signIn: enter,
	clerk: "ines@larkfield.example",
	other: "tom@larkfield.example",
	lead: LEAD,
	desk: DESK,
	phone: PHONE,
});
const lots = many({ asked, look, flightdeck, owner: OWNER });
const toured = tour({ look });
const empty = fresh({ asked, flightdeck, password: PASSWORD });
/** Whoever may overrule owns the workspace too: a second account that may do the same. */
async function leads() {
	const told = JSON.parse(flightdeck("access", "link", LEAD, "--at", asked.url, "--json"));
	const page = await signIn(await open(DESK), told.url);
	await button(page, "Set it and sign in").click();
	await heading(page, "Fleet").waitFor();
	await page.context().close();
}

/** What is walked alone by `PART=NAME`, for whoever works on it. */
const PARTS = {
	map: (page) => mapped(page),
	many: async (page) => {
		taken = await lots(page);
	},
	tour: async (page) => {
		taken = await lots(page);
		taken.tour_minutes = await toured(page);
	},
	fresh: async () => own(await empty()),
	standing: (page) => stood(page),
	loop: async (page) => {
		await (await clerks()).context().close();
		await (await others()).context().close();
		await leads();
		taken = await looped(page);
	},
};

/** What another browser found counts as what this one did. */
function own(other) {
	for (const of of ["errors", "elsewhere"]) found[of].push(...other[of]);
	for (const of of ["pages", "violations"]) found[of] += other[of];
}

/** Every part, in an order in which each finds what it looks for. */
async function all(page) {
	await cases(page);
	await live(page);
	await lost(page);
	await tokens(page);
	await mapped(page);
	const clerk = await clerks();
	await atWork(page, clerk);
	await stood(page);
	await reviews(clerk);
	await phone();
	await leads();
	taken = { ...(await looped(page)), ...(await lots(page)) };
	taken.tour_minutes = await toured(page);
	own(await empty());
	await page.goto("/w/desk");
	await stop(page);
	await out(page);
}

let paint = 0;
let taken = {};
try {
	paint = await firstPaint();
	const page = await owned();
	const part = process.env.PART;
	await (part ? PARTS[part](page) : all(page));
} catch (error) {
	await seen();
	// What was found on the way would be lost with it.
	process.stderr.write(`${found.errors.join("\n")}\n`);
	throw error;
} finally {
	await close();
	wire.close();
}
// A browser writes down as an error that nobody is signed in.
const expected = /status of 401 .*\/api\/v1\/session\)/;
const errors = found.errors.filter((text) => !expected.test(text));
assert.deepEqual(errors, []);
assert.deepEqual(found.elsewhere, []);
const seconds = Math.round((Date.now() - began) / 1000);
const figures = {
	first_paint_ms: paint,
	...taken,
	pages: found.pages,
	violations: found.violations,
	errors: errors.length,
	seconds,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
