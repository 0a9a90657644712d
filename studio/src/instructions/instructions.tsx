import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import {
	type Instructions as All,
	type InstructionFile,
	instructionsQuery,
	writtenQuery,
} from "../api/standing";
import { Button, Empty, Page, Panel, Read, When } from "../parts";
import { useTitle } from "../parts/now";
import { Inert, Said, Words } from "../parts/text";
import { useMay } from "../session/gate";
import { useWorkspace } from "../shell/workspace";
import { count, named, say } from "../text";
import { Change } from "./change";
import { heaviest, KINDS, ofKind, share } from "./weight";
import "./instructions.css";

/** So much of a text is shown until somebody wants all of it. */
const WHOLE = 20_000;

export default function Instructions() {
	useTitle(`${say("instructions.title")} · ${say("app.name")}`);
	const all = useQuery(instructionsQuery(useWorkspace()));
	return (
		<Page title={say("instructions.title")} intro={say("instructions.intro")}>
			<Read from={all}>
				{(all) =>
					all.files.length === 0 ? (
						<section className="panel">
							<Empty
								title={say("instructions.none")}
								help={say("instructions.none.help")}
								command={say("instructions.none.command")}
							/>
						</section>
					) : (
						<>
							<Findings all={all} />
							<div className="instructions-columns">
								<Tree all={all} />
								<Chosen all={all} />
							</div>
							<Agents all={all} />
						</>
					)
				}
			</Read>
		</Page>
	);
}

function useChosen(all: All): InstructionFile | undefined {
	const [asked] = useSearchParams();
	const path = asked.get("file");
	return all.files.find((file) => file.path === path) ?? all.files[0];
}

function Tree({ all }: { all: All }) {
	const chosen = useChosen(all);
	return (
		<nav className="panel instructions-tree" aria-label={say("instructions.files")}>
			{KINDS.map((kind) => {
				const files = ofKind(all.files, kind);
				if (files.length === 0) return null;
				return (
					<section key={kind}>
						<h2>{named("instructions.kind", kind)}</h2>
						<ul>
							{files.map((file) => (
								<li key={file.path}>
									<Link
										to={{ search: `?file=${encodeURIComponent(file.path)}` }}
										aria-current={file === chosen ? "true" : undefined}
									>
										<Inert text={file.path} />
										<span className="soft small">
											{count("instructions.tokens", file.tokens_about)}
										</span>
									</Link>
								</li>
							))}
						</ul>
					</section>
				);
			})}
		</nav>
	);
}

function Chosen({ all }: { all: All }) {
	const file = useChosen(all);
	// What is written in one file is gone with it, never put into another.
	return file ? <File key={file.path} file={file} noHistory={all.no_history ?? undefined} /> : null;
}

function File({ file, noHistory }: { file: InstructionFile; noHistory: string | undefined }) {
	const workspace = useWorkspace();
	const may = useMay(workspace)("change");
	const [changing, setChanging] = useState(false);
	const written = useQuery({ ...writtenQuery(workspace, file.path), enabled: file.open });
	const side = may && file.open && written.data && !changing && (
		<Button slim onPress={() => setChanging(true)}>
			{say("instructions.change")}
		</Button>
	);
	return (
		<div className="instructions-file">
			<Panel title={file.path} side={side}>
				{!file.open && <p className="soft">{say("instructions.closed")}</p>}
				{file.open && (
					<Read from={written}>
						{(text) =>
							changing ? (
								<Change file={text} done={() => setChanging(false)} />
							) : (
								<Words text={text.text} most={WHOLE} />
							)
						}
					</Read>
				)}
			</Panel>
			<Panel title={say("instructions.read_by")}>
				{file.read_by.length > 0 ? (
					<ul className="instructions-steps">
						{file.read_by.map((step) => (
							<li key={step}>{step}</li>
						))}
					</ul>
				) : (
					<p className="soft">{say("instructions.read_by.none")}</p>
				)}
			</Panel>
			<Panel title={say("instructions.history")}>
				{file.changes.length === 0 && <p className="soft">{say("instructions.history.none")}</p>}
				<ol className="instructions-history">
					{file.changes.map((change) => (
						<li key={`${change.at}${change.who}${change.about ?? ""}`}>
							<span>
								<Inert text={change.who} />{" "}
								<span className="soft">
									{say(change.here ? "instructions.history.here" : "instructions.history.git")}
								</span>
								{change.about && (
									<span className="soft">
										{": "}
										<Inert text={change.about} />
									</span>
								)}
							</span>
							<When at={change.at} />
						</li>
					))}
				</ol>
				{noHistory && (
					<p className="soft small">
						<Said text={say("instructions.history.only", { why: noHistory })} />
					</p>
				)}
			</Panel>
		</div>
	);
}

function Findings({ all }: { all: All }) {
	if (all.findings.length === 0) return null;
	return (
		<Panel title={say("instructions.findings")}>
			<ul className="instructions-findings">
				{all.findings.map(({ kind, file, line, what, fix }) => (
					<li key={`${file}${line}${what}`}>
						<span className={kind === "problem" ? "chip bad" : "chip warn"}>
							{named("instructions.finding", kind)}
						</span>
						<span>
							<Link to={{ search: `?file=${encodeURIComponent(file)}` }}>
								<Inert text={`${file}:${line}`} />
							</Link>{" "}
							<Said text={what} />
							{fix && (
								<span className="soft">
									{" "}
									<Said text={fix} />
								</span>
							)}
						</span>
					</li>
				))}
			</ul>
		</Panel>
	);
}

/** What each agent reads in every case, and which part of it weighs how much. */
function Agents({ all }: { all: All }) {
	const agents = heaviest(all.agents);
	if (agents.length === 0) return null;
	return (
		<Panel title={say("instructions.agents")}>
			<p className="soft">{say("instructions.agents.help")}</p>
			<ul className="instructions-agents">
				{agents.map((one) => (
					<li key={`${one.workflow}.${one.step}`}>
						<h3>
							{one.workflow}.{one.step}{" "}
							<span className="soft">{say("instructions.agent", { name: one.agent })}</span>
						</h3>
						<p className="small soft">{count("instructions.tokens", one.tokens_about)}</p>
						<ul>
							{one.parts.map((part) => (
								<li key={part.source} className="instructions-part">
									<Inert text={part.source} />
									<meter
										aria-label={say("instructions.share", { of: part.source })}
										min={0}
										max={100}
										value={share(part.tokens_about, one.tokens_about)}
									/>
									<span className="soft small numbers">
										{count("instructions.tokens", part.tokens_about)}
									</span>
								</li>
							))}
						</ul>
					</li>
				))}
			</ul>
		</Panel>
	);
}
