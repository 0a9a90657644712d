import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { Link } from "react-router";
import type { CaseLine } from "../api/client";
import { sum } from "../api/prometheus";
import { healthQuery, metricsQuery, NEWEST, newestQuery, stopsQuery } from "../api/queries";
import { OVER } from "../cases/story";
import { Empty, Page, Panel, Read, Status } from "../parts";
import { useNow, useTitle } from "../parts/now";
import { Said } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { compact, cost, fromNow, lasted, number, percent, rate } from "../text/format";
import { Chart } from "./chart";
import {
	byWorkflow,
	type Constraint,
	constraint,
	failures,
	hour,
	kept,
	type Measured,
	perMinute,
} from "./figures";
import "./fleet.css";

/** Rates are of so long. */
const OVER_MS = 60_000;

export default function Fleet() {
	useTitle(`${say("fleet.title")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const newest = useQuery(newestQuery(workspace));
	return (
		<Page title={say("fleet.title")} intro={say("fleet.intro", { workspace })}>
			<Read from={newest}>
				{({ cases, next }) => (
					<>
						<HoldsUp />
						<Figures cases={cases} />
						{cases.length === 0 ? (
							<section className="panel">
								<Empty title={say("fleet.empty")} help={say("fleet.empty.help")} />
							</section>
						) : (
							<>
								<LastHour cases={cases} part={Boolean(next)} />
								<div className="fleet-columns">
									<Workflows cases={cases} />
									<Failures cases={cases} />
								</div>
							</>
						)}
					</>
				)}
			</Read>
		</Page>
	);
}

function useStanding() {
	const workspace = useWorkspace();
	const measured = useQuery(metricsQuery(workspace)).data;
	const stops = useQuery(stopsQuery(workspace)).data?.stops;
	const trouble = useQuery(healthQuery).data?.trouble;
	const standing = (status: string) =>
		sum(measured?.samples ?? [], "flightdeck_cases_standing", { flightdeck_status: status });
	return measured && stops && trouble
		? {
				stops: stops.map(({ scope }) => scope),
				trouble,
				waiting: standing("waiting"),
				running: standing("running"),
				halted: standing("halted"),
			}
		: undefined;
}

/** What to do something about first, in one sentence. */
function HoldsUp() {
	const standing = useStanding();
	const found = standing && constraint(standing);
	return (
		<section
			className={`fleet-holds ${found ? TONES[found.of] : ""}`}
			aria-label={say("fleet.constraint")}
		>
			<span className="soft small">{say("fleet.constraint")}</span>
			<p>{found ? <Said text={sentence(found)} /> : "…"}</p>
		</section>
	);
}

const TONES: Readonly<Record<Constraint["of"], string>> = {
	stop: "bad",
	trouble: "bad",
	people: "warn",
	halted: "warn",
	supply: "good",
	running: "good",
};

function sentence(found: Constraint): string {
	switch (found.of) {
		case "stop":
			return say(found.all ? "fleet.constraint.stop_all" : "fleet.constraint.stop");
		case "trouble":
			return say("fleet.constraint.trouble", { what: found.what });
		case "people":
			return count("fleet.constraint.people", found.n);
		case "halted":
			return count("fleet.constraint.halted", found.n);
		case "supply":
			return say("fleet.constraint.supply");
		case "running":
			return count("fleet.constraint.running", found.n);
	}
}

/** The looks of the last minute, by which rates are told. */
function useLooks(): { first: Measured | undefined; now: Measured | undefined } {
	const { data } = useQuery(metricsQuery(useWorkspace()));
	const [looks, setLooks] = useState<Measured[]>([]);
	useEffect(() => {
		if (data) setLooks((before) => kept(before, data, OVER_MS));
	}, [data]);
	return { first: looks.length > 1 ? looks[0] : undefined, now: looks.at(-1) };
}

function Figures({ cases }: { cases: readonly CaseLine[] }) {
	const { first, now } = useLooks();
	const all = now?.samples ?? [];
	const standing = (status: string) =>
		sum(all, "flightdeck_cases_standing", { flightdeck_status: status });
	const per = (name: string) => (now ? perMinute(name, first, now) : undefined);
	const spoken = (n: number | undefined) => (n === undefined ? "–" : rate(n));
	const note =
		first && now
			? say("fleet.rate.note", { time: lasted(now.at - first.at) })
			: say("fleet.rate.first");
	const over = cases.filter(({ status }) => OVER.includes(status));
	const waits = sum(all, "flightdeck_cases_waiting_age_seconds") * 1_000;
	const tokens = per("gen_ai_client_token_usage_sum");
	const refused = sum(all, "flightdeck_refusals_total");
	return (
		<section className="fleet-figures" aria-label={say("fleet.title")}>
			<Figure name={say("fleet.running")} value={number(standing("running"))} to="running" />
			<Figure
				name={say("fleet.waiting")}
				value={number(standing("waiting"))}
				note={waits > 0 ? say("fleet.waiting.oldest", { time: lasted(waits) }) : undefined}
				to="waiting"
			/>
			<Figure
				name={say("fleet.opened")}
				value={spoken(per("flightdeck_cases_opened_total"))}
				note={note}
			/>
			<Figure
				name={say("fleet.ended")}
				value={spoken(per("flightdeck_cases_ended_total"))}
				note={note}
			/>
			<Figure
				name={say("fleet.tokens")}
				value={tokens === undefined ? "–" : compact(tokens * 60)}
				note={note}
			/>
			<Figure
				name={say("fleet.cost")}
				value={cost(sum(all, "flightdeck_cost_total"))}
				note={say("fleet.cost.note")}
			/>
			<Figure
				name={say("status.done")}
				value={over.length === 0 ? "–" : percent(done(over) / over.length)}
				note={say("fleet.alone.note", { n: done(over), all: over.length })}
			/>
			<Figure
				name={say("fleet.refusals")}
				value={number(refused)}
				note={say("fleet.refusals.note")}
			/>
		</section>
	);
}

const done = (cases: readonly CaseLine[]) => cases.filter(({ status }) => status === "done").length;

function Figure({
	name,
	value,
	note,
	to,
}: {
	name: string;
	value: string;
	note?: string | undefined;
	to?: string;
}) {
	const workspace = useWorkspace();
	const inside = (
		<>
			<span className="fleet-name">{name}</span>
			<span className="fleet-value">{value}</span>
			<span className="fleet-note">{note ?? "\u00a0"}</span>
		</>
	);
	if (!to) return <div className="fleet-figure">{inside}</div>;
	return (
		<Link className="fleet-figure" to={`${pageOf(workspace, "cases")}?status=${to}`}>
			{inside}
		</Link>
	);
}

function LastHour({ cases, part }: { cases: readonly CaseLine[]; part: boolean }) {
	const minute = Math.floor(useNow() / 60_000);
	const drawn = useMemo(() => hour(cases, minute * 60_000), [cases, minute]);
	const total = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
	const begun = total(drawn.begun);
	const ended = total(drawn.ended);
	const summary =
		begun + ended === 0 ? say("fleet.chart.empty") : say("fleet.chart.summary", { begun, ended });
	return (
		<Panel
			title={say("fleet.chart")}
			side={
				<span className="soft small">
					{say("fleet.chart.window")}
					{part && ` · ${say("fleet.chart.part", { n: NEWEST })}`}
				</span>
			}
		>
			<Chart hour={drawn} summary={summary} />
		</Panel>
	);
}

function Workflows({ cases }: { cases: readonly CaseLine[] }) {
	const workspace = useWorkspace();
	return (
		<Panel title={say("fleet.workflows")}>
			<table className="table numbers">
				<thead>
					<tr>
						<th scope="col">{say("fleet.workflow")}</th>
						<th scope="col" className="right">
							{say("fleet.running")}
						</th>
						<th scope="col" className="right">
							{say("fleet.waiting")}
						</th>
						<th scope="col" className="right">
							{say("fleet.workflow.over")}
						</th>
					</tr>
				</thead>
				<tbody>
					{byWorkflow(cases).map(({ name, running, waiting, over }) => (
						<tr key={name}>
							<th scope="row">
								<Link to={`${pageOf(workspace, "cases")}?workflow=${encodeURIComponent(name)}`}>
									{name}
								</Link>
							</th>
							<td className="right">{number(running)}</td>
							<td className="right">{number(waiting)}</td>
							<td className="right">{number(over)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</Panel>
	);
}

function Failures({ cases }: { cases: readonly CaseLine[] }) {
	const workspace = useWorkspace();
	const now = useNow();
	const groups = failures(cases);
	return (
		<Panel title={say("fleet.failures")}>
			{groups.length === 0 ? (
				<p className="soft">{say("fleet.failures.none")}</p>
			) : (
				<ul className="fleet-failures">
					{groups.map(({ workflow, status, n, last }) => (
						<li key={`${workflow} ${status}`}>
							<Link
								to={`${pageOf(workspace, "cases")}?${new URLSearchParams({ workflow, status })}`}
							>
								{workflow}
							</Link>
							<Status status={status} />
							<span className="soft small">
								{count("fleet.failures.of", n, { when: fromNow(last, now) })}
							</span>
						</li>
					))}
				</ul>
			)}
		</Panel>
	);
}
