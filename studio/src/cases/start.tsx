import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { useNavigate } from "react-router";
import { freshId } from "../api/client";
import { type CaseField, startableQuery, useStartCase } from "../api/standing";
import { Button, Empty, Problem, Read } from "../parts";
import { Field, Pick } from "../parts/form";
import { Sheet } from "../parts/sheet";
import { useMay } from "../session/gate";
import { pageOf, useWorkspace } from "../shell/workspace";
import { type Plain, say } from "../text";
import { given, missing, startable } from "./given";

/** The dialog that begins a case by hand. */
export function StartCase() {
	const may = useMay(useWorkspace())("start");
	/** Each opening begins at most one case, however often it is sent. */
	const [key, setKey] = useState<string>();
	if (!may) return null;
	return (
		<>
			<Button look="primary" onPress={() => setKey(freshId())}>
				{say("start.title")}
			</Button>
			<Sheet title={say("start.title")} open={key !== undefined} onClose={() => setKey(undefined)}>
				{key && <Choose idempotency={key} />}
			</Sheet>
		</>
	);
}

/** Where no case is: what would be here, and the first one to be started. */
export function NoCase({ title, help }: { title: Plain; help: Plain }) {
	const workspace = useWorkspace();
	const may = useMay(workspace)("start");
	const first = useQuery(startableQuery(workspace)).data?.workflows.at(0)?.workflow;
	return (
		<Empty
			title={say(title)}
			help={say(help)}
			command={first && `flightdeck run ${first} --each inbox`}
		>
			{may && <StartCase />}
		</Empty>
	);
}

function Choose({ idempotency }: { idempotency: string }) {
	const workflows = useQuery(startableQuery(useWorkspace()));
	const [chosen, setChosen] = useState<string>();
	return (
		<Read from={workflows}>
			{({ workflows }) => {
				const all = startable(workflows);
				const one = all.find(({ workflow }) => workflow === chosen) ?? all[0];
				if (!one) return <p className="soft">{say("start.none")}</p>;
				return (
					<>
						<Pick
							label={say("start.workflow")}
							value={one.workflow}
							options={all.map(({ workflow }) => ({ id: workflow, name: workflow }))}
							onChange={setChosen}
						/>
						{one.purpose && <p className="soft">{one.purpose}</p>}
						<Fields
							key={one.workflow}
							workflow={one.workflow}
							fields={one.fields}
							idempotency={idempotency}
						/>
					</>
				);
			}}
		</Read>
	);
}

function Fields({
	workflow,
	fields,
	idempotency,
}: {
	workflow: string;
	fields: readonly CaseField[];
	idempotency: string;
}) {
	const workspace = useWorkspace();
	const start = useStartCase(workspace);
	const go = useNavigate();
	const [texts, setTexts] = useState<Record<string, string>>({});
	/** What was sent under a key is the case of that key: another case takes another one. */
	const [turn, setTurn] = useState(0);
	const send = (event: FormEvent) => {
		event.preventDefault();
		const key = turn === 0 ? idempotency : `${idempotency}-${turn}`;
		// The description says of a case only that it is an object: its fields are the workflow's.
		const body = { workflow, case: given(fields, texts) as Record<string, never> };
		start.mutate({ key, body }, { onSuccess: ({ id }) => go(pageOf(workspace, "cases", id)) });
	};
	const set = (name: string, text: string) => {
		setTexts({ ...texts, [name]: text });
		if (start.error) setTurn(turn + 1);
		start.reset();
	};
	return (
		<Form className="stop-form" onSubmit={send}>
			{fields.length === 0 && <p className="soft">{say("start.fields.none")}</p>}
			{fields.map((field) => (
				<CaseFieldInput
					key={field.name}
					field={field}
					value={texts[field.name] ?? ""}
					onChange={(text) => set(field.name, text)}
				/>
			))}
			{start.error && <Problem error={start.error} />}
			<Button
				look="primary"
				type="submit"
				pending={start.isPending}
				isDisabled={missing(fields, texts).length > 0}
			>
				{say("start.send")}
			</Button>
		</Form>
	);
}

function CaseFieldInput({
	field,
	value,
	onChange,
}: {
	field: CaseField;
	value: string;
	onChange: (text: string) => void;
}) {
	const label = field.name.replaceAll("_", " ");
	if (field.choices.length > 0) {
		const none = { id: "", name: say(field.optional ? "start.choice.none" : "start.choice") };
		const options = field.choices.map((id) => ({ id, name: id }));
		return <Pick label={label} value={value} options={[none, ...options]} onChange={onChange} />;
	}
	const help = field.optional ? say("start.optional", { kind: field.kind }) : field.kind;
	return (
		<Field
			label={label}
			help={help}
			isRequired={!field.optional}
			value={value}
			onChange={onChange}
		/>
	);
}
