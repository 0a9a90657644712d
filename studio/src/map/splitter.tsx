import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { say } from "../text";

const LEAST = 25;
const MOST = 80;
const STEP = 5;

/** Two rooms beside each other, with a line between them that can be moved. */
export function Split({ left, right }: { left: ReactNode; right: ReactNode }) {
	const [share, setShare] = useState(58);
	const box = useRef<HTMLDivElement>(null);
	const put = (next: number) => setShare(Math.min(MOST, Math.max(LEAST, Math.round(next))));
	const moved = (event: PointerEvent) => {
		const at = box.current?.getBoundingClientRect();
		if (!at || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
		put(((event.clientX - at.left) / at.width) * 100);
	};
	const pressed = (event: KeyboardEvent) => {
		const to: Record<string, number> = {
			ArrowLeft: share - STEP,
			ArrowRight: share + STEP,
			Home: LEAST,
			End: MOST,
		};
		const next = to[event.key];
		if (next === undefined) return;
		event.preventDefault();
		put(next);
	};
	const columns = `minmax(0, ${share}fr) 1.5rem minmax(0, ${100 - share}fr)`;
	return (
		<div className="map-split" ref={box} style={{ gridTemplateColumns: columns }}>
			{left}
			{/* biome-ignore lint/a11y/useSemanticElements: a line that is moved is no rule of a text. */}
			<div
				className="map-splitter"
				role="separator"
				tabIndex={0}
				aria-orientation="vertical"
				aria-label={say("map.split")}
				aria-valuenow={share}
				aria-valuemin={LEAST}
				aria-valuemax={MOST}
				onKeyDown={pressed}
				onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
				onPointerMove={moved}
			/>
			{right}
		</div>
	);
}
