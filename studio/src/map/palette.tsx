import { type DragEvent, useState } from "react";
import { named, say } from "../text";
import { DRAGGED } from "./dragged";
import { KINDS, type StepKind } from "./kinds";
import { Icon } from "./nodes";

/** The kinds of steps: pressed, one is put after the chosen step; dragged, after where it falls. */
export function Palette({
	chosen,
	add,
}: {
	chosen: string | undefined;
	add: (kind: StepKind) => void;
}) {
	const [near, setNear] = useState<StepKind>();
	const drag = (kind: StepKind) => (event: DragEvent) => {
		event.dataTransfer.setData(DRAGGED, kind);
		event.dataTransfer.effectAllowed = "copy";
	};
	const where =
		chosen === undefined ? say("map.palette.end") : say("map.palette.after", { step: chosen });
	return (
		<section className="map-palette" aria-label={say("map.palette")}>
			<ul>
				{KINDS.map((kind) => (
					<li key={kind}>
						<button
							type="button"
							draggable
							aria-label={say("map.palette.add", { kind: named("map.kind", kind) })}
							aria-describedby="map-palette-means"
							onDragStart={drag(kind)}
							onClick={() => add(kind)}
							onFocus={() => setNear(kind)}
							onBlur={() => setNear(undefined)}
							onMouseEnter={() => setNear(kind)}
							onMouseLeave={() => setNear(undefined)}
						>
							<Icon kind={kind} />
							{named("map.kind", kind)}
						</button>
					</li>
				))}
			</ul>
			<p id="map-palette-means" className="soft small">
				{near === undefined ? where : `${named("map.kind.means", near)} ${where}`}
			</p>
		</section>
	);
}
