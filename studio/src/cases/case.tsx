import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { Case } from "../api/client";
import { caseQuery } from "../api/queries";
import { Button, Fact, Page, Panel, Read, Status, When } from "../parts";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { Value } from "../parts/value";
import { useMay } from "../session/gate";
import { pageOf, useWorkspace } from "../shell/workspace";
import { useStopRoom } from "../stop/stop";
import { say } from "../text";
import { at, cost, lasted, number } from "../text/format";
import { Choose } from "./choose";
import { shortId } from "./find";
import { Records } from "./records";
import { OVER } from "./story";
import { Story } from "./told";
import { isPlain, Why } from "./why";
import "./cases.css";

export default function OneCase() {
	const { id = "" } = useParams();
	const workspace = useWorkspace();
	const short = say("case.title", { id: shortId(id) });
	const found = useQuery(caseQuery(workspace, id));
	const title = found.data?.title ?? short;
	useTitle(`${title} · ${say("app.name")}`);
	return (
		<Page
			title={<Inert text={title} />}
			intro={
				<>
					<Link to={pageOf(workspace, "cases")}>{say("case.back")}</Link>
					{title !== short && <span className="mono small"> · {id}</span>}
				</>
			}
			side={found.data && <Actions of={found.data} />}
		>
			<Read from={found}>
				{(data) => (
					<>
						<Head of={data} />
						{data.requests.map((request) => (
							<div className="notice warn" key={request.number}>
								<div>
									<p>
										<strong>{say("case.waits")}:</strong> <Said text={request.question} />
									</p>
									<p>{say("reviews.by", { role: request.by.replaceAll("_", " ") })}</p>
								</div>
								<Link
									className="button primary"
									to={pageOf(workspace, "reviews", id, request.number)}
								>
									{say("case.decide")}
								</Link>
							</div>
						))}
						{!isPlain(data) && <Why of={data.why} />}
						<div className="case-columns">
							<Story of={data} />
							<div className="case-side">
								<Panel
									title={say("case.input")}
									side={data.outside && <span className="soft small">{say("case.untrusted")}</span>}
								>
									{data.case === undefined || data.case === null ? (
										<p className="soft">{say("case.input.erased")}</p>
									) : (
										<Value value={data.case} />
									)}
								</Panel>
								{data.output !== undefined && data.output !== null && (
									<Panel title={say("case.output")}>
										<Value value={data.output} />
									</Panel>
								)}
							</div>
						</div>
						<Stored id={id} />
					</>
				)}
			</Read>
		</Page>
	);
}

function Actions({ of }: { of: Case }) {
	const workspace = useWorkspace();
	const may = useMay(workspace);
	const { open } = useStopRoom();
	return (
		<div className="actions">
			{of.workflow && of.case !== undefined && of.case !== null && (
				<Link
					className="button"
					to={pageOf(workspace, "maps", of.workflow)}
					state={{ room: "rehearse", again: of.id }}
				>
					{say("again.go")}
				</Link>
			)}
			<Choose of={of} />
			{!OVER.includes(of.status) && may("stop") && (
				<Button look="danger-quiet" onPress={() => open({ of: "case", name: of.id })}>
					{say("case.stop")}
				</Button>
			)}
		</div>
	);
}

function Head({ of }: { of: Case }) {
	const took = Date.parse(of.changed) - Date.parse(of.opened);
	return (
		<section className="panel">
			<div className="panel-body">
				<dl className="facts case-facts">
					<Fact name={say("cases.status")}>
						<Status status={of.status} />
					</Fact>
					<Fact name={say("cases.workflow")}>{of.workflow ?? "–"}</Fact>
					<Fact name={say("case.begun")}>
						<span title={at(of.opened)}>
							<When at={of.opened} />
						</span>
					</Fact>
					<Fact name={say("case.took")}>{lasted(took)}</Fact>
					<Fact name={say("case.tokens")}>{number(of.tokens)}</Fact>
					<Fact name={say("case.cost")}>{cost(of.cost_nanos / 1e9)}</Fact>
					<Fact name={say("case.release")}>
						<code title={of.release ?? ""}>{of.release?.slice(0, 12) ?? "–"}</code>
					</Fact>
				</dl>
			</div>
		</section>
	);
}

/** What is stored, to be looked at or taken along: the case as it is shown, the entries as they are. */
function Stored({ id }: { id: string }) {
	const workspace = useWorkspace();
	const records = useMay(workspace)("records");
	const [open, setOpen] = useState(false);
	const path = `/api/v1/workspaces/${encodeURIComponent(workspace)}/cases/${encodeURIComponent(id)}`;
	return (
		<Panel
			title={say("case.records")}
			side={<span className="soft small">{say("case.records.help")}</span>}
		>
			<div className="actions">
				{records && !open && (
					<Button onPress={() => setOpen(true)}>{say("case.records.show")}</Button>
				)}
				<a className="button" href={path} download={`case-${id}.json`}>
					{say("case.save")}
				</a>
				{records && (
					<a className="button" href={`${path}/records`} download={`case-${id}.ndjson`}>
						{say("case.save.records")}
					</a>
				)}
			</div>
			{open && <Records id={id} />}
		</Panel>
	);
}
