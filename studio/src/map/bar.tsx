import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { Link } from "react-router";
import type { DrawnMap } from "../api/workshop";
import { Button, Problem } from "../parts";
import { SavedBy } from "../parts/saved";
import { Inert } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { Exports } from "./exports";
import type { Direction } from "./layout";
import type { View } from "./map";
import type { Work } from "./use_work";

const VIEWS: readonly View[] = ["map", "list", "today", "both"];

/** What the map is, how it stands, and what can be done with all of it. */
export function MapBar({
	name,
	map,
	work,
	readOnly,
	view,
	setView,
	direction,
	show,
}: {
	name: string;
	map: DrawnMap;
	work: Work;
	readOnly: boolean;
	view: View;
	setView: (view: View) => void;
	direction: Direction;
	show: (what: "keys" | "present" | "conflict") => void;
}) {
	const workspace = useWorkspace();
	const { draft, changed, other } = work;
	return (
		<>
			<header className="map-bar">
				<div className="map-bar-name">
					<Link to={pageOf(workspace, "maps")}>{say("nav.maps")}</Link>
					<h1>
						<Inert text={name} />
					</h1>
					<State work={work} readOnly={readOnly} problems={map.problems.length} />
				</div>
				<div className="map-bar-acts">
					<ToggleButtonGroup
						className="map-views"
						aria-label={say("map.view")}
						disallowEmptySelection
						selectedKeys={[view]}
						onSelectionChange={(keys) => {
							const next = VIEWS.find((one) => keys.has(one));
							if (next) setView(next);
						}}
					>
						{VIEWS.map((one) => (
							<ToggleButton key={one} id={one} className="map-view">
								{say(`map.view.${one}`)}
							</ToggleButton>
						))}
					</ToggleButtonGroup>
					{!readOnly && (
						<>
							<Button slim isDisabled={draft.past.length === 0} onPress={work.undo}>
								{say("map.undo")}
							</Button>
							<Button slim isDisabled={draft.future.length === 0} onPress={work.redo}>
								{say("map.redo")}
							</Button>
						</>
					)}
					<Button slim onPress={() => show("present")}>
						{say("map.present")}
					</Button>
					<Exports map={map} name={name} direction={direction} />
					<Button slim onPress={() => show("keys")}>
						{say("map.keys")}
					</Button>
					{!readOnly && (
						<Button
							slim
							look="primary"
							pending={work.saving}
							isDisabled={!changed || other !== undefined}
							onPress={() => work.save()}
						>
							{say("map.save")}
						</Button>
					)}
				</div>
			</header>
			{other && (
				<div className="notice warn" role="alert">
					<div>
						<p>{say("map.other")}</p>
						<SavedBy path={work.path} version={other.version} />
						<p>{say("map.other.help")}</p>
					</div>
					<Button slim look="primary" onPress={() => show("conflict")}>
						{say("map.other.show")}
					</Button>
				</div>
			)}
			{work.trouble !== undefined && <Problem error={work.trouble} />}
		</>
	);
}

function State({ work, readOnly, problems }: { work: Work; readOnly: boolean; problems: number }) {
	const { changed, draft } = work;
	return (
		<p className="map-state" role="status">
			{readOnly && <span className="chip">{say("map.read_only")}</span>}
			{changed && <span className="chip warn">{say("map.changed")}</span>}
			{!changed && draft.from !== null && <span className="chip">{say("map.as_saved")}</span>}
			<span className={problems > 0 ? "chip bad" : "chip good"}>
				{problems > 0 ? count("map.problems.n", problems) : say("map.sound")}
			</span>
		</p>
	);
}
