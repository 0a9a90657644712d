import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import type { Fleet } from "../api/client";
import { fleetQuery, reviewsQuery, stopsQuery, workflowsQuery } from "../api/queries";
import { NoCase } from "../cases/start";
import { Page, Panel, Read } from "../parts";
import { Pick } from "../parts/form";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { count, named, type Plain, say } from "../text";
import { compact, cost, number, percent, rate } from "../text/format";
import { Chart } from "./chart";
import { alone, BACK, backOf, drawn, pace, placeOf, total } from "./figures";
import "./fleet.css";

/** How far back is looked stands in the address, so that a page can be sent to somebody. */
const ASKED = "minutes";

export default function FleetPage() {
	useTitle(`${say("fleet.title")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const [asked, setAsked] = useSearchParams();
	const minutes = backOf(asked.get(ASKED));
	const fleet = useQuery(fleetQuery(workspace, minutes));
	const options = BACK.map((n) => ({ id: `${n}`, name: named("fleet.back", `${n}`) }));
	return (
		<Page
			title={say("fleet.title")}
			intro={say("fleet.intro", { workspace })}
			side={
				<div className="fleet-back">
					<Pick
						label={say("fleet.back")}
						unseen
						value={`${minutes}`}
						options={options}
						onChange={(id) => setAsked({ [ASKED]: id }, { replace: true })}
					/>
				</div>
			}
		>
			<Read from={fleet}>
				{(all) => (
					<>
						<HoldsUp of={all} />
						<Figures of={all} />
						{all.cases === 0 && (
							<section className="panel">
								<NoCase title="fleet.empty" help="fleet.empty.help" />
							</section>
						)}
						<Pace of={all.per_minute} />
						<div className="fleet-columns">
							<Failures of={all.failures} />
							<Workflows />
						</div>
					</>
				)}
			</Read>
		</Page>
	);
}

const TONES: Readonly<Record<Fleet["limited_by"], string>> = {
	stop: "bad",
	budget: "bad",
	rate_limit: "warn",
	people: "warn",
	model: "",
	tools: "",
	supply: "good",
	nothing: "good",
};

/** What holds the work up, in a sentence, and what can be done about it. A stop of all comes first. */
function HoldsUp({ of: { limited_by, limited_by_text, trouble } }: { of: Fleet }) {
	const stops = useQuery(stopsQuery(useWorkspace())).data?.stops ?? [];
	const stopped = stops.some(({ scope }) => scope.of === "everything");
	const held = stopped || trouble.length > 0;
	return (
		<section
			className={`fleet-holds ${held ? "bad" : TONES[limited_by]}`}
			aria-label={say("fleet.constraint")}
		>
			<span className="soft small">{say("fleet.constraint")}</span>
			{trouble.map((what) => (
				<p key={what}>
					<Said text={say("fleet.constraint.trouble", { what })} />
				</p>
			))}
			<p className="fleet-limit">
				<Said text={stopped ? say("fleet.constraint.stopped") : limited_by_text} />
			</p>
			<span className="soft">{named("fleet.do", stopped ? "stop" : limited_by)}</span>
		</section>
	);
}

function Figures({ of }: { of: Fleet }) {
	const waiting = useQuery(reviewsQuery(useWorkspace())).data?.requests.length;
	const share = alone(of);
	const people = of.people_minutes_per_1000;
	const shown = { n: of.per_minute.length };
	return (
		<section className="fleet-figures" aria-label={say("fleet.figures")}>
			<Figure
				name={say("fleet.pace")}
				value={rate(pace(of.per_minute, "ended"))}
				note={say("fleet.pace.note", shown)}
			/>
			<Figure
				name={say("fleet.alone")}
				value={share === undefined ? "–" : percent(share)}
				note={say("fleet.alone.note", { n: of.alone, all: of.done })}
			/>
			<Figure
				name={say("fleet.waiting")}
				value={waiting === undefined ? "–" : number(waiting)}
				note={say("fleet.waiting.note")}
				to={["reviews"]}
			/>
			<Figure
				name={say("fleet.failed")}
				value={number(of.failed)}
				note={say("fleet.failed.note", { all: of.cases })}
				to={["cases"]}
				query="status=failed"
			/>
			<Figure
				name={say("fleet.tokens")}
				value={compact(of.tokens_per_hour)}
				note={say("fleet.tokens.note", { all: compact(of.tokens) })}
			/>
			<Figure
				name={say("fleet.cost")}
				value={cost(of.cost_nanos / 1e9)}
				note={say("fleet.cost.note")}
			/>
			<Figure
				name={say("fleet.people")}
				value={typeof people === "number" ? number(people) : "–"}
				note={say("fleet.people.note")}
			/>
			<Figure
				name={say("fleet.open")}
				value={number(of.open)}
				note={say("fleet.open.note")}
				to={["cases"]}
				query="status=running"
			/>
		</section>
	);
}

function Figure({
	name,
	value,
	note,
	to,
	query,
}: {
	name: string;
	value: string;
	note: string;
	to?: string[];
	query?: string;
}) {
	const workspace = useWorkspace();
	const inside = (
		<>
			<span className="fleet-name">{name}</span>
			<span className="fleet-value">{value}</span>
			<span className="fleet-note">{note}</span>
		</>
	);
	if (!to) return <div className="fleet-figure">{inside}</div>;
	return (
		<Link className="fleet-figure" to={{ pathname: pageOf(workspace, ...to), search: query ?? "" }}>
			{inside}
		</Link>
	);
}

function Pace({ of }: { of: Fleet["per_minute"] }) {
	const picture = useMemo(() => drawn(of), [of]);
	const begun = total(of, "begun");
	const ended = total(of, "ended");
	const summary =
		begun + ended === 0 ? say("fleet.chart.empty") : say("fleet.chart.summary", { begun, ended });
	return (
		<Panel
			title={say("fleet.chart")}
			side={<span className="soft small">{say("fleet.chart.window", { n: of.length })}</span>}
		>
			<Chart of={picture} summary={summary} />
		</Panel>
	);
}

/** Failures of one kind in one place are one line; the newest of them tells what it was. */
function Failures({ of }: { of: Fleet["failures"] }) {
	const workspace = useWorkspace();
	return (
		<Panel title={say("fleet.failures")}>
			{of.length === 0 ? (
				<p className="soft">{say("fleet.failures.none")}</p>
			) : (
				<ul className="fleet-failures">
					{of.map(({ workflow, signature, cases, last }) => (
						<li key={`${workflow} ${signature}`}>
							<p>
								<Link
									to={{ pathname: pageOf(workspace, "cases"), search: listed(workflow, signature) }}
								>
									{count("fleet.failures.of", cases)}
								</Link>{" "}
								<Kind signature={signature} />
							</p>
							<p className="soft small">
								<Inert text={workflow ?? ""} /> ·{" "}
								<Link to={pageOf(workspace, "cases", last)}>{say("fleet.failures.last")}</Link>
							</p>
						</li>
					))}
				</ul>
			)}
		</Panel>
	);
}

function listed(workflow: string | null | undefined, trouble: string): string {
	return `${new URLSearchParams({ ...(workflow ? { workflow } : {}), status: "failed", trouble })}`;
}

/** Where and by what, as it is written everywhere. */
export function Kind({ signature }: { signature: string }) {
	const { step, code } = placeOf(signature);
	return (
		<span>
			<Said text={say("fleet.failures.kind", { step: step.replaceAll("_", " "), code })} />
		</span>
	);
}

function Workflows() {
	const workspace = useWorkspace();
	const found = useQuery(workflowsQuery(workspace));
	return (
		<Panel
			title={say("fleet.workflows")}
			side={<Link to={pageOf(workspace, "releases")}>{say("fleet.workflows.releases")}</Link>}
		>
			<Read from={found}>
				{({ workflows }) => (
					<ul className="fleet-failures">
						{workflows.map((one) => (
							<li key={one.path}>
								<p>
									<Link
										to={{
											pathname: pageOf(workspace, "cases"),
											search: `${new URLSearchParams({ workflow: one.workflow })}`,
										}}
									>
										<Inert text={one.workflow} />
									</Link>{" "}
									<span className="soft small">{say(standing(one))}</span>
								</p>
								{one.purpose && (
									<p className="soft small">
										<Said text={one.purpose} />
									</p>
								)}
							</li>
						))}
					</ul>
				)}
			</Read>
		</Panel>
	);
}

function standing(one: { problems: number; live?: string | null; changed: boolean }): Plain {
	if (one.problems > 0) return "fleet.workflow.problems";
	if (!one.live) return "fleet.workflow.never";
	return one.changed ? "fleet.workflow.changed" : "fleet.workflow.live";
}
