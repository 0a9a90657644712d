import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { type CaseFields, type Choice, useKeep } from "../api/described";
import { Button, Problem } from "../parts";
import { Field } from "../parts/form";
import { Said as Sentence } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { say } from "../text";

/** Keeps what was rehearsed as a case that every release of the workflow is tried with. */
export function Keep({
	path,
	text,
	fields,
	choices,
}: {
	path: string;
	text: string;
	fields: CaseFields | null;
	choices: readonly Choice[];
}) {
	const keep = useKeep(useWorkspace());
	const [name, setName] = useState("");
	const [asking, setAsking] = useState(false);
	const send = (event: FormEvent) => {
		event.preventDefault();
		keep.mutate(
			{ path, text, fields, choices, name: name.trim() },
			{ onSuccess: () => setAsking(false) },
		);
	};
	if (keep.data && !asking) {
		return (
			<p className="notice good" role="status">
				<Sentence text={say("rehearse.kept", { path: keep.data.path })} />
			</p>
		);
	}
	if (!asking) {
		return (
			<Button slim onPress={() => setAsking(true)}>
				{say("rehearse.keep")}
			</Button>
		);
	}
	return (
		<Form className="stop-form rehearse-keep" onSubmit={send}>
			<Field
				label={say("rehearse.keep.name")}
				help={say("rehearse.keep.help")}
				isRequired
				autoFocus
				maxLength={100}
				value={name}
				onChange={setName}
			/>
			{keep.error && <Problem error={keep.error} />}
			<div className="actions">
				<Button slim look="primary" type="submit" pending={keep.isPending}>
					{say("rehearse.keep.send")}
				</Button>
				<Button slim look="quiet" onPress={() => setAsking(false)}>
					{say("common.cancel")}
				</Button>
			</div>
		</Form>
	);
}
