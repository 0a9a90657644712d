// A workspace that was only just made: every page says what would be here, why there is nothing, and
// the one thing to do next. A part of the walk, with an installation of its own.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { browser } from "./browser.mjs";

/** What each page says, and the button or the command that leads on. */
const PAGES = [
	["", "No case in this time", "Start a case"],
	["cases", "No case yet", "Start a case"],
	["reviews", "Nothing waits for a person", "See where a person is asked"],
	["releases", "expenses", "Deploy"],
	["policies", "No case of a policy is written down", "flightdeck explain policy_cases"],
	["vendors", "The work depends on nobody", "flightdeck model add"],
	["people", "No token was made yet", "Make the first token"],
];
/** The same where nothing at all is written down. */
const BARE = [
	["maps", "No workflow is written down yet", "New map"],
	["releases", "No workflow here", "Write down a map"],
	["tools", "No tool server of your own is named", "flightdeck mcp find"],
	["instructions", "There are no instructions", "AGENTS.md"],
];

export function fresh({ asked, flightdeck, password }) {
	const root = join(asked.desk, "..", "fresh");

	/** The installation of a folder, and the link of whoever owns it. */
	async function up() {
		const args = ["up", "--listen", "127.0.0.1:0", "--json"];
		const child = spawn(asked.flightdeck, args, {
			cwd: root,
			stdio: ["ignore", "pipe", "inherit"],
		});
		const lines = createInterface({ input: child.stdout });
		const [said] = await new Promise((heard) => {
			lines.once("line", (line) => heard([line]));
			child.once("exit", () => heard(["{}"]));
		});
		const { url, link } = JSON.parse(said);
		assert.ok(url && link, "`flightdeck up` gave no link");
		return { url, link, end: () => child.kill() };
	}

	async function pages(page, look, all, name) {
		for (const [n, [path, says, next]] of all.entries()) {
			await page.goto(`/w/fresh/${path}`);
			await page.getByRole("heading", { name: says }).first().waitFor();
			const way = page.locator(".empty, .panel").getByText(next, { exact: false });
			await way.first().waitFor();
			await look(page, `${name}-${n}-${path || "fleet"}`);
		}
	}

	return async () => {
		rmSync(root, { recursive: true, force: true });
		flightdeck("new", root);
		const one = await up();
		const { open, look, found, close } = await browser({ ...asked, url: one.url });
		try {
			const page = await open({ viewport: { width: 1360, height: 900 } });
			await page.goto(one.link.replace(one.url, ""));
			await page.getByLabel("New password").fill(password);
			await page.getByLabel("The same again").fill(password);
			await page.getByRole("button", { name: "Set it and sign in" }).click();
			await page.getByRole("heading", { name: "Fleet" }).waitFor();
			// Whoever is offered the tour may say no once for all.
			await page.getByRole("button", { name: "Not now" }).click();
			await pages(page, look, PAGES, "80-fresh");
			for (const gone of ["workflows", "agents", "AGENTS.md", ".mcp.json", "mcp.lock", "cases"]) {
				rmSync(join(root, gone), { recursive: true, force: true });
			}
			await pages(page, look, BARE, "81-bare");
		} finally {
			await close();
			one.end();
		}
		return found;
	};
}
