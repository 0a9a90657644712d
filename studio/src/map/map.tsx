import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Link, useLocation, useParams } from "react-router";
import { type FileText, type Finding, fileQuery } from "../api/workshop";
import { Empty, Loading, Problem, Read } from "../parts";
import { Conflict } from "../parts/conflict";
import { useTitle } from "../parts/now";
import { SavedBy } from "../parts/saved";
import { useKeys } from "../shell/keys";
import { pageOf, useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { MapBar } from "./bar";
import { Canvas } from "./canvas";
import { kept } from "./draft";
import type { Around } from "./form";
import { insertion, moved } from "./insert";
import { Inspector, removal } from "./inspector";
import { Interview } from "./interview";
import { MapKeys } from "./keys";
import type { StepKind } from "./kinds";
import type { Direction } from "./layout";
import { StepList } from "./list";
import { openOf } from "./now";
import { Palette } from "./palette";
import { linesOf, stepAt } from "./places";
import { Present } from "./present";
import { ProblemList } from "./problems";
import { Rehearse } from "./rehearse";
import { Split } from "./splitter";
import { OpenList, Today, TodayBeside } from "./today";
import { useKept, useModified } from "./use_acts";
import { useKnown, useMayChange, useNames } from "./use_known";
import { useMedia } from "./use_media";
import { useWork } from "./use_work";
import "./map.css";

const Editor = lazy(() => import("./editor"));

/** Map and text beside each other where both fit. */
const WIDE = "(min-width: 62.001rem)";

export type View = "map" | "list" | "today" | "both";

export const pathOf = (name: string): string => `workflows/${name}.md`;

export default function MapPage() {
	const { name = "" } = useParams();
	const workspace = useWorkspace();
	useTitle(`${name} · ${say("nav.maps")} · ${say("app.name")}`);
	const isNew = kept(workspace, pathOf(name))?.from === null;
	const file = useQuery(fileQuery(workspace, pathOf(name), isNew));
	return (
		<div className="map-page">
			<Read from={file}>
				{(stored) => <Opened key={`${workspace} ${name}`} name={name} stored={stored} />}
			</Read>
		</div>
	);
}

function Opened({ name, stored }: { name: string; stored: FileText | null }) {
	const workspace = useWorkspace();
	if (!stored && !kept(workspace, pathOf(name))) {
		return (
			<Empty title={say("map.gone")} help={say("map.gone.help")}>
				<Link className="button" to={pageOf(workspace, "maps")}>
					{say("maps.all")}
				</Link>
			</Empty>
		);
	}
	return <Workbench name={name} stored={stored} />;
}

function Workbench({ name, stored }: { name: string; stored: FileText | null }) {
	const workspace = useWorkspace();
	const work = useWork(workspace, stored, pathOf(name));
	const readOnly = !useMayChange();
	const known = useKnown();
	const names = useNames();
	const wide = useMedia(WIDE);
	const { map, act } = work;
	const [chosen, setChosen] = useState<string>();
	const [reveal, setReveal] = useState(0);
	const [view, setView] = useState<View>("map");
	const { room: wanted, again } = (useLocation().state ?? {}) as { room?: string; again?: string };
	const [room, setRoom] = useState(wanted ?? (wide ? "text" : "map"));
	useEffect(() => {
		if (wanted) setRoom(wanted);
	}, [wanted]);
	const [direction, setDirection] = useState<Direction>("down");
	const [showing, setShowing] = useState<"keys" | "present" | "conflict">();
	const choose = useCallback((step: string | undefined) => {
		setChosen(step);
		setReveal((n) => n + 1);
	}, []);
	const lines = useMemo(() => work.draft.text.split("\n"), [work.draft.text]);
	const own = map?.steps.find(({ step }) => step === chosen);
	const shown = own && !work.behind ? linesOf(lines, own.line) : undefined;
	const [lit, setLit] = useState<string>();
	const [look, setLook] = useState<[number, number]>();

	const add = async (kind: StepKind, after = chosen) => {
		if (!map) return;
		const { name, edits } = insertion(kind, map, known, after);
		if (await act(...edits)) {
			choose(name);
			setRoom("step");
		}
	};
	const open = (step: string) => {
		choose(step);
		setRoom("step");
	};
	const remove = async () => {
		if (!map || !own || readOnly) return;
		if (await act(...removal(map, own))) choose(undefined);
	};
	const shift = async (by: -1 | 1) => {
		const edit = map && own && !readOnly ? moved(map, own.step, by) : undefined;
		if (edit) await act(edit);
	};
	const showProblem = ({ line, end_line }: Finding) => {
		setRoom("text");
		setLook([line, end_line]);
		if (map) setChosen(stepAt(map, lines, line));
		setReveal((n) => n + 1);
	};
	useKeys(
		useKept({
			Delete: remove,
			u: () => shift(-1),
			d: () => shift(1),
			"?": () => setShowing("keys"),
			p: () => setShowing("present"),
		}),
	);
	useModified(work, readOnly);
	useEffect(() => {
		if (work.other === undefined && showing === "conflict") setShowing(undefined);
	}, [work.other, showing]);

	if (!map) {
		return work.trouble ? <Problem error={work.trouble} retry={work.forgive} /> : <Loading />;
	}
	const around: Around = { map, workflows: known.workflows, names, act, readOnly };
	const canvas = (
		<Canvas
			map={map}
			chosen={chosen}
			direction={direction}
			lit={lit}
			onChoose={choose}
			onOpen={open}
			onDirection={setDirection}
			{...(readOnly ? {} : { onDrop: (kind, after) => add(kind, after) })}
		/>
	);
	const left = (
		<div className="map-left">
			{!readOnly && view !== "today" && <Palette chosen={chosen} add={add} />}
			{view === "map" && canvas}
			{view === "list" && <StepList map={map} chosen={chosen} choose={choose} open={open} />}
			{view === "today" && <Today around={around} choose={open} />}
			{view === "both" && (
				<div className="map-both">
					<TodayBeside map={map} choose={choose} />
					{canvas}
				</div>
			)}
		</div>
	);
	const rooms = [
		...(wide ? [] : [{ id: "map", name: say("map.view.map"), inside: left }]),
		{
			id: "text",
			name: say("map.text"),
			inside: (
				<Suspense fallback={<Loading />}>
					<Editor
						text={work.draft.text}
						problems={work.behind ? NONE : map.problems}
						chosen={look ?? shown}
						reveal={reveal}
						readOnly={readOnly}
						onText={work.type}
						onLine={(line) => {
							setLook(undefined);
							setChosen(stepAt(map, lines, line));
						}}
					/>
				</Suspense>
			),
		},
		{
			id: "step",
			name: say("map.step"),
			inside: (
				<Inspector
					around={around}
					chosen={chosen}
					choose={choose}
					toText={() => {
						setRoom("text");
						setReveal((n) => n + 1);
					}}
				/>
			),
		},
		{
			id: "problems",
			name: say("map.problems", { n: map.problems.length }),
			inside: <ProblemList map={map} show={showProblem} />,
		},
		{
			id: "open",
			name: say("map.open", { n: openOf(map).length }),
			inside: <OpenList around={around} />,
		},
		...(readOnly
			? []
			: [
					{
						id: "interview",
						name: say("interview.title"),
						inside: <Interview path={work.path} text={work.draft.text} replace={work.replace} />,
					},
				]),
		{
			id: "rehearse",
			name: say("rehearse.title"),
			inside: (
				<Rehearse
					key={again ?? ""}
					path={work.path}
					text={map.text}
					light={setLit}
					again={again}
					readOnly={readOnly}
				/>
			),
		},
	];
	const at = rooms.some(({ id }) => id === room) ? room : "text";
	const right = (
		<Tabs className="map-rooms" selectedKey={at} onSelectionChange={(key) => setRoom(String(key))}>
			<TabList aria-label={say("map.rooms")} className="map-tabs">
				{rooms.map(({ id, name }) => (
					<Tab key={id} id={id} className="map-tab">
						{name}
					</Tab>
				))}
			</TabList>
			{rooms.map(({ id, inside }) => (
				<TabPanel key={id} id={id} className={`map-room ${id}`}>
					{inside}
				</TabPanel>
			))}
		</Tabs>
	);
	return (
		<>
			<MapBar
				name={name}
				map={map}
				work={work}
				readOnly={readOnly}
				view={view}
				setView={setView}
				direction={direction}
				show={setShowing}
			/>
			{wide ? <Split left={left} right={right} /> : right}
			{showing === "keys" && <MapKeys close={() => setShowing(undefined)} />}
			{showing === "present" && (
				<Present map={map} title={name} from={chosen} close={() => setShowing(undefined)} />
			)}
			{work.other && (
				<Conflict
					key={work.other.version}
					saved={<SavedBy path={work.path} version={work.other.version} />}
					note={say("map.conflict.note")}
					theirs={work.other.text}
					mine={work.draft.text}
					open={showing === "conflict"}
					close={() => setShowing(undefined)}
					take={work.takeTheirs}
					keep={work.keepMine}
				/>
			)}
		</>
	);
}

const NONE: readonly Finding[] = [];
