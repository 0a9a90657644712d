import type { WayKind } from "../api/workshop";
import type { Point } from "./layout";

const n = (value: number): string => String(Math.round(value * 10) / 10);
const at = ({ x, y }: Point): string => `${n(x)} ${n(y)}`;

/** How far from a corner a line begins to turn. */
const TURN = 22;

/** A line through corners, rounded at each: the words on it stand at one of them. */
export function pathOf(points: readonly Point[]): string {
	const [first, ...rest] = points;
	const last = rest.at(-1);
	if (!first || !last) return "";
	const parts = [`M${at(first)}`];
	let before = first;
	rest.slice(0, -1).forEach((corner, k) => {
		const next = rest[k + 1] ?? last;
		parts.push(`L${at(near(corner, before))}Q${at(corner)} ${at(near(corner, next))}`);
		before = corner;
	});
	parts.push(`L${at(last)}`);
	return parts.join("");
}

/** The point near a corner on the way to another point, at most half of the way. */
function near(corner: Point, other: Point): Point {
	const far = Math.hypot(other.x - corner.x, other.y - corner.y);
	const part = far === 0 ? 0 : Math.min(TURN / far, 0.5);
	return { x: corner.x + (other.x - corner.x) * part, y: corner.y + (other.y - corner.y) * part };
}

/** The head of an arrow where a line ends. */
export function headOf(points: readonly Point[], size = 8): string {
	const tip = points.at(-1);
	const before = points.at(-2);
	if (!tip || !before) return "";
	const along = Math.atan2(tip.y - before.y, tip.x - before.x);
	const side = (turn: number) => ({
		x: tip.x - size * Math.cos(along + turn),
		y: tip.y - size * Math.sin(along + turn),
	});
	return `M${at(tip)}L${at(side(0.45))}L${at(side(-0.45))}Z`;
}

/** How lines look by what makes a case go that way: never told apart by colour alone. */
export interface Look {
	colour: "ink" | "good" | "warn" | "danger" | "info" | "soft";
	dash: string;
	wide: number;
}

export const LOOKS: Readonly<Record<WayKind, Look>> = {
	start: { colour: "ink", dash: "", wide: 2.5 },
	next: { colour: "ink", dash: "", wide: 1.8 },
	branch: { colour: "ink", dash: "", wide: 3 },
	row: { colour: "info", dash: "", wide: 1.8 },
	otherwise: { colour: "info", dash: "10 4", wide: 1.8 },
	approved: { colour: "good", dash: "", wide: 2.2 },
	rejected: { colour: "danger", dash: "6 4", wide: 1.8 },
	late: { colour: "warn", dash: "2 4", wide: 2.2 },
	failure: { colour: "danger", dash: "2 3", wide: 1.8 },
	exception: { colour: "warn", dash: "8 3 2 3", wide: 1.8 },
	stop: { colour: "danger", dash: "4 3 1 3", wide: 1.8 },
};

export const WAY_KINDS = Object.keys(LOOKS) as WayKind[];
