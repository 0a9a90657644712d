// What somebody waits for in a browser: `cargo xtask bench studio` starts the program and says where
// it is. Every figure is taken in the page, and stands beside one of an empty page of the same run.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const asked = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { chromium } = createRequire(asked.modules)("playwright-core");
const launched = await chromium.launch({
	executablePath: asked.chromium,
	args: ["--no-sandbox"],
});
const PASSWORD = "seven grey geese at dawn";
const TIMES = 5;
const CASES = 50;

const middle = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const at = (all, share) =>
	[...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.ceil(all.length * share) - 1)];
const round = (n) => Math.round(n * 10) / 10;

async function fresh(options = {}) {
	const context = await launched.newContext({
		baseURL: asked.url,
		viewport: { width: 1360, height: 900 },
		...options,
	});
	const page = await context.newPage();
	page.setDefaultTimeout(120_000);
	return page;
}

const painted = (page) =>
	page.evaluate(
		() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
	);

/** A page with one word, from the same browser: what no page can be faster than. */
async function floor() {
	const all = [];
	for (let n = 0; n < TIMES; n += 1) {
		const page = await fresh();
		await page.goto("data:text/html,<p>one</p>");
		await page.waitForFunction(
			() => performance.getEntriesByName("first-contentful-paint").length > 0,
		);
		all.push(await painted(page));
		await page.context().close();
	}
	return middle(all);
}

/** A browser that has never been here: the first paint, and when one can type. */
async function cold() {
	const paints = [];
	const ready = [];
	let bytes = 0;
	for (let n = 0; n < TIMES; n += 1) {
		const page = await fresh();
		let sent = 0;
		page.on("requestfinished", async (request) => {
			const sizes = await request.sizes().catch(() => undefined);
			sent += sizes ? sizes.responseBodySize : 0;
		});
		await page.goto("/");
		await page.getByLabel("Password").waitFor();
		ready.push(await page.evaluate(() => performance.now()));
		paints.push(await painted(page));
		await page.waitForLoadState("networkidle");
		bytes = sent;
		await page.context().close();
	}
	return { first_paint_ms: middle(paints), ready_ms: middle(ready), bytes_sent: bytes };
}

/** Every file of the pages, as it is and packed. */
function bundle() {
	let [bytes, packed] = [0, 0];
	const walk = (folder) => {
		for (const name of readdirSync(folder)) {
			const path = join(folder, name);
			if (statSync(path).isDirectory()) walk(path);
			else {
				const text = readFileSync(path);
				bytes += text.length;
				packed += gzipSync(text).length;
			}
		}
	};
	walk(asked.dist);
	return { kilobytes: Math.round(bytes / 1024), gzip_kilobytes: Math.round(packed / 1024) };
}

async function signedIn() {
	const page = await fresh();
	await page.goto(asked.link.replace(asked.url, ""));
	await page.getByLabel("New password").fill(PASSWORD);
	await page.getByLabel("The same again").fill(PASSWORD);
	await page.getByRole("button", { name: "Set it and sign in" }).click();
	await page.getByRole("heading", { name: "Fleet" }).waitFor();
	return page;
}

/** How long each frame takes while something is moved for a while. */
async function frames(page, move) {
	await page.evaluate(() => {
		globalThis.frames_of = [];
		let last = performance.now();
		const next = (now) => {
			globalThis.frames_of.push(now - last);
			last = now;
			if (globalThis.frames_of !== undefined) globalThis.frame = requestAnimationFrame(next);
		};
		globalThis.frame = requestAnimationFrame(next);
	});
	for (let n = 0; n < 60; n += 1) await move(n);
	return page.evaluate(() => {
		cancelAnimationFrame(globalThis.frame);
		return globalThis.frames_of.slice(1);
	});
}

const spread = (all) => ({
	p50: round(at(all, 0.5)),
	p99: round(at(all, 0.99)),
	frames: all.length,
});

async function longMap(page, workspace) {
	const began = Date.now();
	await page.goto(`/w/${workspace}/maps/long`);
	await page.locator(".react-flow__node").first().waitFor();
	const drawn = Date.now() - began;
	const box = await page.locator(".react-flow").boundingBox();
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	const moved = await frames(page, (n) => page.mouse.wheel(0, n % 20 < 10 ? 240 : -240));
	return {
		drawn_ms: drawn,
		nodes: await page.locator(".react-flow__node").count(),
		...spread(moved),
	};
}

async function longList(page, workspace) {
	const began = Date.now();
	await page.goto(`/w/${workspace}/cases`);
	const table = page.getByRole("table", { name: /^Cases/ });
	await table.getByRole("row").nth(1).waitFor();
	const shown = Date.now() - began;
	await table.hover();
	const moved = await frames(page, () => page.mouse.wheel(0, 1_200));
	return { shown_ms: shown, ...spread(moved) };
}

/** From the moment an entry was stored until its case is on the screen. */
async function latency(page, workspace) {
	await page.goto(`/w/${workspace}/cases`);
	await page
		.getByRole("table", { name: /^Cases/ })
		.getByRole("row")
		.nth(1)
		.waitFor();
	await page.getByText("Live", { exact: true }).waitFor();
	const all = [];
	for (let n = 0; n < CASES; n += 1) {
		const answer = await fetch(`${asked.url}/api/v1/workspaces/${workspace}/cases`, {
			method: "POST",
			headers: {
				Authorization: `Bearer ${asked.token}`,
				"Content-Type": "application/json",
			},
			body: JSON.stringify({ workflow: "short", case: { amount: n } }),
		});
		if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
		const { id } = await answer.json();
		const seen = await page.waitForFunction(
			(id) => document.querySelector(`a[href$="/cases/${id}"]`) && Date.now(),
			id,
			{ polling: "raf" },
		);
		const shown = await seen.jsonValue();
		const stored = await fetch(`${asked.url}/api/v1/workspaces/${workspace}/cases/${id}`, {
			headers: { Authorization: `Bearer ${asked.token}` },
		}).then((answer) => answer.json());
		all.push(shown - Date.parse(stored.opened));
	}
	return { p50: at(all, 0.5), p99: at(all, 0.99), entries: all.length };
}

const empty = await floor();
const first = await cold();
const page = await signedIn();
const workspace = new URL(page.url()).pathname.split("/")[2];
const still = await frames(page, () => page.waitForTimeout(16));
const map = await longMap(page, workspace);
const list = await longList(page, workspace);
const entry = await latency(page, workspace);
await launched.close();
process.stdout.write(
	`${JSON.stringify({
		runs: asked.runs,
		steps: asked.steps,
		empty_page_ms: round(empty),
		cold: {
			...first,
			first_paint_ms: round(first.first_paint_ms),
			ready_ms: round(first.ready_ms),
		},
		paint_of_empty: round(first.first_paint_ms / Math.max(empty, 1)),
		bundle: bundle(),
		still_frame_ms: spread(still),
		map_frame_ms: map,
		list_frame_ms: list,
		record_to_screen_ms: entry,
	})}\n`,
);
