import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { releasesQuery, workflowsQuery } from "../api/queries";
import { Button, Empty, Fact, Page, Panel, Read, When } from "../parts";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { useMay } from "../session/gate";
import { pageOf, useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { Beside } from "./beside";
import { Order, type OrderOf } from "./order";
import { type Release, type Standing, standings } from "./standing";
import "./releases.css";

/** What is live of each workflow, what is tried beside it, and what was before. */
export default function Releases() {
	useTitle(`${say("releases.title")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const releases = useQuery(releasesQuery(workspace));
	const workflows = useQuery(workflowsQuery(workspace));
	const both =
		releases.data && workflows.data
			? standings(workflows.data.workflows, releases.data.releases)
			: undefined;
	const from = {
		data: both,
		error: releases.error ?? workflows.error,
		refetch: () => Promise.all([releases.refetch(), workflows.refetch()]),
	};
	return (
		<Page title={say("releases.title")} intro={say("releases.intro")}>
			<Read from={from}>
				{(all) =>
					all.length === 0 ? (
						<section className="panel">
							<Empty title={say("releases.empty")} help={say("releases.empty.help")}>
								<Link className="button primary" to={pageOf(workspace, "maps")}>
									{say("releases.empty.next")}
								</Link>
							</Empty>
						</section>
					) : (
						all.map((one) => <OneWorkflow key={one.name} of={one} />)
					)
				}
			</Read>
		</Page>
	);
}

function OneWorkflow({ of }: { of: Standing }) {
	const { name, file, live, canary, before } = of;
	const may = useMay(useWorkspace())("release");
	const [order, setOrder] = useState<OrderOf>();
	return (
		<Panel title={<Inert text={name} />} side={file && <Files of={of} />}>
			<div className="release-all">
				{file?.purpose && (
					<p className="soft">
						<Said text={file.purpose} />
					</p>
				)}
				{live ? (
					<One of={live} />
				) : (
					<p className="soft">{say(file ? "releases.never" : "releases.none")}</p>
				)}
				{canary && (
					<div className="release-canary">
						<One of={canary} />
						{canary.compared ? (
							<Beside of={canary.compared} />
						) : (
							<p className="soft">{say("releases.compared.none")}</p>
						)}
					</div>
				)}
				{may && (
					<div className="actions">
						{file && file.problems === 0 && (
							<Button
								{...(file.changed || !live ? { look: "primary" as const } : {})}
								onPress={() => setOrder("deploy")}
							>
								{say("releases.deploy")}
							</Button>
						)}
						{canary && (
							<Button onPress={() => setOrder("promote")}>{say("releases.promote")}</Button>
						)}
						{(canary || (live && before.length > 0)) && (
							<Button look="danger-quiet" onPress={() => setOrder("back")}>
								{say(canary ? "releases.back.canary" : "releases.back")}
							</Button>
						)}
					</div>
				)}
				{before.length > 0 && (
					<details className="release-before">
						<summary>{say("releases.before", { n: before.length })}</summary>
						<ol>
							{before.map((one) => (
								<li key={`${one.release} ${one.deployed}`}>
									<One of={one} />
								</li>
							))}
						</ol>
					</details>
				)}
			</div>
			<Order order={order} of={of} done={() => setOrder(undefined)} />
		</Panel>
	);
}

/** Whether what is live is what the files say. */
function Files({ of: { file, live } }: { of: Standing }) {
	if (!file) return null;
	if (file.problems > 0)
		return <span className="chip bad">{say("releases.files.problems", { n: file.problems })}</span>;
	if (!live) return <span className="chip warn">{say("releases.files.never")}</span>;
	return file.changed ? (
		<span className="chip warn">{say("releases.files.changed", { path: file.path })}</span>
	) : (
		<span className="chip good">{say("releases.files.same")}</span>
	);
}

const TONES: Readonly<Record<Release["state"], string>> = {
	live: "good",
	canary: "info",
	before: "",
	rolled_back: "bad",
};

function One({ of }: { of: Release }) {
	return (
		<div className="release">
			<p className="release-line">
				<span className={`chip ${TONES[of.state]}`}>{named("releases.state", of.state)}</span>
				<code title={of.release}>{of.release.slice(0, 12)}</code>
				<span className="soft small">
					{say("releases.since")} <When at={of.since} />
				</span>
			</p>
			<dl className="facts">
				<Fact name={say("releases.who")}>
					<Inert text={of.who} />, <When at={of.deployed} />
				</Fact>
				{of.reason && (
					<Fact name={say("common.reason")}>
						<Said text={of.reason} />
					</Fact>
				)}
				<Fact name={say("releases.tried")}>
					{of.tried
						? say("releases.tried.of", { right: of.tried.right, cases: of.tried.cases })
						: say("releases.tried.none")}
				</Fact>
			</dl>
			{of.ended && (
				<p className="soft small">
					<Said text={of.ended} />
				</p>
			)}
		</div>
	);
}
