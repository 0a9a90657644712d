// Has a browser check a pack with the page that `flightdeck evidence page` writes: a sound one, and
// the same with single bits changed. The page may ask nobody for anything.
import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const launched = await chromium.launch({ executablePath: asked.chromium, args: ["--no-sandbox"] });
const page = await launched.newPage();
const wrong = [];
page.on("console", (message) => wrong.push(message.text()));
page.on("pageerror", (error) => wrong.push(String(error)));
page.on("request", (request) => {
	if (!request.url().startsWith("file:")) wrong.push(request.url());
});

/** What the page says of a file. */
async function told(file) {
	await page.goto(pathToFileURL(asked.page).href);
	await page.getByLabel(/key of the installation/).fill(asked.key);
	await page.getByLabel("The pack").setInputFiles(file);
	const found = page.locator("#found:not([data-state=''])[data-state]");
	await found.waitFor();
	return [await found.getAttribute("data-state"), await found.textContent()];
}

const [state, text] = await told(asked.pack);
assert.equal(state, "sound", text);
assert.match(text, /the one that you named/);
const bytes = readFileSync(asked.pack);
const changed = `${asked.pack}.changed`;
const step = Math.floor(bytes.length / asked.flips);
for (let n = 0; n < asked.flips; n++) {
	const other = Buffer.from(bytes);
	other[n * step + (n % step)] ^= 1 << (n % 8);
	writeFileSync(changed, other);
	const [state, text] = await told(changed);
	assert.equal(state, "refused", `byte ${n * step + (n % step)}: ${text}`);
}
assert.deepEqual(wrong, []);
await launched.close();
process.stdout.write(`${JSON.stringify({ sound: 1, flips: asked.flips, noticed: asked.flips })}\n`);
