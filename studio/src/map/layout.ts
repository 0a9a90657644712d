import { Graph, layout } from "@dagrejs/dagre";
import type { DrawnMap, Way } from "../api/workshop";

/** A place on the canvas: the middle of something, or a corner of a line. */
export interface Point {
	x: number;
	y: number;
}

export type SpotKind = "step" | "start" | "end" | "stop" | "any" | "missing" | "branch";

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
/** From so many steps on a quicker order is good enough. */
const MANY = 120;

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

const branchId = (parallel: string, branch: string) => `branch ${parallel} ${branch}`;
const stepId = (step: string) => `step ${step}`;

/**
 * Where everything stands. It follows from the map alone: nobody places anything, so two people see
 * the same, and a difference between two maps is one of meaning.
 */
export function place(outline: Outline): Placed {
	const graph = new Graph({ multigraph: true, compound: true });
	graph.setGraph({
		rankdir: outline.direction === "down" ? "TB" : "LR",
		ranker: outline.steps.length > MANY ? "tight-tree" : "network-simplex",
		nodesep: 28,
		ranksep: 40,
		edgesep: 16,
		marginx: 16,
		marginy: 16,
	});
	const kinds = new Map<string, { kind: SpotKind; name: string }>();
	const add = (
		id: string,
		kind: SpotKind,
		name: string,
		size: { width: number; height: number },
	) => {
		if (kinds.has(id)) return id;
		kinds.set(id, { kind, name });
		graph.setNode(id, { ...size });
		return id;
	};
	const known = new Set(outline.steps.map(({ step }) => step));
	for (const { step, inside } of outline.steps) {
		add(stepId(step), "step", step, STEP);
		if (!inside) continue;
		const branch = branchId(inside.parallel, inside.branch);
		add(branch, "branch", inside.branch, { width: 0, height: 0 });
		graph.setParent(stepId(step), branch);
	}
	const target = (name: string): string => {
		if (known.has(name)) return stepId(name);
		return add(`missing ${name}`, "missing", name, { ...SMALL, width: STEP.width });
	};
	outline.ways.forEach((way, n) => {
		// Ends are drawn beside where they are reached: lines to a common one would cross everything.
		const from = way.from
			? target(way.from)
			: add(
					way.kind === "start" ? "start" : `any ${way.to}`,
					way.kind === "start" ? "start" : "any",
					"",
					SMALL,
				);
		const ends = way.kind === "stop" ? "stop" : "end";
		const to = way.to ? target(way.to) : add(`${ends} ${way.from}`, ends, "", SMALL);
		const parent = graph.parent(from);
		if (!way.to && typeof parent === "string") graph.setParent(to, parent);
		const lines = wrapped(way.when);
		const width = Math.max(0, ...lines.map((line) => line.length)) * CHAR + 12;
		const label =
			lines.length === 0 ? {} : { width, height: lines.length * LINE + 6, labelpos: "c" };
		// A way that goes on weighs more, so that what happens mostly is a straight line.
		const weight = way.kind === "next" || way.kind === "approved" || way.kind === "start" ? 3 : 1;
		graph.setEdge(from, to, { ...label, weight, minlen: 1 }, `way ${n}`);
	});
	layout(graph);
	return read(graph, outline.ways, kinds);
}

interface Seen extends Point {
	width?: number;
	height?: number;
	points?: Point[];
}

function read(
	graph: Graph,
	ways: readonly Way[],
	kinds: ReadonlyMap<string, { kind: SpotKind; name: string }>,
): Placed {
	const spots: Spot[] = [];
	for (const [id, { kind, name }] of kinds) {
		const { x, y, width = 0, height = 0 } = graph.node(id) as Seen;
		spots.push({ id, kind, name, x: x - width / 2, y: y - height / 2, width, height });
	}
	// Frames stand behind what is in them.
	spots.sort((a, b) => Number(b.kind === "branch") - Number(a.kind === "branch"));
	const links: Link[] = [];
	for (const edge of graph.edges()) {
		const n = Number(String(edge.name).slice("way ".length));
		const way = ways[n];
		if (!way) continue;
		const { x, y, points = [], width = 0, height = 0 } = graph.edge(edge) as Seen;
		const lines = wrapped(way.when);
		const label =
			lines.length > 0 && Number.isFinite(x) ? { x, y, lines, width, height } : undefined;
		links.push({ id: `way ${n}`, way, points, ...(label ? { label } : {}) });
	}
	const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
	return { spots, links, width, height };
}
