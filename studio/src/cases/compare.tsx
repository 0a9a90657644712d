import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useParams } from "react-router";
import type { Case } from "../api/client";
import { caseQuery } from "../api/queries";
import { Page, Panel, Read, Status } from "../parts";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { cost, lasted, number } from "../text/format";
import { beside, type Met, type Row } from "./beside";
import { Changes } from "./changes";
import { shortId } from "./find";
import "./cases.css";

/** Two cases step by step: where their ways part, and by which values. */
export default function Compare() {
	const { id = "", other = "" } = useParams();
	const workspace = useWorkspace();
	useTitle(`${say("beside.title")} · ${say("app.name")}`);
	const one = useQuery(caseQuery(workspace, id));
	const two = useQuery(caseQuery(workspace, other));
	const both = one.data && two.data ? { one: one.data, other: two.data } : undefined;
	const from = {
		data: both,
		error: one.error ?? two.error,
		refetch: () => Promise.all([one.refetch(), two.refetch()]),
	};
	return (
		<Page
			title={say("beside.title")}
			intro={
				<Link to={pageOf(workspace, "cases", id)}>{say("case.title", { id: shortId(id) })}</Link>
			}
			side={
				<Link className="button" to={pageOf(workspace, "cases", other, "with", id)}>
					{say("beside.turn")}
				</Link>
			}
		>
			<Read from={from}>{({ one, other }) => <Both one={one} other={other} />}</Read>
		</Page>
	);
}

function Both({ one, other }: { one: Case; other: Case }) {
	const { rows, came } = useMemo(() => beside(one, other), [one, other]);
	const parts = rows.find((row) => row.parts);
	const names = { before: nameOf(one), after: nameOf(other) };
	return (
		<>
			<Heads one={one} other={other} />
			<Panel title={say("beside.came")}>
				{came.length === 0 ? (
					<p className="soft">{say("beside.came.same")}</p>
				) : (
					<Changes of={came} {...names} />
				)}
			</Panel>
			<Panel title={say("beside.way")}>
				<p className="beside-way">
					<Said
						text={parts ? say("beside.way.parts", { step: parts.step }) : say("beside.way.same")}
					/>
				</p>
				<ol className="beside">
					{rows.map((row, n) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the rows of two cases have no other name.
						<li key={n} className={row.parts ? "beside-row parts" : "beside-row"}>
							<OneRow of={row} names={names} />
						</li>
					))}
				</ol>
			</Panel>
		</>
	);
}

const nameOf = ({ id, title }: Case): string => title ?? shortId(id);

function Heads({ one, other }: { one: Case; other: Case }) {
	const workspace = useWorkspace();
	const lines: [string, (of: Case) => React.ReactNode][] = [
		[say("cases.status"), (of) => <Status status={of.status} />],
		[say("cases.workflow"), (of) => of.workflow ?? "–"],
		[say("case.release"), (of) => <code>{of.release?.slice(0, 12) ?? "–"}</code>],
		[say("case.took"), (of) => lasted(Date.parse(of.changed) - Date.parse(of.opened))],
		[say("case.acts"), (of) => number(of.acts.length)],
		[say("case.tokens"), (of) => number(of.tokens)],
		[say("case.cost"), (of) => cost(of.cost_nanos / 1e9)],
	];
	return (
		<section className="panel">
			<div className="panel-body">
				<table className="table numbers">
					<thead>
						<tr>
							<th scope="col">{say("beside.what")}</th>
							{[one, other].map((of, n) => (
								<th
									scope="col"
									key={of.id}
									aria-label={say(n === 0 ? "beside.one" : "beside.other")}
								>
									<Link to={pageOf(workspace, "cases", of.id)}>
										<Inert text={nameOf(of)} />
									</Link>
								</th>
							))}
						</tr>
					</thead>
					<tbody>
						{lines.map(([name, shown]) => (
							<tr key={name}>
								<th scope="row">{name}</th>
								<td>{shown(one)}</td>
								<td>{shown(other)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function OneRow({
	of: { step, one, other, differs, parts },
	names,
}: {
	of: Row;
	names: { before: string; after: string };
}) {
	return (
		<>
			<h3>{step.replaceAll("_", " ")}</h3>
			{parts && <p className="beside-parts">{say("beside.parts")}</p>}
			<div className="beside-both">
				<Side of={one} name={names.before} />
				<Side of={other} name={names.after} />
			</div>
			{one && other && differs.length === 0 && <p className="soft small">{say("beside.same")}</p>}
			{differs.length > 0 && (
				<details className="fold-one">
					<summary>{count("beside.differ", differs.length)}</summary>
					<Changes of={differs} {...names} />
				</details>
			)}
		</>
	);
}

function Side({ of, name }: { of: Met | undefined; name: string }) {
	if (!of) {
		return (
			<p className="soft">
				<Inert text={name} />: {say("beside.not_here")}
			</p>
		);
	}
	const { acts, tokens, cost_nanos, ms } = of.spent;
	return (
		<div>
			{of.because.map((because) => (
				<p key={because}>
					<Said text={because} />
				</p>
			))}
			<p className="soft small numbers">
				{ms === undefined ? "" : `${lasted(ms)} · `}
				{say("beside.spent", { acts, tokens, cost: cost(cost_nanos / 1e9) })}
			</p>
		</div>
	);
}
