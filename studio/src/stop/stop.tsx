import { useQuery } from "@tanstack/react-query";
import { createContext, type FormEvent, type ReactNode, useContext, useId, useState } from "react";
import { Form } from "react-aria-components";
import type { Schemas, Scope } from "../api/client";
import { reachQuery, stopsQuery, useLift, useStop, workflowsQuery } from "../api/queries";
import { Button, Problem, Read, When } from "../parts";
import { Field, Pick } from "../parts/form";
import { Sheet } from "../parts/sheet";
import { Inert, Said, Words } from "../parts/text";
import { tell } from "../parts/toasts";
import { useMay } from "../session/gate";
import { useWorkspace } from "../shell/workspace";
import { count, named, say } from "../text";
import { isWhole, meaning, SCOPES, type ScopeOf, scopeOf, scopeText, setLabel } from "./scope";
import "./stop.css";

interface Room {
	/** Opens the dialog, on a scope that the page knows. */
	open: (scope?: Scope) => void;
}

const StopContext = createContext<Room>({ open: () => {} });
export const useStopRoom = (): Room => useContext(StopContext);

/** The one dialog to stop, over whatever page is open. */
export function StopRoom({ children }: { children: ReactNode }) {
	const [scope, setScope] = useState<Scope | undefined>();
	const open = (wanted: Scope = { of: "everything" }) => setScope(wanted);
	const close = () => setScope(undefined);
	return (
		<StopContext value={{ open }}>
			{children}
			<Sheet title={say("stop.title")} open={scope !== undefined} onClose={close}>
				{scope && <StopForm first={scope} done={close} />}
				<InForce />
			</Sheet>
		</StopContext>
	);
}

export function StopButton() {
	const { open } = useStopRoom();
	return (
		<Button look="danger" onPress={() => open()}>
			<svg className="stop-sign" viewBox="0 0 16 16" aria-hidden="true">
				<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
			</svg>
			{say("stop.button")}
		</Button>
	);
}

function StopForm({ first, done }: { first: Scope; done: () => void }) {
	const workspace = useWorkspace();
	const may = useMay(workspace)("stop");
	const stop = useStop(workspace);
	const [of, setOf] = useState<ScopeOf>(first.of);
	const [name, setName] = useState(first.of === "everything" ? "" : first.name);
	const [reason, setReason] = useState("");
	if (!may) return <p className="notice warn">{say("stop.cannot")}</p>;
	const scope = scopeOf(of, name.trim());
	const send = (event: FormEvent) => {
		event.preventDefault();
		stop.mutate(
			{ scope, reason },
			{
				onSuccess: ({ aborted }) => {
					tell(count("stop.done", aborted));
					done();
				},
			},
		);
	};
	const options = SCOPES.map((id) => ({ id, name: named("stop", id) }));
	return (
		<Form className="stop-form" onSubmit={send}>
			<p className="soft">{say("stop.intro")}</p>
			<Pick
				label={say("stop.scope")}
				value={of}
				options={options}
				onChange={(id) => setOf(SCOPES.find((one) => one === id) ?? "everything")}
			/>
			{of !== "everything" && <NameField of={of} value={name} onChange={setName} />}
			<Consequence scope={scope} />
			<Field
				label={say("common.reason")}
				help={say("stop.reason.help")}
				long
				isRequired
				maxLength={4_000}
				value={reason}
				onChange={setReason}
			/>
			{stop.error && <Problem error={stop.error} />}
			<Button look="danger" type="submit" pending={stop.isPending}>
				{setLabel(of)}
			</Button>
		</Form>
	);
}

/** The workspace's workflows are offered; any other name can be written. */
function NameField({
	of,
	value,
	onChange,
}: {
	of: Exclude<ScopeOf, "everything">;
	value: string;
	onChange: (name: string) => void;
}) {
	const { data } = useQuery(workflowsQuery(useWorkspace()));
	const workflows = data?.workflows.map(({ workflow }) => workflow) ?? [];
	const label = named("stop", `name.${of}`);
	if (of === "workflow" && workflows.length > 0) {
		const options = workflows.map((name) => ({ id: name, name }));
		return <Pick label={label} value={value} options={options} onChange={onChange} />;
	}
	return <Field label={label} isRequired value={value} onChange={onChange} />;
}

/** What it would hold back if it were set now. Nothing is stopped by looking. */
function Consequence({ scope }: { scope: Scope }) {
	const reach = useQuery({ ...reachQuery(useWorkspace(), scope), enabled: isWhole(scope) });
	const id = useId();
	return (
		<section className="stop-consequence" aria-labelledby={id}>
			<h3 id={id}>{say("stop.consequence")}</h3>
			<p>{meaning(scope.of)}</p>
			{isWhole(scope) && reach.data && <Reach scope={scope} of={reach.data} />}
			{isWhole(scope) && reach.error && <p>{say("stop.reach.unknown")}</p>}
		</section>
	);
}

/** Cases that come to a tool, its server or a vendor are not known before they do. */
const LATER: readonly ScopeOf[] = ["tool", "server", "vendor"];

function Reach({ scope, of: { cases, acts, lifted_by } }: { scope: Scope; of: Schemas["Reach"] }) {
	const who = lifted_by.map((one) => one.replaceAll("_", " ")).join(", ");
	return (
		<>
			<p>{LATER.includes(scope.of) ? say("stop.reach.later") : count("stop.reach", cases)}</p>
			<p>{count("stop.reach.acts", acts)}</p>
			<p>
				<Said text={who ? say("stop.reach.lifted", { who }) : say("stop.reach.lifted.any")} />
			</p>
		</>
	);
}

function InForce() {
	const stops = useQuery(stopsQuery(useWorkspace()));
	const [asking, setAsking] = useState<string>();
	return (
		<section className="stop-in-force">
			<h3>{say("stop.in_force")}</h3>
			<Read from={stops}>
				{({ stops, lifted }) => {
					// What somebody is about to lift may be lifted by somebody else meanwhile.
					const gone = asking && !stops.some(({ scope }) => scopeText(scope) === asking);
					const by = gone ? lifted.find(({ scope }) => scopeText(scope) === asking) : undefined;
					return (
						<>
							{gone && (
								<p className="notice warn" role="alert">
									<span>
										<Inert
											text={say("stop.lifted.else", {
												what: by?.who
													? say("stop.lifted.by", { what: asking, who: by.who })
													: asking,
											})}
										/>{" "}
										{by?.at && <When at={by.at} />}
									</span>
								</p>
							)}
							{stops.length === 0 ? (
								<p className="soft">{say("stop.in_force.none")}</p>
							) : (
								<ul>
									{stops.map((stop) => (
										<li key={scopeText(stop.scope)}>
											<Standing
												stop={stop}
												asking={asking === scopeText(stop.scope)}
												ask={(on) => setAsking(on ? scopeText(stop.scope) : undefined)}
											/>
										</li>
									))}
								</ul>
							)}
							<Before all={lifted} />
						</>
					);
				}}
			</Read>
		</section>
	);
}

/** Who lifted what last, so that nobody wonders why something goes on. */
function Before({ all }: { all: readonly Schemas["Set"][] }) {
	if (all.length === 0) return null;
	return (
		<details className="map-others small">
			<summary>{say("stop.lifted.before")}</summary>
			<ul>
				{all.map(({ scope, who, at, reason }) => (
					<li key={scopeText(scope)}>
						<Inert text={say("stop.lifted.by", { what: scopeText(scope), who: who ?? "–" })} />{" "}
						{at && <When at={at} />}
						{reason && <Words text={reason} />}
					</li>
				))}
			</ul>
		</details>
	);
}

function Standing({
	stop: { scope, who, at, reason: why },
	asking,
	ask,
}: {
	stop: Schemas["Set"];
	asking: boolean;
	ask: (on: boolean) => void;
}) {
	const workspace = useWorkspace();
	const lift = useLift(workspace);
	const may = useMay(workspace)("stop");
	const [reason, setReason] = useState("");
	const send = (event: FormEvent) => {
		event.preventDefault();
		const lifted = {
			onSuccess: ({ woken }: { woken: number }) => {
				ask(false);
				tell(count("stop.lifted", woken));
			},
		};
		lift.mutate({ scope, reason }, lifted);
	};
	return (
		<div className="stop-standing">
			<div className="stop-what">
				<strong>{scopeText(scope)}</strong>
				{who && (
					<p className="soft small">
						{say("stop.set.by", { who })} {at && <When at={at} />}
					</p>
				)}
				{why && <Words text={why} />}
			</div>
			{may && !asking && (
				<Button slim onPress={() => ask(true)}>
					{say("stop.lift")}
				</Button>
			)}
			{asking && (
				<Form className="stop-form" onSubmit={send}>
					<Field
						label={say("stop.lift.reason")}
						isRequired
						autoFocus
						maxLength={4_000}
						value={reason}
						onChange={setReason}
					/>
					{lift.error && <Problem error={lift.error} />}
					<div className="actions">
						<Button look="primary" type="submit" pending={lift.isPending}>
							{say("stop.lift.send")}
						</Button>
						<Button onPress={() => ask(false)}>{say("common.cancel")}</Button>
					</div>
				</Form>
			)}
		</div>
	);
}
