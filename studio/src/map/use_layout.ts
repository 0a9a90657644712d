import { useEffect, useMemo, useRef, useState } from "react";
import type { DrawnMap } from "../api/workshop";
import { type Direction, outlineOf, type Placed } from "./layout";

/** The places of a map; the last ones stay until those of a changed map are found. */
export function useLayout(map: DrawnMap | undefined, direction: Direction): Placed | undefined {
	const [placed, setPlaced] = useState<Placed>();
	const worker = useRef<Worker>(undefined);
	const asked = useRef(0);
	const outline = useMemo(() => map && outlineOf(map, direction), [map, direction]);
	const shape = useMemo(() => JSON.stringify(outline), [outline]);
	const drawn = useRef("");
	useEffect(() => {
		const own = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
		own.addEventListener("message", ({ data }: MessageEvent<{ id: number; placed: Placed }>) => {
			if (data.id === asked.current) setPlaced(data.placed);
		});
		worker.current = own;
		return () => {
			drawn.current = "";
			own.terminate();
		};
	}, []);
	useEffect(() => {
		if (!outline || shape === drawn.current) return;
		drawn.current = shape;
		asked.current += 1;
		worker.current?.postMessage({ id: asked.current, outline });
	}, [outline, shape]);
	return placed;
}
