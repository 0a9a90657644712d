import { useMemo, useRef } from "react";
import type { Request, Shown } from "../api/client";
import { Button } from "../parts";
import type { Mark } from "../parts/inert";
import { Inert, Said, Words } from "../parts/text";
import { Value } from "../parts/value";
import { say } from "../text";
import {
	apart,
	besides,
	deedOf,
	type Grounds,
	grounded,
	marksIn,
	type Source,
	sourceOf,
} from "./grounds";

/** A document is read whole sooner than a field; a very long one is not put on the page at once. */
const SOURCE_MOST = 6_000;

interface Fact {
	shown: Shown;
	grounds: Grounds;
}

/** What an approval endorses: the values, and beside them the text they were read from. */
export function Evidence({ request }: { request: Request }) {
	const { proposed } = request;
	const box = useRef<HTMLDivElement>(null);
	const { facts, sources, marks } = useMemo(
		() => read(besides(request.shows, deedOf(request))),
		[request],
	);
	const point = (name: string) => {
		const all = box.current?.querySelectorAll<HTMLElement>("mark[data-names]") ?? [];
		const mark = [...all].find(({ dataset }) => dataset["names"]?.split(", ").includes(name));
		mark?.scrollIntoView({ block: "center" });
		mark?.focus();
	};
	// An act that may have happened rests on nothing else.
	if (facts.length + sources.length + proposed.length === 0) return null;
	return (
		<div
			ref={box}
			className={sources.length > 0 && facts.length > 0 ? "evidence beside" : "evidence"}
		>
			<section>
				<h3>{say("reviews.evidence")}</h3>
				<p className="soft small">{say("reviews.evidence.note")}</p>
				{facts.map(({ shown, grounds }) => (
					<One key={shown.name} shown={shown} grounds={grounds} point={point} />
				))}
				{proposed.length > 0 && <h3 className="evidence-one">{say("reviews.proposed")}</h3>}
				{proposed.map((shown) => (
					<One key={shown.name} shown={shown} grounds={{}} point={point} />
				))}
			</section>
			<div className="evidence-sources">
				{sources.map((source) => (
					<section key={source.name} className="evidence-source">
						<h3>
							<Inert text={titleOf(source.name)} />
						</h3>
						<From of={source.from} />
						<p className="soft small">
							{say(marks.has(source) ? "reviews.evidence.marked" : "reviews.evidence.read")}
						</p>
						<Words text={source.text} marks={marks.get(source) ?? []} most={SOURCE_MOST} />
					</section>
				))}
			</div>
		</div>
	);
}

/** Sorts what is shown into values and texts, and finds in the texts where values were read. */
function read(shows: readonly Shown[]) {
	const { facts: all, sources } = apart(shows);
	const marks = new Map<Source, Mark[]>();
	const facts: Fact[] = all.map(({ value: whole, ...rest }) => {
		const { value, grounds } = grounded(whole);
		const source = sourceOf(sources, value, grounds);
		if (!source) return { shown: { ...rest, value }, grounds: {} };
		const found = marksIn(source.text, grounds);
		if (found.length > 0) marks.set(source, [...(marks.get(source) ?? []), ...found]);
		return { shown: { ...rest, value }, grounds };
	});
	// What was read is judged first; what it was read with stands below.
	facts.sort((a, b) => Number(isRead(b)) - Number(isRead(a)));
	return { facts, sources, marks };
}

const isRead = ({ grounds }: Fact) => Object.keys(grounds).length > 0;

/** Where something comes from, in the installation's words. */
function From({ of }: { of: string | null | undefined }) {
	if (!of) return null;
	return (
		<p className="soft small">
			<Said text={say("reviews.from", { from: of })} />
		</p>
	);
}

/** A path is told as a way; a name that is a sentence stays one. */
const titleOf = (name: string) =>
	/\s/.test(name) ? name : name.replaceAll("_", " ").replaceAll(".", " › ");

function One({
	shown: { name, value, from },
	grounds,
	point,
}: {
	shown: Shown;
	grounds: Grounds;
	point: (name: string) => void;
}) {
	const fields = Object.keys(grounds).length > 0 && value !== null && typeof value === "object";
	return (
		<div className="evidence-one">
			<h4>
				<Said text={titleOf(name)} />
			</h4>
			<From of={from} />
			{value === undefined || value === null ? (
				<span className="soft">{say("reviews.erased")}</span>
			) : fields ? (
				<dl className="value-table">
					{Object.entries(value as object).map(([field, inside]) => (
						<Ground
							key={field}
							name={field}
							value={inside}
							point={field in grounds ? () => point(field) : undefined}
						/>
					))}
				</dl>
			) : (
				<Value value={value} />
			)}
		</div>
	);
}

/** A field, and the way to where it stands in its source. */
function Ground({
	name,
	value,
	point,
}: {
	name: string;
	value: unknown;
	point: (() => void) | undefined;
}) {
	return (
		<>
			<dt>
				<Inert text={name.replaceAll("_", " ")} />
			</dt>
			<dd className="evidence-ground">
				<span>
					<Value value={value} depth={1} />
				</span>
				{point && (
					<Button
						look="quiet"
						slim
						aria-label={say("reviews.evidence.point", { name })}
						onPress={point}
					>
						<svg viewBox="0 0 16 16" aria-hidden="true">
							<path d="M2 8h11M9 4l4 4-4 4" />
						</svg>
					</Button>
				)}
			</dd>
		</>
	);
}
