import {
	MiniMap,
	ReactFlow,
	ReactFlowProvider,
	useReactFlow,
	useStore,
	ViewportPortal,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type DragEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import type { DrawnMap } from "../api/workshop";
import { Button } from "../parts";
import { say } from "../text";
import { DRAGGED } from "./dragged";
import { KINDS, type StepKind } from "./kinds";
import { type Direction, type Placed, STEP } from "./layout";
import { Legend } from "./legend";
import { Links, type Window } from "./links";
import { type BranchNode, nodeTypes, type OtherNode, type StepNode } from "./nodes";
import { describe, towards } from "./steps";
import { useLayout } from "./use_layout";
import "./canvas.css";

type AnyNode = StepNode | OtherNode | BranchNode;

export interface CanvasProps {
	map: DrawnMap;
	chosen: string | undefined;
	direction: Direction;
	/** A step that is to stand out. */
	lit?: string | undefined;
	onChoose: (step: string | undefined) => void;
	onOpen?: (step: string) => void;
	onDirection?: (direction: Direction) => void;
	onDrop?: (kind: StepKind, after: string | undefined) => void;
	onPlaced?: (placed: Placed) => void;
}

export function Canvas(props: CanvasProps) {
	const placed = useLayout(props.map, props.direction);
	const { onPlaced } = props;
	useEffect(() => {
		if (placed) onPlaced?.(placed);
	}, [placed, onPlaced]);
	return (
		<ReactFlowProvider>
			<div className="map-canvas">{placed && <Drawing {...props} placed={placed} />}</div>
		</ReactFlowProvider>
	);
}

/** All of a map, beside what stands over the canvas. */
const WHOLE = {
	maxZoom: 1,
	padding: { top: "52px", right: "16px", bottom: "52px", left: "16px" },
} as const;

const MINI = { width: 132, height: 92 };

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const moving = () => (still() ? {} : { duration: 200 });

/** The step that something on the canvas is, or names. */
function stepOf(node: AnyNode): string | undefined {
	if (node.type === "step") return node.data.step.step;
	return node.data.spot.kind === "jump" ? node.data.spot.name : undefined;
}

function nodesOf(placed: Placed, map: DrawnMap, lit: string | undefined): AnyNode[] {
	const problems = new Map<string, number>();
	const ordered = [...map.steps].sort((a, b) => a.line - b.line);
	for (const { line, file } of map.problems) {
		if (file !== map.path) continue;
		const step = ordered.findLast((one) => one.line <= line)?.step;
		if (step !== undefined) problems.set(step, (problems.get(step) ?? 0) + 1);
	}
	const steps = new Map(map.steps.map((step) => [step.step, step]));
	const nodes: AnyNode[] = [];
	for (const spot of placed.spots) {
		const common = {
			id: spot.id,
			position: { x: spot.x, y: spot.y },
			width: spot.width,
			height: spot.height,
		};
		const step = spot.kind === "step" ? steps.get(spot.name) : undefined;
		if (step) {
			const data = { step, problems: problems.get(step.step) ?? 0, lit: lit === step.step };
			nodes.push({ ...common, type: "step", data });
		} else if (spot.kind === "branch") {
			nodes.push({ ...common, type: "branch", data: { spot }, zIndex: -1 });
		} else if (spot.kind !== "step") {
			nodes.push({ ...common, type: "spot", data: { spot } });
		}
	}
	return nodes;
}

/** What can be seen, in steps of 400 pixels, so that it changes seldom. */
function useWindow(): Window {
	const seen = useStore(({ transform: [x, y, zoom], width, height }) => {
		const round = (value: number) => Math.round(value / 400) * 400;
		const left = round(-x / zoom) - 400;
		const top = round(-y / zoom) - 400;
		return `${left} ${top} ${left + round(width / zoom) + 1200} ${top + round(height / zoom) + 1200}`;
	});
	return useMemo(() => {
		const [left = 0, top = 0, right = 0, bottom = 0] = seen.split(" ").map(Number);
		return { left, top, right, bottom };
	}, [seen]);
}

function Drawing({
	map,
	placed,
	chosen,
	direction,
	lit,
	onChoose,
	onOpen,
	onDirection,
	onDrop,
}: CanvasProps & { placed: Placed }) {
	const flow = useReactFlow();
	const window = useWindow();
	const drawn = useMemo(() => nodesOf(placed, map, lit), [placed, map, lit]);
	const nodes = useMemo(
		() =>
			drawn.map((node) =>
				node.type === "step" && node.data.step.step === chosen ? { ...node, selected: true } : node,
			),
		[drawn, chosen],
	);
	useShown(placed, chosen);
	const [over, setOver] = useState(false);

	const pressed = (event: KeyboardEvent) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const zooms: Record<string, () => unknown> = {
			"+": () => flow.zoomIn(moving()),
			"-": () => flow.zoomOut(moving()),
			"0": () => flow.fitView({ ...WHOLE, ...moving() }),
		};
		const zoom = zooms[event.key];
		const next = towards(map, chosen, event.key);
		if (zoom) zoom();
		else if (next) onChoose(next);
		else if (event.key === "Enter" && chosen) onOpen?.(chosen);
		else if (event.key === "Escape") onChoose(undefined);
		else return;
		event.preventDefault();
		event.stopPropagation();
	};
	const dragging = (event: DragEvent) => {
		if (!onDrop || !event.dataTransfer.types.includes(DRAGGED)) return;
		event.preventDefault();
		event.dataTransfer.dropEffect = "copy";
		setOver(true);
	};
	const dropped = (event: DragEvent) => {
		setOver(false);
		const kind = KINDS.find((kind) => kind === event.dataTransfer.getData(DRAGGED));
		if (!kind || !onDrop) return;
		event.preventDefault();
		onDrop(
			kind,
			nearest(placed, flow.screenToFlowPosition({ x: event.clientX, y: event.clientY })),
		);
	};
	return (
		<>
			<ReactFlow<AnyNode>
				className={over ? "over" : ""}
				nodes={nodes}
				nodeTypes={nodeTypes}
				minZoom={0.05}
				maxZoom={2}
				fitView
				fitViewOptions={WHOLE}
				onlyRenderVisibleElements={map.steps.length > 60}
				nodesDraggable={false}
				nodesConnectable={false}
				nodesFocusable={false}
				edgesFocusable={false}
				elementsSelectable={false}
				disableKeyboardA11y
				zoomOnDoubleClick={false}
				deleteKeyCode={null}
				selectionKeyCode={null}
				multiSelectionKeyCode={null}
				panActivationKeyCode={null}
				proOptions={{ hideAttribution: true }}
				ariaLabelConfig={{ "minimap.ariaLabel": say("map.minimap") }}
				tabIndex={0}
				role="application"
				aria-label={say("map.canvas")}
				aria-describedby="map-canvas-help"
				onKeyDown={pressed}
				onNodeClick={(_, node) => onChoose(stepOf(node))}
				onNodeDoubleClick={(_, node) => node.type === "step" && onOpen?.(node.data.step.step)}
				onPaneClick={() => onChoose(undefined)}
				onDragOver={dragging}
				onDragLeave={() => setOver(false)}
				onDrop={dropped}
			>
				<ViewportPortal>
					<Links placed={placed} window={window} chosen={chosen} />
				</ViewportPortal>
				<MiniMap<AnyNode>
					style={MINI}
					pannable
					zoomable
					nodeClassName={(node) =>
						node.type === "step" && node.data.problems > 0 ? "wrong" : (node.type ?? "")
					}
				/>
			</ReactFlow>
			<p id="map-canvas-help" className="unseen">
				{say("map.canvas.help")}
			</p>
			<p className="unseen" aria-live="polite">
				{chosen === undefined ? "" : describe(map, chosen)}
			</p>
			<div className="map-tools" role="toolbar" aria-label={say("map.tools")}>
				<Button slim aria-label={say("map.zoom.in")} onPress={() => flow.zoomIn(moving())}>
					+
				</Button>
				<Button slim aria-label={say("map.zoom.out")} onPress={() => flow.zoomOut(moving())}>
					−
				</Button>
				<Button slim onPress={() => flow.fitView({ ...WHOLE, ...moving() })}>
					{say("map.zoom.fit")}
				</Button>
				{onDirection && (
					<Button slim onPress={() => onDirection(direction === "down" ? "right" : "down")}>
						{say(direction === "down" ? "map.direction.right" : "map.direction.down")}
					</Button>
				)}
			</div>
			{map.steps.length === 0 && <p className="map-nothing">{say("map.nothing")}</p>}
			<Legend ways={map.ways} />
		</>
	);
}

/** The step beside which something was dropped. */
function nearest(placed: Placed, { x, y }: { x: number; y: number }): string | undefined {
	let found: { name: string; far: number } | undefined;
	for (const spot of placed.spots) {
		if (spot.kind !== "step") continue;
		const far = Math.hypot(spot.x + STEP.width / 2 - x, spot.y + STEP.height / 2 - y);
		if (!found || far < found.far) found = { name: spot.name, far };
	}
	return found?.name;
}

/** Keeps what is chosen in sight, and all of a map that has another direction. */
function useShown(placed: Placed, chosen: string | undefined): void {
	const flow = useReactFlow();
	const size = useStore(({ width, height }) => `${width} ${height}`);
	const last = useRef(placed.direction);
	useEffect(() => {
		if (last.current !== placed.direction) flow.fitView(WHOLE);
		last.current = placed.direction;
	}, [placed.direction, flow]);
	useEffect(() => {
		const spot = placed.spots.find(({ kind, name }) => kind === "step" && name === chosen);
		if (!spot) return;
		const [width = 0, height = 0] = size.split(" ").map(Number);
		const { x, y, zoom } = flow.getViewport();
		const left = spot.x * zoom + x;
		const top = spot.y * zoom + y;
		const seen =
			left >= 0 &&
			top >= 0 &&
			left + spot.width * zoom <= width &&
			top + spot.height * zoom <= height;
		if (seen && zoom > 0.3) return;
		const middle = [spot.x + spot.width / 2, spot.y + spot.height / 2] as const;
		flow.setCenter(...middle, { zoom: Math.max(zoom, 0.7), ...moving() });
	}, [placed, chosen, size, flow]);
}
