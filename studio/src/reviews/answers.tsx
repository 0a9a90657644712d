import { type FormEvent, type ReactNode, useState } from "react";
import { Form } from "react-aria-components";
import type { Request, Reviewed } from "../api/client";
import { Button } from "../parts";
import { Field, Pick } from "../parts/form";
import { say } from "../text";
import { changes, editable, type FormField, fieldsOf, written } from "./queue";

interface Sends {
	pending: boolean;
	send: (answer: Reviewed) => void;
}

const REASON_MAX = 4_000;

function Sent({
	label,
	look,
	pending,
	ready = true,
	submit,
	back,
	children,
}: {
	label: string;
	look: "primary" | "danger";
	pending: boolean;
	ready?: boolean;
	submit: () => void;
	back?: () => void;
	children: ReactNode;
}) {
	const sent = (event: FormEvent) => {
		event.preventDefault();
		submit();
	};
	return (
		<Form className="request-form" onSubmit={sent}>
			{children}
			<div className="actions">
				<Button look={look} type="submit" pending={pending} isDisabled={!ready}>
					{label}
				</Button>
				{back && <Button onPress={back}>{say("common.cancel")}</Button>}
			</div>
		</Form>
	);
}

/** Approve with other values. Each begins with what stands there now. */
export function ValuesForm({
	request,
	pending,
	send,
	back,
}: Sends & { request: Request; back: () => void }) {
	const [before] = useState(() => {
		const all = [...request.proposed, ...request.shows];
		const paths = editable(request.may_edit, all);
		return Object.fromEntries(paths.map((path) => [path, written(path, all)]));
	});
	const [now, setNow] = useState(before);
	const values = changes(now, before);
	return (
		<Sent
			label={say("reviews.approve.changed")}
			look="primary"
			pending={pending}
			ready={Object.keys(values).length > 0}
			submit={() => send({ decision: "edit", values })}
			back={back}
		>
			<p className="soft small">{say("reviews.edit.help")}</p>
			<div className="request-values">
				{Object.keys(before).map((path, n) => (
					<Field
						key={path}
						label={path.replaceAll("_", " ").replaceAll(".", " › ")}
						autoFocus={n === 0}
						value={now[path] ?? ""}
						onChange={(value) => setNow({ ...now, [path]: value })}
					/>
				))}
			</div>
		</Sent>
	);
}

export function RejectForm({ pending, send, back }: Sends & { back: () => void }) {
	const [reason, setReason] = useState("");
	return (
		<Sent
			label={say("reviews.reject.send")}
			look="danger"
			pending={pending}
			submit={() => send({ decision: "reject", reason })}
			back={back}
		>
			<Field
				label={say("common.reason")}
				help={say("reviews.reject.help")}
				long
				isRequired
				autoFocus
				maxLength={REASON_MAX}
				value={reason}
				onChange={setReason}
			/>
		</Sent>
	);
}

export function EscalateForm({ pending, send, back }: Sends & { back: () => void }) {
	const [to, setTo] = useState("");
	const [reason, setReason] = useState("");
	return (
		<Sent
			label={say("reviews.escalate.send")}
			look="primary"
			pending={pending}
			submit={() => send({ decision: "escalate", to: to.trim(), reason })}
			back={back}
		>
			<Field
				label={say("reviews.escalate.to")}
				help={say("reviews.escalate.help")}
				isRequired
				autoFocus
				value={to}
				onChange={setTo}
			/>
			<Field
				label={say("common.reason")}
				isRequired
				maxLength={REASON_MAX}
				value={reason}
				onChange={setReason}
			/>
		</Sent>
	);
}

/** Whether an act that was in doubt happened: a person has looked. */
export function Happened({ pending, send }: Sends) {
	return (
		<>
			<Button
				look="primary"
				pending={pending}
				onPress={() => send({ decision: "happened", yes: true })}
			>
				{say("reviews.happened.yes")}
			</Button>
			<Button pending={pending} onPress={() => send({ decision: "happened", yes: false })}>
				{say("reviews.happened.no")}
			</Button>
		</>
	);
}

/** The fields that a tool wants to know. */
export function Answer({ request, pending, send }: Sends & { request: Request }) {
	const fields = fieldsOf(request.form);
	const [now, setNow] = useState<Record<string, string>>({});
	const given = Object.entries(now).filter(([, value]) => value !== "");
	const values = Object.fromEntries(given.map(([name, value]) => [`answer.${name}`, value]));
	return (
		<Sent
			label={say("reviews.answer.send")}
			look="primary"
			pending={pending}
			ready={fields.length === 0 || given.length > 0}
			submit={() => send(given.length > 0 ? { decision: "edit", values } : { decision: "approve" })}
		>
			<h3>{say("reviews.answer")}</h3>
			{fields.map((field) => (
				<OneField
					key={field.name}
					field={field}
					value={now[field.name] ?? ""}
					onChange={(value) => setNow({ ...now, [field.name]: value })}
				/>
			))}
		</Sent>
	);
}

function OneField({
	field: { title, help, choices, required },
	value,
	onChange,
}: {
	field: FormField;
	value: string;
	onChange: (value: string) => void;
}) {
	if (choices) {
		const options = choices.map((id) => ({ id, name: id }));
		return <Pick label={title} value={value} options={options} onChange={onChange} />;
	}
	return (
		<Field
			label={title}
			{...(help ? { help } : {})}
			isRequired={required}
			value={value}
			onChange={onChange}
		/>
	);
}
