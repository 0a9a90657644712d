import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import type { Choice, Offer, Point } from "../api/described";
import { Button } from "../parts";
import { Pick } from "../parts/form";
import { Inert, Said as Sentence } from "../parts/text";
import { Value } from "../parts/value";
import { count, named, say } from "../text";
import { at, cost, number } from "../text/format";
import { useValue } from "./rehearse_value";

/** Billionths of a unit of the currency. */
const NANOS = 1e9;

const isSaid = (value: unknown): boolean => value !== undefined && value !== null;

/** What has to be said from outside next: each answer that can come, and each fault. */
export function Next({
	point,
	others,
	busy,
	take,
}: {
	point: Point;
	/** Steps that wait at the same time. */
	others: readonly string[];
	busy: boolean;
	take: (choice: Choice) => void;
}) {
	const [who, setWho] = useState(point.may[0] ?? "");
	const chosen = (offer: Offer, value?: { value: unknown }): Choice => ({
		take: offer.take,
		at: point.step,
		...(point.may.includes(who) && offer.take !== "late" ? { who } : {}),
		...(value ?? {}),
	});
	const plain = point.offers.filter(({ fault }) => !fault);
	const faults = point.offers.filter(({ fault }) => fault);
	const changeable = point.offers.filter(({ value }) => isSaid(value));
	return (
		<section className="rehearse-next" aria-label={say("rehearse.next")} aria-live="polite">
			<h3>
				<Inert text={point.step} />
				<span className="chip info">{named("rehearse.about", point.about)}</span>
				{point.effect && <span className="chip warn">{say("rehearse.effect")}</span>}
			</h3>
			<p>
				<Sentence text={point.says} />
			</p>
			{isSaid(point.given) && <Value value={point.given} />}
			<Uses point={point} />
			{point.may.length > 1 && (
				<Pick
					label={say("rehearse.who")}
					value={who}
					options={point.may.map((id) => ({ id, name: id }))}
					onChange={setWho}
				/>
			)}
			<Offers offers={plain} busy={busy} take={(offer) => take(chosen(offer))} />
			{changeable.length > 0 && (
				<details className="map-others">
					<summary>{say("rehearse.other")}</summary>
					<Other
						point={point}
						offers={changeable}
						busy={busy}
						take={(offer, value) => take(chosen(offer, value))}
					/>
				</details>
			)}
			{faults.length > 0 && (
				<details className="map-others">
					<summary>{count("rehearse.faults", faults.length)}</summary>
					<Offers offers={faults} busy={busy} take={(offer) => take(chosen(offer))} />
				</details>
			)}
			{others.length > 0 && (
				<p className="soft small">
					<Inert text={say("rehearse.others", { steps: others.join(", ") })} />
				</p>
			)}
		</section>
	);
}

/** What the step uses, and by when it is over. */
function Uses({ point }: { point: Point }) {
	const { tokens, cost_nanos, most_cost_nanos, until } = point;
	if (tokens === 0 && most_cost_nanos === 0 && !until) return null;
	return (
		<p className="soft small">
			{(tokens > 0 || most_cost_nanos > 0) &&
				say("rehearse.uses", {
					tokens: number(tokens),
					cost: cost(cost_nanos / NANOS),
					most: cost(most_cost_nanos / NANOS),
				})}{" "}
			{until && say("rehearse.until", { when: at(until) })}
		</p>
	);
}

function Offers({
	offers,
	busy,
	take,
}: {
	offers: readonly Offer[];
	busy: boolean;
	take: (offer: Offer) => void;
}) {
	return (
		<ul>
			{offers.map((offer) => (
				<li key={offer.take}>
					<Button
						slim
						pending={busy}
						{...(offer.fault ? { look: "danger-quiet" as const } : {})}
						onPress={() => take(offer)}
					>
						{offer.fault && `${say("rehearse.fault")} `}
						<Inert text={offer.says} />
					</Button>
					{isSaid(offer.value) && <Value value={offer.value} />}
				</li>
			))}
		</ul>
	);
}

/** An offer with another value than its own. */
function Other({
	point,
	offers,
	busy,
	take,
}: {
	point: Point;
	offers: readonly Offer[];
	busy: boolean;
	take: (offer: Offer, value: { value: unknown }) => void;
}) {
	const [chosen, setChosen] = useState(offers[0]?.take ?? "");
	const offer = offers.find((one) => one.take === chosen);
	return (
		<>
			{offers.length > 1 && (
				<Pick
					label={say("rehearse.other.what")}
					value={chosen}
					options={offers.map(({ take, says }) => ({ id: take, name: says }))}
					onChange={setChosen}
				/>
			)}
			{offer && point.fields.length > 0 && chosen === "answer" && (
				<Candidates point={point} busy={busy} take={(value) => take(offer, { value })} />
			)}
			{offer && (point.fields.length === 0 || chosen !== "answer") && (
				<OtherValue key={chosen} offer={offer} busy={busy} take={(value) => take(offer, value)} />
			)}
		</>
	);
}

function OtherValue({
	offer,
	busy,
	take,
}: {
	offer: Offer;
	busy: boolean;
	take: (value: { value: unknown }) => void;
}) {
	const { fields, read } = useValue(say("rehearse.other.value"), offer.value);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const value = read();
		if (value) take(value);
	};
	return (
		<Form className="stop-form" onSubmit={submit}>
			{fields}
			<div className="actions">
				<Button slim type="submit" pending={busy}>
					{say("rehearse.other.take")}
				</Button>
			</div>
		</Form>
	);
}

const NONE = "none";

/** Fields that a model copies: which of the places in the document each one is. */
function Candidates({
	point,
	busy,
	take,
}: {
	point: Point;
	busy: boolean;
	take: (value: unknown) => void;
}) {
	const [chosen, setChosen] = useState<Record<string, string>>({});
	const given = () =>
		Object.fromEntries(
			point.fields.map(({ field, candidates }) => {
				const one = chosen[field] ?? (candidates.length > 0 ? "0" : NONE);
				return [field, one === NONE ? null : Number(one)];
			}),
		);
	return (
		<>
			{point.fields.map(({ field, question, candidates }) => (
				<Pick
					key={field}
					label={question}
					value={chosen[field] ?? (candidates.length > 0 ? "0" : NONE)}
					options={[
						...candidates.map((name, n) => ({ id: `${n}`, name })),
						{ id: NONE, name: say("rehearse.none") },
					]}
					onChange={(one) => setChosen({ ...chosen, [field]: one })}
				/>
			))}
			<div className="actions">
				<Button slim pending={busy} onPress={() => take(given())}>
					{say("rehearse.other.take")}
				</Button>
			</div>
		</>
	);
}
