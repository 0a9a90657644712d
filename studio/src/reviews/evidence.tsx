import { useMemo } from "react";
import type { Request, Shown } from "../api/client";
import { Inert } from "../parts/text";
import { Value, wordsOf } from "../parts/value";
import { say } from "../text";
import { isSource } from "./queue";

/** What an approval endorses: the values, and beside them the text they were read from. */
export function Evidence({ request }: { request: Request }) {
	const { shows, proposed } = request;
	const sources = shows.filter(isSource);
	const facts = shows.filter((shown) => !isSource(shown));
	const marks = useMemo(
		() => wordsOf([...shows, ...proposed].filter((shown) => !isSource(shown)).map((s) => s.value)),
		[shows, proposed],
	);
	return (
		<div className={sources.length > 0 && facts.length > 0 ? "evidence beside" : "evidence"}>
			<section>
				<h3>{say("reviews.evidence")}</h3>
				<p className="soft small">{say("reviews.evidence.note")}</p>
				{facts.map((shown) => (
					<One key={shown.name} shown={shown} />
				))}
			</section>
			{proposed.length > 0 && (
				<section>
					<h3>{say("reviews.proposed")}</h3>
					{proposed.map((shown) => (
						<One key={shown.name} shown={shown} />
					))}
				</section>
			)}
			{sources.map((shown) => (
				<section key={shown.name} className="evidence-source">
					<h3>
						<Inert text={titleOf(shown.name)} />
					</h3>
					<p className="soft small">{say("reviews.evidence.found")}</p>
					<Value value={shown.value} marks={marks} />
				</section>
			))}
		</div>
	);
}

const titleOf = (name: string) => name.replaceAll("_", " ").replaceAll(".", " › ");

function One({ shown: { name, value } }: { shown: Shown }) {
	return (
		<div className="evidence-one">
			<h4>
				<Inert text={titleOf(name)} />
			</h4>
			{value === undefined || value === null ? (
				<span className="soft">{say("reviews.erased")}</span>
			) : (
				<Value value={value} />
			)}
		</div>
	);
}
