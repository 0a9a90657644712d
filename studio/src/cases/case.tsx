import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { Case, Schemas } from "../api/client";
import { caseQuery } from "../api/queries";
import { Button, Fact, Page, Panel, Read, Status, When } from "../parts";
import { useTitle } from "../parts/now";
import { Said } from "../parts/text";
import { Value } from "../parts/value";
import { useMay } from "../session/gate";
import { pageOf, useWorkspace } from "../shell/workspace";
import { useStopRoom } from "../stop/stop";
import { say } from "../text";
import { at, cost, lasted, number, timeOfDay } from "../text/format";
import { shortId } from "./find";
import { Records } from "./records";
import { OVER, stepsOf } from "./story";
import "./cases.css";

export default function OneCase() {
	const { id = "" } = useParams();
	const workspace = useWorkspace();
	const title = say("case.title", { id: shortId(id) });
	useTitle(`${title} · ${say("app.name")}`);
	const found = useQuery(caseQuery(workspace, id));
	const { open } = useStopRoom();
	const over = found.data && OVER.includes(found.data.status);
	const may = useMay(workspace);
	return (
		<Page
			title={title}
			intro={<Link to={pageOf(workspace, "cases")}>{say("case.back")}</Link>}
			side={
				found.data &&
				!over &&
				may("stop") && (
					<Button look="danger-quiet" onPress={() => open({ of: "case", name: id })}>
						{say("case.stop")}
					</Button>
				)
			}
		>
			<Read from={found}>
				{(data) => (
					<>
						<Head of={data} />
						{data.trouble && <Trouble of={data.trouble} />}
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
						<div className="case-columns">
							<Story lines={data.story.filter((line) => !line.detail)} />
							<div className="case-side">
								<Panel
									title={say("case.input")}
									side={<span className="soft small">{say("case.untrusted")}</span>}
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
						{may("records") && <StoredEntries id={id} />}
					</>
				)}
			</Read>
		</Page>
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

function Trouble({ of }: { of: Schemas["Trouble"] }) {
	return (
		<div className="notice bad">
			<div>
				<p>
					<strong>{say("case.trouble")}:</strong>{" "}
					{of.detail ? <Said text={of.detail} /> : <code>{of.code}</code>}
				</p>
				<p>
					<Said
						text={[
							of.step && say("case.trouble.step", { step: of.step }),
							of.rule && say("case.trouble.rule", { rule: of.rule }),
							say("case.trouble.help", { code: of.code }),
						]
							.filter(Boolean)
							.join(" · ")}
					/>
				</p>
			</div>
		</div>
	);
}

/** What happened, step by step, with how long it took where somebody would wonder. */
function Story({ lines }: { lines: Case["story"] }) {
	const steps = stepsOf(lines);
	return (
		<Panel
			title={say("case.story")}
			side={<span className="soft small">{say("case.story.help")}</span>}
		>
			<ol className="story">
				{steps.map((part) => (
					<li key={part.key} className="story-step">
						{part.after !== undefined && (
							<p className="story-gap">{say("case.story.later", { time: lasted(part.after) })}</p>
						)}
						{part.step && <h3>{part.step.replaceAll("_", " ")}</h3>}
						<ol>
							{part.lines.map((line, n) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: the lines of a story are only added to.
								<li key={n} className="story-line">
									<time dateTime={line.at} title={at(line.at)}>
										{timeOfDay(line.at)}
									</time>
									<p>
										<Said text={line.text} />
									</p>
								</li>
							))}
						</ol>
					</li>
				))}
			</ol>
		</Panel>
	);
}

function StoredEntries({ id }: { id: string }) {
	const [open, setOpen] = useState(false);
	return (
		<Panel
			title={say("case.records")}
			side={<span className="soft small">{say("case.records.help")}</span>}
		>
			{open ? (
				<Records id={id} />
			) : (
				<Button onPress={() => setOpen(true)}>{say("case.records.show")}</Button>
			)}
		</Panel>
	);
}
