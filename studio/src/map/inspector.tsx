import { useState } from "react";
import type { DrawnMap, Step } from "../api/workshop";
import { Button, Empty } from "../parts";
import { Inert, Said as Sentence } from "../parts/text";
import { named, say } from "../text";
import { Decision } from "./decision";
import { fieldsOf, isSeldom, others } from "./fields";
import { type Around, Settling, StepField, StepPick } from "./form";
import { moved, topOf } from "./insert";
import { goesOn } from "./kinds";
import { Icon } from "./nodes";
import { bodyWith, instructionsOf, placeOf, saidAt, settingsOf, textOf } from "./places";
import { saidOf, waysFrom } from "./steps";

export interface InspectorProps {
	around: Around;
	chosen: string | undefined;
	choose: (step: string | undefined) => void;
	/** Has the text editor show the lines of the step. */
	toText: () => void;
}

/** What is chosen as a form. Each field is one change of the file. */
export function Inspector(props: InspectorProps) {
	const { map } = props.around;
	const step = map.steps.find((one) => one.step === props.chosen);
	if (!step) return <Empty title={say("map.none_chosen")} help={say("map.none_chosen.help")} />;
	return <OneStep key={step.step} {...props} step={step} />;
}

function OneStep({ around, choose, toText, step }: InspectorProps & { step: Step }) {
	const { map, act, readOnly } = around;
	const place = placeOf(map.steps, step);
	const said = saidAt(settingsOf(map), place);
	const [more, setMore] = useState(false);
	const fields = fieldsOf(step.kind);
	const unsaid = fields.filter((field) => isSeldom(field) && saidAt(said, field.at) === undefined);
	const offered = more ? fields : fields.filter((field) => !unsaid.includes(field));
	const rename = async (to: string) => {
		if (to !== "" && (await act({ rename: { step: step.step, to } }))) choose(to);
	};
	const then = textOf(saidAt(said, ["then"]));
	return (
		<div className="map-form">
			<div className="map-form-head">
				<Icon kind={step.kind} />
				<div>
					<h2>
						<Inert text={step.step} />
					</h2>
					<p className="soft small">
						{named("map.kind", step.kind)}: {named("map.kind.means", step.kind)}
					</p>
				</div>
			</div>
			{step.says.map((text) => (
				<p key={text} className="small">
					<Sentence text={text} />
				</p>
			))}
			<Problems map={map} step={step} />
			<Settling
				label={say("map.name")}
				value={step.step}
				help={say("map.name.help")}
				readOnly={readOnly}
				onSettle={rename}
			/>
			{offered.map((field) => (
				<StepField
					key={field.at.join(".")}
					step={step.step}
					place={place}
					said={said}
					field={field}
					around={around}
				/>
			))}
			{step.kind === "decide" && <Decision step={step} place={place} said={said} around={around} />}
			{goesOn(step.kind) && (
				<StepPick
					label={say(step.kind === "review" ? "map.then.approved" : "map.then")}
					value={then}
					map={map}
					not={step.step}
					ends={["end"]}
					none={say("map.then.next")}
					onChange={(to) => {
						const at = [...place, "then"];
						act(to === "" ? { remove: { at } } : { set: { at, to } });
					}}
				/>
			)}
			<Settling
				label={say("map.instructions")}
				value={instructionsOf(map.text, step.step)}
				long
				help={say("map.instructions.help")}
				readOnly={readOnly}
				onSettle={(text) => act({ body: { text: bodyWith(map.text, step.step, text) } })}
			/>
			{unsaid.length > 0 && !readOnly && (
				<Button slim look="quiet" onPress={() => setMore(!more)}>
					{say(more ? "map.fewer_fields" : "map.more_fields")}
				</Button>
			)}
			<Others around={around} step={step} place={place} />
			<Ways map={map} step={step} choose={choose} />
			<div className="actions">
				<Button slim onPress={toText}>
					{say("map.to_text")}
				</Button>
				{!readOnly && <Acts around={around} step={step} place={place} choose={choose} />}
			</div>
		</div>
	);
}

/** The problems within the lines of a step. */
function Problems({ map, step }: { map: DrawnMap; step: Step }) {
	const next = Math.min(
		...map.steps.filter(({ line }) => line > step.line).map(({ line }) => line),
		Number.POSITIVE_INFINITY,
	);
	const own = map.problems.filter(
		({ line, file }) => file === map.path && step.line <= line && line < next,
	);
	return own.map((one) => (
		<div key={`${one.code} ${one.line} ${one.column}`} className="notice bad">
			<div>
				<p>
					<Sentence text={one.what} />
				</p>
				<p>
					<Sentence text={one.fix} />
				</p>
			</div>
		</div>
	));
}

/** What no field of its own stands for. */
function Others({ around, step, place }: { around: Around; step: Step; place: readonly string[] }) {
	const said = saidAt(settingsOf(around.map), place);
	const rest = others(step.kind, said);
	if (rest.length === 0) return null;
	return (
		<details className="map-others" open={step.kind === "lookup"}>
			<summary>{say("map.others", { n: rest.length })}</summary>
			{rest.map((field) => (
				<StepField
					key={field.at.join(".")}
					step={step.step}
					place={place}
					said={said}
					field={field}
					around={around}
				/>
			))}
		</details>
	);
}

function Ways({
	map,
	step,
	choose,
}: {
	map: DrawnMap;
	step: Step;
	choose: (step: string) => void;
}) {
	const ways = waysFrom(map, step.step);
	if (ways.length === 0) return null;
	return (
		<section className="map-ways" aria-label={say("map.leads.title")}>
			<h3>{say("map.leads.title")}</h3>
			<ul>
				{ways.map((way, n) => {
					const key = `${n} ${way.kind}`;
					const { to } = way;
					return (
						<li key={key}>
							{to && map.steps.some((one) => one.step === to) ? (
								<Button slim look="quiet" onPress={() => choose(to)}>
									<Sentence text={saidOf(way)} />
								</Button>
							) : (
								<Sentence text={saidOf(way)} />
							)}
						</li>
					);
				})}
			</ul>
		</section>
	);
}

function Acts({
	around,
	step,
	place,
	choose,
}: {
	around: Around;
	step: Step;
	place: string[];
	choose: (step: string | undefined) => void;
}) {
	const { map, act } = around;
	const up = moved(map, step.step, -1);
	const down = moved(map, step.step, 1);
	return (
		<>
			<Button slim isDisabled={!up} onPress={() => up && act(up)}>
				{say("map.move.up")}
			</Button>
			<Button slim isDisabled={!down} onPress={() => down && act(down)}>
				{say("map.move.down")}
			</Button>
			<Button
				slim
				look="danger-quiet"
				onPress={async () => {
					if (await act(...removal(map, step, place))) choose(undefined);
				}}
			>
				{say("map.remove")}
			</Button>
		</>
	);
}

/** The changes that take a step away, with its instructions. What led to it is left to be settled. */
export function removal(map: DrawnMap, step: Step, place = placeOf(map.steps, step)) {
	const edits: Parameters<Around["act"]> = [];
	const only = topOf(map).length === 1 && !step.inside;
	edits.push({ remove: { at: only ? ["steps"] : place } });
	if (instructionsOf(map.text, step.step) !== "") {
		edits.push({ body: { text: bodyWith(map.text, step.step, "") } });
	}
	return edits;
}
