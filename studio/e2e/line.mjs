import { connect, createServer } from "node:net";

/** A line to the installation that can be cut and mended, as lines are. */
export async function line(url) {
	const { hostname, port } = new URL(url);
	const open = new Set();
	let whole = true;
	const server = createServer((near) => {
		if (!whole) return near.destroy();
		const far = connect(Number(port), hostname);
		for (const [one, other] of [
			[near, far],
			[far, near],
		]) {
			open.add(one);
			one.on("error", () => other.destroy());
			one.on("close", () => {
				open.delete(one);
				other.destroy();
			});
			one.pipe(other);
		}
	});
	await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		cut() {
			whole = false;
			for (const one of open) one.destroy();
		},
		mend() {
			whole = true;
		},
		close() {
			this.cut();
			server.close();
		},
	};
}
