import { Graph, layout } from "@dagrejs/dagre";
import type { DrawnMap, Way } from "../api/workshop";
import { type Block, blocksOf } from "./blocks";

/** A place on the canvas: the middle of something, or a corner of a line. */
export interface Point {
	x: number;
	y: number;
}

export type SpotKind = "step" | "start" | "end" | "stop" | "any" | "missing" | "branch" | "jump";

/** Something that is drawn, by its upper left corner. */
export interface Spot extends Point {
	id: string;
	kind: SpotKind;
	/** The name of the step, of the branch, or of the step that there is not. */
	name: string;
	width: number;
	height: number;
}

/** A way as a line from spot to spot, with the words on it. */
export interface Link {
	id: string;
	way: Way;
	points: Point[];
	label?: Point & { lines: string[]; width: number; height: number };
}

export interface Placed {
	direction: Direction;
	spots: Spot[];
	links: Link[];
	width: number;
	height: number;
}

export type Direction = "down" | "right";

/** What places depend on, and nothing else: other words in a step move nothing. */
export interface Outline {
	direction: Direction;
	steps: { step: string; inside?: { parallel: string; branch: string } | null }[];
	ways: Way[];
}

export const STEP = { width: 208, height: 62 };
const SMALL = { width: 84, height: 30 };
const CHAR = 6.3;
const LINE = 15;
const WIDEST = 26;
const MOST_LINES = 3;
/** How far blocks stand apart. */
const GAP = 40;

export function outlineOf(map: DrawnMap, direction: Direction): Outline {
	const steps = map.steps.map(({ step, inside }) => ({ step, inside: inside ?? null }));
	return { direction, steps, ways: map.ways };
}

/** Words on a line, in lines of at most so many characters; what is too long is cut. */
export function wrapped(text: string, widest = WIDEST, most = MOST_LINES): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(/\s+/).filter(Boolean)) {
		const longer = line === "" ? word : `${line} ${word}`;
		if (longer.length <= widest) {
			line = longer;
			continue;
		}
		if (line !== "") lines.push(line);
		line = word.length > widest ? `${[...word].slice(0, widest - 1).join("")}…` : word;
	}
	if (line !== "") lines.push(line);
	if (lines.length <= most) return lines;
	const last = lines[most - 1] ?? "";
	return [...lines.slice(0, most - 1), `${last.slice(0, widest - 1)}…`];
}

/** The words on a line. Names need no marks around them there. */
const linesOn = ({ when }: Way): string[] => wrapped(when.replaceAll("`", ""));

const branchId = (parallel: string, branch: string) => `branch ${parallel} ${branch}`;
const stepId = (step: string) => `step ${step}`;

/**
 * Where everything stands. It follows from the map alone: nobody places anything, so two people see
 * the same, and a difference between two maps is one of meaning.
 */
export function place(outline: Outline): Placed {
	const { direction } = outline;
	const all = blocksOf(outline).map((block) => placeBlock(block, outline));
	return stacked(all, direction);
}

/** A block with its own places, and where ways leave it for the next one. */
interface PlacedBlock {
	spots: Spot[];
	links: Link[];
	leaving: { link: Link; out: Point }[];
	width: number;
	height: number;
}

interface Seen extends Point {
	width?: number;
	height?: number;
	points?: Point[];
}

const SINK = "sink";

function placeBlock(block: Block, { direction, steps }: Outline): PlacedBlock {
	const graph = new Graph({ multigraph: true, compound: block.steps.some(({ inside }) => inside) });
	graph.setGraph({
		rankdir: direction === "down" ? "TB" : "LR",
		nodesep: 28,
		ranksep: 40,
		edgesep: 16,
		marginx: 16,
		marginy: 16,
	});
	const kinds = new Map<string, { kind: SpotKind; name: string }>();
	const add = (id: string, kind: SpotKind, name: string, size = SMALL) => {
		if (kinds.has(id)) return id;
		kinds.set(id, { kind, name });
		graph.setNode(id, { ...size });
		return id;
	};
	const known = new Set(steps.map(({ step }) => step));
	for (const { step, inside } of block.steps) {
		add(stepId(step), "step", step, STEP);
		if (!inside) continue;
		const branch = branchId(inside.parallel, inside.branch);
		add(branch, "branch", inside.branch, { width: 0, height: 0 });
		graph.setParent(stepId(step), branch);
	}
	const leaving = new Map<number, string>();
	for (const { n, way, drawn } of block.ways) {
		const label = labelOf(way);
		const from = sourceOf(way, known, add);
		const to = targetOf(n, way, drawn === "jump", known, add);
		const parent = block.steps.some(({ inside }) => inside) ? graph.parent(from) : undefined;
		if (!way.to && typeof parent === "string") graph.setParent(to, parent);
		// A way that goes on weighs more, so that what happens mostly is a straight line.
		const weight = way.kind === "next" || way.kind === "approved" || way.kind === "start" ? 3 : 1;
		if (drawn !== "through") {
			graph.setEdge(from, to, { ...label, weight, minlen: 1 }, `way ${n}`);
			continue;
		}
		// Where it leaves is at the end of the block, whatever stands between.
		const out = `out ${n}`;
		leaving.set(n, out);
		if (leaving.size === 1) graph.setNode(SINK, { width: 0, height: 0 });
		graph.setNode(out, { width: label.width ?? 1, height: 1 });
		graph.setEdge(from, out, { ...label, weight, minlen: 1 }, `way ${n}`);
		graph.setEdge(out, SINK, { weight: 8, minlen: 1 }, out);
	}
	layout(graph);
	return read(graph, block, kinds, leaving);
}

type Add = (id: string, kind: SpotKind, name: string, size?: typeof SMALL) => string;

function sourceOf(way: Way, known: ReadonlySet<string>, add: Add): string {
	if (way.from) return named(way.from, known, add);
	return way.kind === "start" ? add("start", "start", "") : add(`any ${way.to}`, "any", "");
}

/** Ends are drawn beside where they are reached: lines to a common one would cross everything. */
function targetOf(
	n: number,
	way: Way,
	jumps: boolean,
	known: ReadonlySet<string>,
	add: Add,
): string {
	if (way.to && jumps) return add(`jump ${n}`, "jump", way.to, { ...SMALL, width: STEP.width });
	if (way.to) return named(way.to, known, add);
	const ends = way.kind === "stop" ? "stop" : "end";
	return add(`${ends} ${way.from}`, ends, "");
}

function named(name: string, known: ReadonlySet<string>, add: Add): string {
	if (known.has(name)) return stepId(name);
	return add(`missing ${name}`, "missing", name, { ...SMALL, width: STEP.width });
}

function labelOf(way: Way): { width?: number; height?: number; labelpos?: string } {
	const lines = linesOn(way);
	if (lines.length === 0) return {};
	const width = Math.max(...lines.map((line) => line.length)) * CHAR + 12;
	return { width, height: lines.length * LINE + 6, labelpos: "c" };
}

function read(
	graph: Graph,
	block: Block,
	kinds: ReadonlyMap<string, { kind: SpotKind; name: string }>,
	leaving: ReadonlyMap<number, string>,
): PlacedBlock {
	const spots: Spot[] = [];
	for (const [id, { kind, name }] of kinds) {
		const { x, y, width = 0, height = 0 } = graph.node(id) as Seen;
		spots.push({ id, kind, name, x: x - width / 2, y: y - height / 2, width, height });
	}
	const ways = new Map(block.ways.map(({ n, way }) => [`way ${n}`, { n, way }]));
	const links: Link[] = [];
	const out: PlacedBlock["leaving"] = [];
	for (const edge of graph.edges()) {
		const found = ways.get(String(edge.name));
		if (!found) continue;
		const { n, way } = found;
		const { x, y, points = [], width = 0, height = 0 } = graph.edge(edge) as Seen;
		const lines = linesOn(way);
		const label =
			lines.length > 0 && Number.isFinite(x) ? { x, y, lines, width, height } : undefined;
		const link = { id: `way ${n}`, way, points, ...(label ? { label } : {}) };
		links.push(link);
		const port = leaving.get(n);
		if (port !== undefined) out.push({ link, out: graph.node(port) as Seen });
	}
	const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
	return { spots, links, leaving: out, width, height };
}

/** Blocks one after the other. */
function stacked(blocks: readonly PlacedBlock[], direction: Direction): Placed {
	const down = direction === "down";
	const spots: Spot[] = [];
	const links: Link[] = [];
	let along = 0;
	let waiting: Link[] = [];
	let spine: number | undefined;
	for (const block of blocks) {
		const first = block.spots.find(({ kind }) => kind === "step");
		const middle = first && (down ? first.x + first.width / 2 : first.y + first.height / 2);
		// All begin on one line, so that whoever reads on need not look for it.
		spine ??= middle;
		const across = (spine ?? 0) - (middle ?? spine ?? 0);
		const [dx, dy] = down ? [across, along] : [along, across];
		const moved = <P extends Point>(point: P): P => ({
			...point,
			x: point.x + dx,
			y: point.y + dy,
		});
		for (const link of waiting) {
			if (!first) continue;
			const tip = down
				? { x: first.x + first.width / 2, y: first.y }
				: { x: first.x, y: first.y + first.height / 2 };
			link.points.push(moved(tip));
		}
		waiting = [];
		spots.push(...block.spots.map(moved));
		for (const { link, out } of block.leaving) {
			link.points = link.points.slice(0, -1);
			link.points.push({ x: out.x, y: out.y });
			waiting.push(link);
		}
		for (const link of block.links) {
			link.points = link.points.map(moved);
			if (link.label) link.label = moved(link.label);
			links.push(link);
		}
		along += (down ? block.height : block.width) + GAP;
	}
	return { direction, ...fitted(spots, links) };
}

/** Everything from the corner on, frames behind what is in them. */
function fitted(spots: Spot[], links: Link[]): Omit<Placed, "direction"> {
	const least = (key: "x" | "y") => Math.min(0, ...spots.map((spot) => spot[key] - 16));
	const [dx, dy] = [-least("x"), -least("y")];
	const moved = <P extends Point>(point: P): P => ({ ...point, x: point.x + dx, y: point.y + dy });
	const placed = spots
		.map(moved)
		.sort((a, b) => Number(b.kind === "branch") - Number(a.kind === "branch"));
	const lines = links.map((link) => ({
		...link,
		points: link.points.map(moved),
		...(link.label ? { label: moved(link.label) } : {}),
	}));
	const edges = lines.flatMap(({ points, label }) => [
		...points,
		...(label ? [{ x: label.x + label.width / 2, y: label.y + label.height / 2 }] : []),
	]);
	const most = (key: "x" | "y", size: "width" | "height") =>
		[...placed.map((spot) => spot[key] + spot[size]), ...edges.map((point) => point[key])].reduce(
			(a, b) => Math.max(a, b),
			0,
		) + 16;
	return { spots: placed, links: lines, width: most("x", "width"), height: most("y", "height") };
}
