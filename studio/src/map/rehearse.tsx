import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import {
	againQuery,
	type CaseFields,
	type Choice,
	type Rehearsed,
	rehearsalQuery,
} from "../api/described";
import { Button, Fact, Loading, Problem, Status } from "../parts";
import { Inert, Said as Sentence } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { cost, lasted, number } from "../text/format";
import { Again } from "./rehearse_again";
import { OwnCase } from "./rehearse_case";
import { Keep } from "./rehearse_keep";
import { Next } from "./rehearse_next";

/** Billionths of a unit of the currency. */
const NANOS = 1e9;

/** A case on the draft, step by step: what would come from outside is chosen here. */
export function Rehearse({
	path,
	text,
	light,
	again,
	readOnly,
}: {
	path: string;
	text: string;
	/** Has the map show where the case stands. */
	light: (step: string | undefined) => void;
	/** A stored case that is gone through again, until somebody chooses something else. */
	again: string | undefined;
	readOnly: boolean;
}) {
	const workspace = useWorkspace();
	const [stored, setStored] = useState(again);
	const [fields, setFields] = useState<CaseFields | null>(null);
	const [chosen, setChosen] = useState<readonly Choice[]>([]);
	const once = useQuery({ ...againQuery(workspace, path, text, stored ?? ""), enabled: !!stored });
	const own = useQuery({
		...rehearsalQuery(workspace, path, text, fields, chosen),
		placeholderData: keepPreviousData,
		enabled: !stored,
	});
	const asked = stored ? once : own;
	const data = stored ? once.data?.rehearsed : own.data;
	const busy = !stored && own.isPlaceholderData;
	const choices = stored ? (data?.taken.map(({ choice }) => choice) ?? []) : chosen;
	const [next] = data?.over ? [] : (data?.open ?? []);
	const step = next?.step;
	useEffect(() => {
		light(step);
		return () => light(undefined);
	}, [step, light]);
	const begin = (fields: CaseFields | null) => {
		setStored(undefined);
		setFields(fields);
		setChosen([]);
	};
	/** Goes on by what is chosen here, from what was said in the stored case. */
	const choose = (choices: readonly Choice[]) => {
		if (stored && data) setFields((data.case.case ?? {}) as CaseFields);
		setStored(undefined);
		setChosen(choices);
	};
	const back = choices.length > 0 && (
		<Button slim onPress={() => choose(choices.slice(0, -1))}>
			{say("rehearse.back")}
		</Button>
	);
	return (
		<div className="map-form">
			<p className="soft small">{say("rehearse.help")}</p>
			{asked.error && (
				<>
					<Problem error={asked.error} retry={() => asked.refetch()} />
					<div className="actions">
						{back}
						{(fields || stored) && (
							<Button slim onPress={() => begin(null)}>
								{say("rehearse.case.plain")}
							</Button>
						)}
					</div>
				</>
			)}
			{!asked.error && !data && <Loading />}
			{!asked.error && data && (
				<>
					{stored && once.data && <Again of={once.data} />}
					<Figures of={data} />
					{choices.length === 0 && (
						<OwnCase
							of={data}
							is={stored ? "stored" : fields !== null && !busy ? "own" : "plain"}
							begin={begin}
						/>
					)}
					{next && (
						<Next
							key={`${choices.length} ${next.step} ${next.about}`}
							point={next}
							others={data.open.slice(1).map(({ step }) => step)}
							busy={busy}
							take={(choice) => choose([...choices, choice])}
						/>
					)}
					{data.over && (
						<p className="notice good" role="status">
							{say("rehearse.over")}
						</p>
					)}
					<div className="actions">
						{back}
						{choices.length > 0 && (
							<Button slim look="quiet" onPress={() => choose([])}>
								{say("rehearse.again")}
							</Button>
						)}
						{again && !stored && (
							<Button slim onPress={() => setStored(again)}>
								{say("again.back")}
							</Button>
						)}
					</div>
					{!readOnly && !busy && (
						<Keep
							key={JSON.stringify([data.case.case, choices])}
							path={path}
							text={text}
							fields={stored ? ((data.case.case ?? {}) as CaseFields) : fields}
							choices={choices}
						/>
					)}
					<Taken of={data} />
				</>
			)}
		</div>
	);
}

function Figures({ of }: { of: Rehearsed }) {
	return (
		<section className="rehearse-figures" aria-label={say("rehearse.figures")}>
			<dl className="facts">
				<Fact name={say("rehearse.stands")}>
					<Status status={of.case.status} />
				</Fact>
				<Fact name={say("rehearse.time")}>{lasted(of.elapsed_ms)}</Fact>
				<Fact name={say("rehearse.people")}>{lasted(of.people_ms)}</Fact>
				<Fact name={say("case.tokens")}>{number(of.tokens)}</Fact>
				<Fact name={say("case.cost")}>{cost(of.cost_nanos / NANOS)}</Fact>
			</dl>
			<details className="map-others soft small">
				<summary>{say("rehearse.how")}</summary>
				<p>
					<Sentence text={of.how} />
				</p>
			</details>
		</section>
	);
}

function Taken({ of }: { of: Rehearsed }) {
	if (of.taken.length === 0) return null;
	return (
		<section aria-label={say("rehearse.taken")}>
			<h3>{say("rehearse.taken")}</h3>
			<ol className="rehearse-taken">
				{of.taken.map(({ step, says, took }, n) => {
					const key = `${n}`;
					return (
						<li key={key}>
							<strong>
								<Inert text={step} />
							</strong>{" "}
							<span className="soft">
								<Sentence text={says} />
							</span>
							<p>
								<Sentence text={took} />
							</p>
						</li>
					);
				})}
			</ol>
		</section>
	);
}
