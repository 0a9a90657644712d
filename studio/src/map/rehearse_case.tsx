import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import type { CaseFields, Rehearsed } from "../api/described";
import { Button } from "../parts";
import { Value } from "../parts/value";
import { named, say } from "../text";
import { useValue } from "./rehearse_value";

/** What comes in with the case that is rehearsed, and another in its place. */
export function OwnCase({
	of,
	is,
	begin,
}: {
	of: Rehearsed;
	/** Where it comes from. */
	is: "stored" | "own" | "plain";
	begin: (fields: CaseFields | null) => void;
}) {
	const [changing, setChanging] = useState(false);
	const came = of.case.case;
	return (
		<section className="rehearse-next" aria-label={say("rehearse.case")}>
			<h3>{say("rehearse.case")}</h3>
			{changing ? (
				<Change
					came={came}
					cancel={() => setChanging(false)}
					begin={(fields) => {
						begin(fields);
						setChanging(false);
					}}
				/>
			) : (
				<>
					<p className="soft small">{named("rehearse.case.is", is)}</p>
					<Value value={came} />
					<div className="actions">
						<Button slim onPress={() => setChanging(true)}>
							{say("rehearse.case.change")}
						</Button>
						{is !== "plain" && (
							<Button slim look="quiet" onPress={() => begin(null)}>
								{say("rehearse.case.plain")}
							</Button>
						)}
					</div>
				</>
			)}
		</section>
	);
}

function Change({
	came,
	begin,
	cancel,
}: {
	came: unknown;
	begin: (fields: CaseFields) => void;
	cancel: () => void;
}) {
	const { fields, read } = useValue(say("rehearse.case"), came);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const found = read();
		if (found) begin(found.value as CaseFields);
	};
	return (
		<Form className="stop-form" onSubmit={submit}>
			{fields}
			<div className="actions">
				<Button slim look="primary" type="submit">
					{say("rehearse.case.use")}
				</Button>
				<Button slim look="quiet" onPress={cancel}>
					{say("common.cancel")}
				</Button>
			</div>
		</Form>
	);
}
