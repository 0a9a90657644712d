import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA and what it stands on. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** A browser whose every page is watched: no error, no request to anybody else. */
export async function browser({ chromium: executablePath, url, pictures }) {
	const launched = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
	const found = { errors: [], elsewhere: [], pages: 0, violations: 0 };

	async function open(options) {
		const context = await launched.newContext({ baseURL: url, ...options });
		const page = await context.newPage();
		page.setDefaultTimeout(30_000);
		// What is expected to be refused is taken off again by whoever expects it.
		page.on("console", (message) => {
			if (["error", "warning"].includes(message.type())) {
				found.errors.push(`${message.text()} (${message.location().url})`);
			}
		});
		page.on("pageerror", (error) => found.errors.push(String(error)));
		page.on("dialog", (dialog) => found.errors.push(`a dialog: ${dialog.message()}`));
		page.on("request", (request) => {
			const ours = request.url().startsWith(`${url}/`) || request.url().startsWith("data:");
			if (!ours) found.elsewhere.push(request.url());
		});
		return page;
	}

	/** Pictures of a page in light and dark, and what axe says of both. */
	async function look(page, name) {
		await page.evaluate(() => document.fonts.ready);
		for (const scheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme: scheme });
			await page.screenshot({ path: `${pictures}/${name}-${scheme}.png` });
			// The policy of the server lets no page add a script; a debugger may.
			await page.evaluate(AXE);
			const { violations } = await page.evaluate(
				(values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }),
				RULES,
			);
			for (const { id, help, nodes } of violations) {
				found.violations += nodes.length;
				const where = nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`);
				found.errors.push(`axe: ${name} in ${scheme}: ${id}: ${help}: ${where.join("; ")}`);
			}
		}
		const wider = await page.evaluate(
			() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
		);
		assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the screen`);
		await page.emulateMedia({ colorScheme: "light" });
		found.pages += 1;
	}

	/** Pictures of every page that is open, for whoever looks why a walk ended. */
	async function seen() {
		const pages = launched.contexts().flatMap((context) => context.pages());
		for (const [n, page] of pages.entries()) {
			await page.screenshot({ path: `${pictures}/ended-${n}.png` });
		}
	}

	return { open, look, seen, found, close: () => launched.close() };
}
