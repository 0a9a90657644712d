import { memo } from "react";
import type { Way } from "../api/workshop";
import { named, say } from "../text";
import { headOf, LOOKS, WAY_KINDS } from "./path";

const POINTS = [
	{ x: 2, y: 8 },
	{ x: 40, y: 8 },
];

/** Which line means what, of those that are on the map. */
export const Legend = memo(({ ways }: { ways: readonly Way[] }) => {
	const there = WAY_KINDS.filter((kind) => ways.some((way) => way.kind === kind));
	return (
		<details className="map-legend">
			<summary>{say("map.legend")}</summary>
			<ul>
				{there.map((kind) => {
					const { colour, dash, wide } = LOOKS[kind];
					return (
						<li key={kind}>
							<svg className={`map-link ${colour}`} viewBox="0 0 42 16" aria-hidden="true">
								<path d="M2 8H38" strokeWidth={wide} strokeDasharray={dash} fill="none" />
								<path className="map-head" d={headOf(POINTS, 9)} />
							</svg>
							{named("map.way", kind)}
						</li>
					);
				})}
			</ul>
		</details>
	);
});
