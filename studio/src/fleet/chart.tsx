import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useDark } from "../shell/theme";
import { language, say } from "../text";
import type { Drawn } from "./figures";

const HEIGHT = 190;

/** Draws the minutes. A picture says nothing to who cannot see it, so the sums stand beside it. */
export function Chart({ of, summary }: { of: Drawn; summary: string }) {
	const box = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot>(undefined);
	const data = useRef(of);
	const dark = useDark();
	data.current = of;
	// biome-ignore lint/correctness/useExhaustiveDependencies: other colours are another picture.
	useEffect(() => {
		const at = box.current;
		if (!at) return;
		const drawn = new uPlot(options(at), rows(data.current), at);
		plot.current = drawn;
		const sized = new ResizeObserver(() =>
			drawn.setSize({ width: at.clientWidth, height: HEIGHT }),
		);
		sized.observe(at);
		return () => {
			sized.disconnect();
			drawn.destroy();
		};
	}, [dark]);
	useEffect(() => plot.current?.setData(rows(of)), [of]);
	return (
		<figure className="fleet-chart">
			<div ref={box} role="img" aria-label={summary} />
			<figcaption>
				<span className="fleet-key begun">{say("fleet.chart.begun")}</span>
				<span className="fleet-key ended">{say("fleet.chart.ended")}</span>
				<span className="soft">{summary}</span>
			</figcaption>
		</figure>
	);
}

const rows = ({ at, begun, ended }: Drawn): uPlot.AlignedData => [at, begun, ended];

function options(at: HTMLElement): uPlot.Options {
	const style = getComputedStyle(at);
	const colour = (name: string) => resolved(at, style.getPropertyValue(name));
	const axis = {
		stroke: colour("--soft"),
		grid: { stroke: colour("--line"), width: 1 },
		ticks: { show: false },
		font: "12px system-ui, sans-serif",
	};
	const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
	const bars = (align: 1 | -1) => uPlot.paths.bars?.({ size: [0.45, 10], align, radius: 0.2 });
	return {
		width: at.clientWidth,
		height: HEIGHT,
		legend: { show: false },
		cursor: { show: false },
		// Half a minute on either side, so that the first and the last bar are whole.
		scales: {
			x: { range: (_, from, to) => [from - 60, to + 60] },
			y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] },
		},
		axes: [
			{ ...axis, values: (_, times) => times.map((time) => clock.format(time * 1_000)) },
			{ ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] },
		],
		series: [{}, series(colour("--brand"), bars(-1)), series(colour("--warn"), bars(1))],
	};
}

function series(fill: string, paths: uPlot.Series.PathBuilder | undefined): uPlot.Series {
	return { fill, width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
}

/** A canvas knows no `light-dark()`; an element does. */
function resolved(at: HTMLElement, value: string): string {
	const probe = document.createElement("span");
	probe.style.color = value;
	at.append(probe);
	const colour = getComputedStyle(probe).color;
	probe.remove();
	return colour;
}
