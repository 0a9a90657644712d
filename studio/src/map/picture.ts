import type { DrawnMap } from "../api/workshop";
import { pieces } from "../parts/inert";
import { named, say } from "../text";
import { iconOf } from "./kinds";
import { type Placed, type Spot, wrapped } from "./layout";
import { spotName } from "./nodes";
import { headOf, LOOKS, type Look, pathOf } from "./path";

/** What is text stays text, and what hides in it or turns it around is named. */
export function escaped(text: string): string {
	return pieces(text)
		.map((piece) => (piece.odd ? `[${piece.text}]` : piece.text))
		.join("")
		.replace(/\p{Surrogate}|[\ufffe\uffff]/gu, "\ufffd")
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;")
		.replaceAll('"', "&quot;")
		.replaceAll("'", "&#39;");
}

/** A picture on paper is light; the colours are those of the light look. */
const COLOURS: Readonly<Record<Look["colour"], string>> = {
	ink: "#17201d",
	good: "#1b6b3a",
	warn: "#8a5300",
	danger: "#b3261e",
	info: "#1d5a96",
	soft: "#55605b",
};

const n = (value: number): string => String(Math.round(value * 10) / 10);

function box({ x, y, width, height }: Spot, more: string): string {
	return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" ${more}/>`;
}

function word(x: number, y: number, text: string, more = ""): string {
	return `<text x="${n(x)}" y="${n(y)}" ${more}>${escaped(text)}</text>`;
}

function spot(map: DrawnMap, one: Spot): string {
	const middle = one.x + one.width / 2;
	const base = one.y + one.height / 2 + 4;
	if (one.kind === "branch") {
		return (
			box(one, 'rx="10" fill="#f6f7f5" stroke="#7b8580" stroke-dasharray="6 4"') +
			word(one.x + 8, one.y + 14, one.name, 'font-size="11" fill="#55605b"')
		);
	}
	if (one.kind !== "step") {
		const text = spotName(one);
		const edge = one.kind === "missing" || one.kind === "stop" ? COLOURS.danger : COLOURS.soft;
		const dash = one.kind === "missing" ? ' stroke-dasharray="4 3"' : "";
		return (
			box(one, `rx="15" fill="#ffffff" stroke="${edge}"${dash}`) +
			word(middle, base, text, 'font-size="12" text-anchor="middle"')
		);
	}
	const step = map.steps.find(({ step }) => step === one.name);
	const kind = step?.kind ?? "";
	const by = [named("map.kind", kind), step?.by ?? ""].filter(Boolean).join(" · ");
	const said = step?.says.join(" ") ?? "";
	return (
		`<g>${said ? `<title>${escaped(said)}</title>` : ""}` +
		box(one, 'rx="10" fill="#ffffff" stroke="#7b8580"') +
		`<path transform="translate(${n(one.x + 10)} ${n(one.y + 19)})" d="${iconOf(kind)}" fill="none" stroke="#0f5c4d" stroke-width="2"/>` +
		word(one.x + 44, one.y + 27, cutTo(one.name, 20), 'font-size="14" font-weight="600"') +
		word(one.x + 44, one.y + 45, cutTo(by, 26), 'font-size="11" fill="#55605b"') +
		"</g>"
	);
}

const cutTo = (text: string, most: number): string => wrapped(text, most, 1)[0] ?? "";

/** A map as a picture that stands alone: no script, no style sheet, nothing that is loaded. */
export function picture(map: DrawnMap, placed: Placed, title: string): string {
	const links = placed.links.map(({ way, points, label }) => {
		const look = LOOKS[way.kind];
		const colour = COLOURS[look.colour];
		const dash = look.dash ? ` stroke-dasharray="${look.dash}"` : "";
		const line = `<path d="${pathOf(points)}" fill="none" stroke="${colour}" stroke-width="${look.wide}"${dash}/><path d="${headOf(points)}" fill="${colour}"/>`;
		if (!label) return line;
		const { x, y, width, height, lines } = label;
		const top = y - height / 2;
		const words = lines
			.map((text, k) => word(x, top + 14 + k * 15, text, 'font-size="11" text-anchor="middle"'))
			.join("");
		return `${line}<g><title>${escaped(way.when)}</title><rect x="${n(x - width / 2)}" y="${n(top)}" width="${n(width)}" height="${n(height)}" rx="4" fill="#ffffff"/>${words}</g>`;
	});
	const frames = placed.spots.filter(({ kind }) => kind === "branch");
	const others = placed.spots.filter(({ kind }) => kind !== "branch");
	const [width, height] = [Math.ceil(placed.width), Math.ceil(placed.height)];
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" fill="#17201d">`,
		`<title>${escaped(title)}</title>`,
		`<rect width="${width}" height="${height}" fill="#ffffff"/>`,
		...frames.map((one) => spot(map, one)),
		...links,
		...others.map((one) => spot(map, one)),
		"</svg>",
	].join("\n");
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;color:#17201d;background:#fff;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid #d9ddd9}
figure{margin:1rem 0;overflow:auto;border:1px solid #d9ddd9;border-radius:10px}pre{white-space:pre-wrap;background:#eef0ed;padding:1rem;border-radius:10px}`;

/** One file that shows a map to whoever has no way in here: nothing in it runs or is loaded. */
export function sheet(map: DrawnMap, placed: Placed, title: string, when: string): string {
	const rows = map.steps.map(({ step, kind, by, says }, k) => {
		const ways = map.ways.filter(({ from }) => from === step);
		const to = ways.map((way) => {
			const target = way.to ?? named("map.spot", way.kind === "stop" ? "stop" : "end");
			return `${escaped(target)}${way.when ? ` (${escaped(way.when)})` : ""}`;
		});
		return `<tr><td>${k + 1}</td><th scope="row">${escaped(step)}</th><td>${escaped(named("map.kind", kind))}</td><td>${escaped(by)}</td><td>${escaped(says.join(" "))}</td><td>${to.join("<br>")}</td></tr>`;
	});
	const heads = [
		"#",
		say("map.step"),
		say("map.column.kind"),
		say("map.column.by"),
		say("map.column.does"),
		say("map.column.to"),
	];
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(say("map.export.made", { when }))}</p>
${map.says.map((text) => `<p>${escaped(text)}</p>`).join("\n")}
<figure>
${picture(map, placed, title)}
</figure>
<h2>${escaped(say("map.view.list"))}</h2>
<table>
<thead><tr>${heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
<h2>${escaped(say("map.text"))}</h2>
<pre>${escaped(map.text)}</pre>
</body>
</html>
`;
}
