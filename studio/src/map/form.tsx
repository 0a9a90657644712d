import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { DrawnMap, Edit, Names } from "../api/workshop";
import { Button } from "../parts";
import { Field, Pick, Suggest } from "../parts/form";
import { Said as Sentence } from "../parts/text";
import { named, say } from "../text";
import { type FieldOf, linesIn } from "./fields";
import { isList, isMap, type Said, saidAt, textOf } from "./places";

/** Makes changes of the map; what comes of them is shown elsewhere. */
export type Act = (...edits: Edit[]) => Promise<boolean>;

export interface Around {
	map: DrawnMap;
	workflows: readonly string[];
	names: Names;
	act: Act;
	readOnly: boolean;
}

/** A field whose text counts once somebody leaves it or presses Enter. */
export function Settling({
	label,
	value,
	long,
	help,
	readOnly,
	onSettle,
}: {
	label: string;
	value: string;
	long?: boolean;
	help?: string | undefined;
	readOnly?: boolean;
	onSettle: (text: string) => void;
}) {
	const [text, setText] = useState(value);
	// A field that is left because of what it did must not do it a second time.
	const settled = useRef(value);
	useEffect(() => {
		settled.current = value;
		setText(value);
	}, [value]);
	const settle = () => {
		const own = text.trim();
		if (own === settled.current.trim()) return;
		settled.current = own;
		onSettle(own);
	};
	const pressed = (event: KeyboardEvent) => {
		if (event.key === "Enter" && (!long || event.ctrlKey || event.metaKey)) settle();
		if (event.key === "Escape") {
			settled.current = value;
			setText(value);
		}
	};
	return (
		<Field
			label={label}
			value={text}
			onChange={setText}
			onBlur={settle}
			onKeyDown={pressed}
			isReadOnly={readOnly ?? false}
			{...(long ? { long } : {})}
			{...(help ? { help } : {})}
		/>
	);
}

/** Any step, or an end of the case. */
export function StepPick({
	label,
	value,
	map,
	not,
	ends,
	none,
	unseen,
	onChange,
}: {
	label: string;
	value: string;
	map: DrawnMap;
	not?: string;
	ends: readonly string[];
	/** What it means that nothing is said, where that is possible. */
	none?: string;
	unseen?: boolean;
	onChange: (step: string) => void;
}) {
	const steps = map.steps.filter(({ step }) => step !== not).map(({ step }) => step);
	const known = [...steps, ...ends];
	const options = [
		...(none === undefined ? [] : [{ id: "", name: none }]),
		...steps.map((step) => ({ id: step, name: step })),
		...ends.map((end) => ({ id: end, name: named("map.end", end) })),
		// What the file says is shown, also where there is no such step.
		...(value !== "" && !known.includes(value)
			? [{ id: value, name: say("map.no_step", { step: value }) }]
			: []),
	];
	return (
		<Pick
			label={label}
			value={value}
			options={options}
			onChange={(next) => next !== value && onChange(next)}
			{...(unseen ? { unseen } : {})}
		/>
	);
}

/** One value of a step. What is emptied is taken out of the file. */
export function StepField({
	step,
	place,
	said,
	field,
	around,
}: {
	step: string;
	place: readonly string[];
	said: Said | undefined;
	field: FieldOf;
	around: Around;
}) {
	const { map, workflows, act, readOnly } = around;
	const at = [...place, ...field.at];
	const path = field.at.join(".");
	const label = named("map.field", path);
	const value = saidAt(said, field.at);
	const settle = (to: unknown, empty: boolean) => {
		if (!empty) act({ set: { at, to } });
		else if (value !== undefined) act({ remove: { at } });
	};
	if (field.form === "pairs" && (isMap(value) || value === undefined)) {
		return <Pairs label={label} at={at} value={isMap(value) ? value : {}} around={around} />;
	}
	if (field.form === "lines") {
		const lines = isList(value) ? value.map(textOf).join("\n") : textOf(value);
		return (
			<Settling
				label={label}
				value={lines}
				long
				help={say("map.field.lines")}
				readOnly={readOnly}
				onSettle={(text) => settle(linesIn(text), text === "")}
			/>
		);
	}
	const choices =
		field.form === "outcome"
			? ["done", "rejected", "failed"].map((id) => ({ id, name: named("map.outcome", id) }))
			: workflows.map((id) => ({ id, name: id }));
	if (readOnly)
		return <Settling label={label} value={textOf(value)} readOnly onSettle={() => {}} />;
	if (field.form === "step") {
		return (
			<StepPick
				label={label}
				value={textOf(value)}
				map={map}
				not={step}
				ends={path === "on_failure.go" ? [] : ["stop"]}
				none={say("map.field.unsaid")}
				onChange={(to) => settle(to, to === "")}
			/>
		);
	}
	if (field.form === "outcome" || field.form === "workflow") {
		const own = textOf(value);
		const options = choices.some(({ id }) => id === own)
			? choices
			: [...choices, { id: own, name: own }];
		return (
			<Pick label={label} value={own} options={options} onChange={(to) => settle(to, to === "")} />
		);
	}
	if (field.names) {
		return (
			<Suggest
				label={label}
				value={textOf(value)}
				options={around.names[field.names]}
				onSettle={(text) => settle(text, text === "")}
			/>
		);
	}
	return (
		<Settling
			label={label}
			value={textOf(value)}
			long={field.form === "long"}
			onSettle={(text) => settle(text, text === "")}
		/>
	);
}

/** Names and what each is: arguments, fields of an answer. */
function Pairs({
	label,
	at,
	value,
	around,
}: {
	label: string;
	at: string[];
	value: { readonly [key: string]: Said };
	around: Around;
}) {
	const { act, readOnly } = around;
	const [name, setName] = useState("");
	const add = () => {
		const key = name.trim();
		if (key === "" || Object.hasOwn(value, key)) return;
		setName("");
		act({ set: { at: [...at, key], to: "text" } });
	};
	return (
		<fieldset className="map-pairs">
			<legend className="field-label">{label}</legend>
			{Object.entries(value).map(([key, one]) => (
				<div key={key} className="map-pair">
					{typeof one === "string" ? (
						<Settling
							label={key}
							value={one}
							readOnly={readOnly}
							onSettle={(to) => to !== "" && act({ set: { at: [...at, key], to } })}
						/>
					) : (
						<p className="small">
							<strong>{key}</strong>: <Sentence text={say("map.field.in_text")} />
						</p>
					)}
					{!readOnly && (
						<Button
							slim
							look="quiet"
							aria-label={say("map.remove.named", { name: key })}
							onPress={() => act({ remove: { at: [...at, key] } })}
						>
							<span aria-hidden="true">✕</span>
						</Button>
					)}
				</div>
			))}
			{!readOnly && (
				<div className="map-pair">
					<Field label={say("map.field.new_name")} value={name} onChange={setName} />
					<Button slim isDisabled={name.trim() === ""} onPress={add}>
						{say("map.add")}
					</Button>
				</div>
			)}
		</fieldset>
	);
}
