import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { type SecretLine, type ServerTool, serversQuery, type ToolServer } from "../api/standing";
import { Button, Empty, Fact, Page, Panel, Read, When } from "../parts";
import { Field, Pick } from "../parts/form";
import { useTitle } from "../parts/now";
import { Inert, Said, Words } from "../parts/text";
import { useMay } from "../session/gate";
import { useWorkspace } from "../shell/workspace";
import { count, named, say } from "../text";
import { Probe } from "./probe";
import { EFFECTS, fitting } from "./search";
import "./tools.css";

const ANY = "any";

export default function Tools() {
	useTitle(`${say("tools.title")} · ${say("app.name")}`);
	const servers = useQuery(serversQuery(useWorkspace()));
	const [asked, setAsked] = useSearchParams();
	const text = asked.get("text") ?? "";
	const effect = EFFECTS.find((one) => one === asked.get("effect"));
	const set = (name: string, value: string) =>
		setAsked(
			(before) => {
				if (value === "" || value === ANY) before.delete(name);
				else before.set(name, value);
				return before;
			},
			{ replace: true },
		);
	return (
		<Page title={say("tools.title")} intro={say("tools.intro")}>
			<search className="tools-filters">
				<Field
					label={say("tools.search")}
					type="search"
					value={text}
					onChange={(value) => set("text", value)}
				/>
				<Pick
					label={say("tools.effect")}
					value={effect ?? ANY}
					options={[
						{ id: ANY, name: say("tools.effect.any") },
						...EFFECTS.map((id) => ({ id, name: named("tools.does", id) })),
					]}
					onChange={(value) => set("effect", value)}
				/>
			</search>
			<Read from={servers}>
				{({ servers, secrets, counted_over }) => (
					<>
						<Servers
							all={fitting(servers, text, effect)}
							cases={counted_over}
							clear={() => setAsked({}, { replace: true })}
						/>
						{servers.every(({ built_in }) => built_in) && (
							<section className="panel">
								<Empty
									title={say("tools.empty")}
									help={say("tools.empty.help")}
									command={say("tools.empty.command")}
								/>
							</section>
						)}
						<Secrets all={secrets} />
					</>
				)}
			</Read>
		</Page>
	);
}

function Servers({
	all,
	cases,
	clear,
}: {
	all: readonly ToolServer[];
	cases: number;
	/** Shows those that the filter hides. */
	clear: () => void;
}) {
	if (all.length === 0) {
		return (
			<section className="panel">
				<Empty title={say("tools.none")} help={say("tools.none.help")}>
					<Button onPress={clear}>{say("tools.none.clear")}</Button>
				</Empty>
			</section>
		);
	}
	return all.map((server) => <Server key={server.server} server={server} cases={cases} />);
}

function Server({ server, cases }: { server: ToolServer; cases: number }) {
	const may = useMay(useWorkspace())("access");
	const [looking, setLooking] = useState(false);
	const side = may && !looking && (
		<Button slim onPress={() => setLooking(true)}>
			{say("tools.probe")}
		</Button>
	);
	return (
		<Panel title={server.server} side={side}>
			<p className="tools-marks">
				<span className="chip">{say(kindOf(server))}</span>
				{!server.remote && (
					<span className={server.boxed ? "chip good" : "chip warn"}>
						{say(server.boxed ? "tools.boxed" : "tools.unboxed")}
					</span>
				)}
			</p>
			{server.trouble && (
				<div className="notice bad">
					<p>
						<Said text={server.trouble} />
					</p>
				</div>
			)}
			<dl className="told">
				<Fact name={say("tools.reach")}>
					<Inert text={server.reach} />
				</Fact>
				<Fact name={say("tools.declared")}>
					<code>
						<Inert text={server.declared} />
					</code>
				</Fact>
				{server.sign_in && (
					<Fact name={say("tools.sign_in")}>
						<Said text={server.sign_in} />
					</Fact>
				)}
				{server.secrets.length > 0 && (
					<Fact name={say("tools.secrets")}>{server.secrets.join(", ")}</Fact>
				)}
			</dl>
			{server.tools.length === 0 ? (
				<p className="soft">{say("tools.server.none")}</p>
			) : (
				<ul className="tools-list">
					{server.tools.map((tool) => (
						<li key={tool.tool}>
							<Tool tool={tool} cases={cases} />
						</li>
					))}
				</ul>
			)}
			{looking && <Probe server={server.server} done={() => setLooking(false)} />}
		</Panel>
	);
}

function kindOf(server: ToolServer) {
	if (server.remote) return "tools.kind.remote";
	return server.built_in ? "tools.kind.built_in" : "tools.kind.program";
}

const TONES: Readonly<Record<string, string>> = { read: "good", write: "info" };

export function Does({ effect }: { effect: string | null | undefined }) {
	if (!effect) return <span className="chip bad">{say("tools.does.nothing")}</span>;
	return <span className={`chip ${TONES[effect] ?? "warn"}`}>{named("tools.does", effect)}</span>;
}

function Tool({ tool, cases }: { tool: ServerTool; cases: number }) {
	const { declared, used, approved } = tool;
	return (
		<details>
			<summary>
				<strong className="mono">
					<Inert text={tool.tool} />
				</strong>
				<Does effect={declared.effect} />
				{declared.trusted && <span className="chip good">{say("tools.trusted")}</span>}
				{used.failed + used.unknown > 0 && (
					<span className="chip bad">{count("tools.failed", used.failed + used.unknown)}</span>
				)}
				<span className="soft tools-used">
					{used.last ? (
						<>
							{say("tools.used")} <When at={used.last} />
						</>
					) : (
						say("tools.unused")
					)}
				</span>
			</summary>
			<div className="tools-tool">
				<p>{named("tools.means", declared.effect ?? "nothing")}</p>
				<Words text={tool.description} />
				<Arguments tool={tool} />
				<dl className="told">
					<Fact name={say("tools.again")}>{say(againOf(tool))}</Fact>
					<Fact name={say("tools.undo")}>
						{say(declared.reversible ? "common.yes" : "common.no")}
					</Fact>
					<Fact name={say("tools.answers")}>
						{say(declared.trusted ? "tools.answers.trusted" : "tools.answers.untrusted")}
					</Fact>
					<Fact name={say("tools.steps")}>
						{tool.steps.length > 0 ? tool.steps.join(", ") : say("tools.steps.none")}
					</Fact>
					<Fact name={say("tools.calls")}>{say("tools.calls.told", { ...used, cases })}</Fact>
					{tool.takes.length > 0 && (
						<Fact name={say("tools.takes")}>
							{tool.takes.map((one) => (
								<p key={one}>
									<Inert text={one} />
								</p>
							))}
						</Fact>
					)}
					<Fact name={say("tools.approved")}>
						{say("tools.approved.by", { who: approved.by, on: approved.on })}
						{approved.reason && (
							<p className="soft">
								<Inert text={approved.reason} />
							</p>
						)}
					</Fact>
				</dl>
			</div>
		</details>
	);
}

/** Whether a call whose answer was lost can be made again. */
function againOf({ declared }: ServerTool) {
	if (declared.effect === "read" || declared.repeatable) return "tools.again.yes";
	return declared.key ? "tools.again.key" : "tools.again.no";
}

function Arguments({ tool }: { tool: ServerTool }) {
	if (tool.args.length === 0) return <p className="soft">{say("tools.args.none")}</p>;
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
		<section className="scroll-x" tabIndex={0} aria-label={say("tools.args.of", tool)}>
			<table className="table">
				<thead>
					<tr>
						<th scope="col">{say("tools.arg")}</th>
						<th scope="col">{say("tools.arg.kind")}</th>
						<th scope="col">{say("tools.arg.is")}</th>
						<th scope="col">{say("tools.arg.says")}</th>
					</tr>
				</thead>
				<tbody>
					{tool.args.map(({ name, kind, required, says }) => (
						<tr key={name}>
							<th scope="row" className="mono">
								<Inert text={name} />
							</th>
							<td>
								<Inert text={kind} />
								{!required && <span className="soft"> ({say("tools.arg.optional")})</span>}
							</td>
							<td>{partOf(tool, name)}</td>
							<td>{says ? <Words text={says} /> : ""}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

function partOf({ declared }: ServerTool, name: string): string {
	if (declared.key === name) return say("tools.part.key");
	return named("tools.part", declared.parts?.[name] ?? "content");
}

function Secrets({ all }: { all: readonly SecretLine[] }) {
	return (
		<Panel title={say("secrets.title")}>
			<p className="soft">{say("secrets.intro")}</p>
			{all.length === 0 ? (
				<p className="soft">{say("secrets.none")}</p>
			) : (
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
				<section className="scroll-x" tabIndex={0} aria-label={say("secrets.title")}>
					<table className="table">
						<thead>
							<tr>
								<th scope="col">{say("secrets.name")}</th>
								<th scope="col">{say("secrets.from")}</th>
								<th scope="col">{say("secrets.given")}</th>
								<th scope="col">{say("secrets.age")}</th>
								<th scope="col">{say("secrets.stands")}</th>
							</tr>
						</thead>
						<tbody>
							{all.map((one) => (
								<tr key={one.name}>
									<th scope="row" className="mono">
										{one.name}
									</th>
									<td>{one.from}</td>
									<td>
										{one.given_to.length > 0 ? one.given_to.join(", ") : say("secrets.unused")}
									</td>
									<td>{ageOf(one)}</td>
									<td>
										<SecretState one={one} />
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</section>
			)}
		</Panel>
	);
}

function ageOf({ days, days_max: most }: SecretLine): string {
	if (typeof days !== "number") return say("secrets.age.unknown");
	const age = count("secrets.days", days);
	return typeof most === "number" ? `${age} ${say("secrets.of", { n: most })}` : age;
}

function SecretState({ one }: { one: SecretLine }) {
	if (one.there === false) return <span className="chip bad">{say("secrets.missing")}</span>;
	if (one.overdue) return <span className="chip warn">{say("secrets.overdue")}</span>;
	if (one.there === true) return <span className="chip good">{say("secrets.there")}</span>;
	return <span className="chip">{say("secrets.unlooked")}</span>;
}
