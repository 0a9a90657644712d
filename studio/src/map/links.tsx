import { memo } from "react";
import { pieces } from "../parts/inert";
import type { Link, Placed } from "./layout";
import { headOf, LOOKS, pathOf } from "./path";

/** A text in a picture, in which nothing is unseen. */
const shown = (text: string): string =>
	pieces(text)
		.map((piece) => (piece.odd ? `[${piece.text}]` : piece.text))
		.join("");

const Line = memo(({ link, near }: { link: Link; near: boolean }) => {
	const { way, points, label } = link;
	const look = LOOKS[way.kind];
	return (
		<g className={`map-link ${look.colour}${near ? " near" : ""}`} data-kind={way.kind}>
			<path d={pathOf(points)} strokeWidth={look.wide} strokeDasharray={look.dash} fill="none" />
			<path className="map-head" d={headOf(points, near ? 11 : 9)} />
			{label && (
				<g className="map-label">
					<title>{shown(way.when)}</title>
					<rect
						x={label.x - label.width / 2}
						y={label.y - label.height / 2}
						width={label.width}
						height={label.height}
						rx={4}
					/>
					{label.lines.map((text, n) => {
						const key = `${n}`;
						return (
							<text
								key={key}
								x={label.x}
								y={label.y - label.height / 2 + 14 + n * 15}
								textAnchor="middle"
							>
								{shown(text)}
							</text>
						);
					})}
				</g>
			)}
		</g>
	);
});

/** What can be seen of a canvas. */
export interface Window {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

function within({ points, label }: Link, { left, top, right, bottom }: Window): boolean {
	let [l, t, r, b] = [Infinity, Infinity, -Infinity, -Infinity];
	for (const { x, y } of points) {
		l = Math.min(l, x);
		r = Math.max(r, x);
		t = Math.min(t, y);
		b = Math.max(b, y);
	}
	const side = label ? label.width / 2 : 0;
	return r + side >= left && l - side <= right && b >= top && t <= bottom;
}

/** The lines of a map, as far as they can be seen. */
export const Links = memo(
	({ placed, window, chosen }: { placed: Placed; window: Window; chosen: string | undefined }) => (
		<svg
			className="map-links"
			width={placed.width}
			height={placed.height}
			viewBox={`0 0 ${placed.width} ${placed.height}`}
			aria-hidden="true"
		>
			{placed.links
				.filter((link) => within(link, window))
				.map((link) => {
					const { from, to } = link.way;
					const near = chosen !== undefined && (from === chosen || to === chosen);
					return <Line key={link.id} link={link} near={near} />;
				})}
		</svg>
	),
);
