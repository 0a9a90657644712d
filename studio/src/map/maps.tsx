import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { Link, useNavigate } from "react-router";
import { type WorkflowLine, workflowsQuery } from "../api/workshop";
import { Button, Empty, Page, Panel, Problem, Read } from "../parts";
import { Field } from "../parts/form";
import { useTitle } from "../parts/now";
import { Sheet } from "../parts/sheet";
import { Inert, Said as Sentence } from "../parts/text";
import { useSession } from "../session/gate";
import { pageOf, useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { begin } from "./begin";
import "./maps.css";

/** Every workflow of the workspace: what its map says, and what of it is live. */
export default function Maps() {
	useTitle(`${say("nav.maps")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const workflows = useQuery(workflowsQuery(workspace));
	const rights: readonly string[] =
		useSession().workspaces.find((one) => one.name === workspace)?.rights ?? [];
	const may = rights.includes("change");
	const [making, setMaking] = useState(false);
	const make = may && (
		<Button look="primary" onPress={() => setMaking(true)}>
			{say("maps.new")}
		</Button>
	);
	return (
		<Page title={say("nav.maps")} intro={say("maps.intro")} side={make}>
			<Panel>
				<Read from={workflows}>
					{({ workflows }) =>
						workflows.length === 0 ? (
							<Empty title={say("maps.empty")} help={say("maps.empty.help")}>
								{make}
							</Empty>
						) : (
							<Listed workflows={workflows} />
						)
					}
				</Read>
			</Panel>
			<Sheet title={say("maps.new")} open={making} onClose={() => setMaking(false)}>
				<NewMap taken={workflows.data?.workflows ?? []} />
			</Sheet>
		</Page>
	);
}

/** The name of a map's page: that of its file. */
export const pageNameOf = (path: string): string =>
	(path.split("/").at(-1) ?? path).replace(/\.md$/, "");

function Listed({ workflows }: { workflows: readonly WorkflowLine[] }) {
	const workspace = useWorkspace();
	return (
		<ul className="maps">
			{workflows.map((one) => (
				<li key={one.path}>
					<div>
						<h2>
							<Link to={pageOf(workspace, "maps", pageNameOf(one.path))}>
								<Inert text={one.workflow || pageNameOf(one.path)} />
							</Link>
						</h2>
						<p>
							<Sentence text={one.purpose ?? say("maps.no_purpose")} />
						</p>
						{one.accountable && (
							<p className="soft small">
								<Inert text={say("maps.accountable", { who: one.accountable })} />
							</p>
						)}
					</div>
					<div className="maps-state">
						<Live one={one} />
						{one.canary && <span className="chip info">{say("maps.canary")}</span>}
						{one.problems > 0 ? (
							<span className="chip bad">{count("map.problems.n", one.problems)}</span>
						) : (
							<span className="chip good">{say("map.sound")}</span>
						)}
						{(one.open ?? 0) > 0 && (
							<span className="chip warn">{count("maps.open", one.open ?? 0)}</span>
						)}
					</div>
				</li>
			))}
		</ul>
	);
}

function Live({ one }: { one: WorkflowLine }) {
	if (!one.live) return <span className="chip">{say("maps.never")}</span>;
	if (one.changed) return <span className="chip warn">{say("maps.differs")}</span>;
	return <span className="chip good">{say("maps.live")}</span>;
}

const NAME = "[a-z][a-z0-9_]{0,62}";

function NewMap({ taken }: { taken: readonly WorkflowLine[] }) {
	const workspace = useWorkspace();
	const { person } = useSession();
	const go = useNavigate();
	const [name, setName] = useState("");
	const [purpose, setPurpose] = useState("");
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const there = taken.some((one) => pageNameOf(one.path) === name);
	const send = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		if (there) return;
		const { submitter } = event.nativeEvent as SubmitEvent;
		const bare = submitter instanceof HTMLButtonElement && submitter.value === "questions";
		setBusy(true);
		try {
			await begin(workspace, name, purpose, person, taken[0]?.path, bare);
			go(pageOf(workspace, "maps", name), { state: bare ? { room: "interview" } : null });
		} catch (error) {
			setError(error);
			setBusy(false);
		}
	};
	return (
		<Form className="stop-form" onSubmit={send}>
			<Field
				label={say("maps.new.name")}
				help={say("maps.new.name.help")}
				isRequired
				autoFocus
				pattern={NAME}
				value={name}
				onChange={setName}
			/>
			<Field
				label={say("maps.new.purpose")}
				help={say("maps.new.purpose.help")}
				isRequired
				long
				value={purpose}
				onChange={setPurpose}
			/>
			{there && (
				<p className="notice warn" role="alert">
					{say("maps.new.there")}
				</p>
			)}
			{error !== undefined && <Problem error={error} />}
			<div className="actions">
				<Button look="primary" type="submit" pending={busy} isDisabled={there}>
					{say("maps.new.begin")}
				</Button>
				<Button type="submit" value="questions" pending={busy} isDisabled={there}>
					{say("maps.new.interview")}
				</Button>
			</div>
			<p className="soft small">{say("maps.new.note")}</p>
		</Form>
	);
}
