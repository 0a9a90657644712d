import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Choice, type Point, type Rehearsed, rehearsalQuery } from "../api/described";
import { Button, Fact, Loading, Problem, Status } from "../parts";
import { Inert, Said as Sentence } from "../parts/text";
import { Value } from "../parts/value";
import { useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { cost, lasted, number } from "../text/format";

/** Billionths of a unit of the currency. */
const NANOS = 1e9;

/** A case on the draft, step by step: what would come from outside is chosen here. */
export function Rehearse({
	path,
	text,
	light,
}: {
	path: string;
	text: string;
	/** Has the map show where the case stands. */
	light: (step: string | undefined) => void;
}) {
	const workspace = useWorkspace();
	const [choices, setChoices] = useState<readonly Choice[]>([]);
	const asked = useQuery({
		...rehearsalQuery(workspace, path, text, choices),
		placeholderData: keepPreviousData,
	});
	const [next] = asked.data?.open ?? [];
	const step = next?.step;
	useEffect(() => {
		light(step);
		return () => light(undefined);
	}, [step, light]);
	const back = choices.length > 0 && (
		<Button slim onPress={() => setChoices(choices.slice(0, -1))}>
			{say("rehearse.back")}
		</Button>
	);
	return (
		<div className="map-form">
			<p className="soft small">{say("rehearse.help")}</p>
			{asked.error && (
				<>
					<Problem error={asked.error} retry={() => asked.refetch()} />
					{back}
				</>
			)}
			{!asked.error && !asked.data && <Loading />}
			{!asked.error && asked.data && (
				<>
					<Figures of={asked.data} />
					{next && !asked.data.over && (
						<Next
							point={next}
							busy={asked.isPlaceholderData}
							take={(choice) => setChoices([...choices, choice])}
						/>
					)}
					{asked.data.over && <p role="status">{say("rehearse.over")}</p>}
					<div className="actions">
						{back}
						{choices.length > 0 && (
							<Button slim look="quiet" onPress={() => setChoices([])}>
								{say("rehearse.again")}
							</Button>
						)}
					</div>
					<Taken of={asked.data} />
				</>
			)}
		</div>
	);
}

function Figures({ of }: { of: Rehearsed }) {
	return (
		<dl className="facts">
			<Fact name={say("rehearse.stands")}>
				<Status status={of.case.status} />
			</Fact>
			<Fact name={say("rehearse.time")}>{lasted(of.elapsed_ms)}</Fact>
			<Fact name={say("rehearse.people")}>{lasted(of.people_ms)}</Fact>
			<Fact name={say("case.tokens")}>{number(of.tokens)}</Fact>
			<Fact name={say("case.cost")}>
				<span title={of.how}>{cost(of.cost_nanos / NANOS)}</span>
			</Fact>
		</dl>
	);
}

function Next({
	point,
	busy,
	take,
}: {
	point: Point;
	busy: boolean;
	take: (choice: Choice) => void;
}) {
	return (
		<section className="rehearse-next" aria-live="polite">
			<h3>
				<Inert text={point.step} />
				<span className="chip info">{named("rehearse.about", point.about)}</span>
				{point.effect && <span className="chip warn">{say("rehearse.effect")}</span>}
			</h3>
			<p>
				<Sentence text={point.says} />
			</p>
			{point.given !== undefined && point.given !== null && <Value value={point.given} />}
			<ul>
				{point.offers.map((offer) => (
					<li key={offer.take}>
						<Button
							slim
							pending={busy}
							{...(offer.fault ? { look: "danger-quiet" as const } : {})}
							onPress={() => take({ take: offer.take, at: point.step })}
						>
							{offer.fault && `${say("rehearse.fault")} `}
							<Inert text={offer.says} />
						</Button>
						{offer.value !== undefined && offer.value !== null && <Value value={offer.value} />}
					</li>
				))}
			</ul>
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
							<Sentence text={says} /> <Sentence text={took} />
						</li>
					);
				})}
			</ol>
		</section>
	);
}
