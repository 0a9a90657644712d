import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { api, held, type Schemas } from "../api/client";
import { Button, Empty, Fact, Page, Panel, Problem } from "../parts";
import { Pick } from "../parts/form";
import { useTitle } from "../parts/now";
import { Inert } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { count, named, say } from "../text";
import "./foreign.css";

type Log = Schemas["ForeignLog"];

/** What somebody may want to see alone. */
const ABOUT = ["all", "contracts", "tools", "limits", "approvals", "errors"] as const;
type About = (typeof ABOUT)[number];
/** The interface takes a log of this size; the command line reads larger ones. */
const BYTES_MAX = 1_000_000;

/** A run log of another product: read by the interface, shown, and kept nowhere. */
export default function Foreign() {
	useTitle(`${say("foreign.title")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const [large, setLarge] = useState(false);
	const look = useMutation({
		mutationFn: async (file: File) => {
			const params = { path: { workspace } };
			const body = { text: await file.text() };
			return held(api.POST("/api/v1/workspaces/{workspace}/foreign-log", { params, body }));
		},
	});
	const take = (file: File | undefined) => {
		if (!file) return;
		setLarge(file.size > BYTES_MAX);
		if (file.size <= BYTES_MAX) look.mutate(file);
	};
	return (
		<Page title={say("foreign.title")} intro={say("foreign.intro")}>
			<div className="foreign">
				<DropZone
					className="foreign-drop"
					onDrop={async ({ items }) => {
						for (const item of items) {
							if (item.kind === "file") return take(await item.getFile());
						}
					}}
				>
					<FileTrigger onSelect={(files) => take(files?.[0])}>
						<Button>{say("foreign.choose")}</Button>
					</FileTrigger>
					<span className="soft">{say("foreign.drop")}</span>
				</DropZone>
				{large && (
					<div className="notice warn">
						<p>{say("foreign.large")}</p>
					</div>
				)}
				{look.error && <Problem error={look.error} />}
				{look.data && !large && <Seen log={look.data} />}
			</div>
		</Page>
	);
}

function Seen({ log }: { log: Log }) {
	const [about, setAbout] = useState<About>("all");
	const shown = log.entries.filter((entry) => about === "all" || entry.about.includes(about));
	return (
		<>
			<div className="notice warn">
				<p>{say("foreign.proof")}</p>
			</div>
			{log.runs.length === 0 && (
				<section className="panel">
					<Empty title={say("foreign.none")} help={say("foreign.none.help")} />
				</section>
			)}
			{log.runs.map((run) => (
				<Panel
					key={run.run}
					title={<Inert text={run.run} />}
					side={<span className="chip">{named("foreign.ended", run.ended)}</span>}
				>
					<dl className="told">
						{Object.entries(run.events).map(([what, times]) => (
							<Fact key={what} name={what}>
								{times}
							</Fact>
						))}
						{run.backwards > 0 && <Fact name={say("foreign.backwards")}>{run.backwards}</Fact>}
					</dl>
				</Panel>
			))}
			{log.entries.length > 0 && (
				<Panel title={say("foreign.entries")}>
					<Pick
						label={say("foreign.about")}
						value={about}
						options={ABOUT.map((id) => ({ id, name: named("foreign.about", id) }))}
						onChange={(id) => setAbout(ABOUT.find((one) => one === id) ?? "all")}
					/>
					<Entries all={shown} />
					{log.beyond > 0 && <p className="soft">{count("foreign.beyond", log.beyond)}</p>}
				</Panel>
			)}
			{log.unread_in_all > 0 && (
				<p className="soft">
					{count("foreign.unread", log.unread_in_all, {
						lines: log.unread.map(({ line }) => line).join(", "),
					})}
				</p>
			)}
		</>
	);
}

function Entries({ all }: { all: readonly Schemas["ForeignEntry"][] }) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
		<section className="scroll-x" tabIndex={0} aria-label={say("foreign.entries")}>
			<table className="table">
				<thead>
					<tr>
						<th scope="col">{say("foreign.at")}</th>
						<th scope="col">{say("foreign.what")}</th>
						<th scope="col">{say("foreign.step")}</th>
						<th scope="col">{say("foreign.says")}</th>
					</tr>
				</thead>
				<tbody>
					{all.map((entry) => (
						<tr key={entry.line}>
							<td className="numbers">{entry.at ?? say("foreign.no_time")}</td>
							<td>{entry.what}</td>
							<td>
								<Inert text={[entry.step, entry.tool].filter(Boolean).join(", ")} />
							</td>
							<td>
								<Inert text={[entry.says, ...entry.missing].filter(Boolean).join(", ")} />
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
