import { type ReactNode, useMemo, useState } from "react";
import type { Case, Schemas } from "../api/client";
import { Fact, Panel } from "../parts";
import { Pick, Tick } from "../parts/form";
import { Inert, Said, Words } from "../parts/text";
import { Value } from "../parts/value";
import { count, named, say } from "../text";
import { at, cost, lasted, number, timeOfDay } from "../text/format";
import { Changes } from "./changes";
import { type Act, type Gave, stepsMet, type Told, toldOf, took } from "./story";

const ALL = "all";

/** What happened, step by step; everything that belongs to a step opens where it stands. */
export function Story({ of }: { of: Case }) {
	const told = useMemo(() => toldOf(of), [of]);
	const [step, setStep] = useState(ALL);
	const [detail, setDetail] = useState(false);
	const steps = stepsMet(of);
	const shown = told.filter((part) => step === ALL || part.step === step);
	return (
		<Panel
			title={say("case.story")}
			side={<span className="soft small">{say("case.story.help")}</span>}
		>
			<div className="story-choice">
				<Pick
					label={say("case.story.step")}
					unseen
					value={step}
					options={[
						{ id: ALL, name: say("case.story.step.all") },
						...steps.map((id) => ({ id, name: id.replaceAll("_", " ") })),
					]}
					onChange={setStep}
				/>
				<Tick isSelected={detail} onChange={setDetail}>
					{say("case.story.detail")}
				</Tick>
			</div>
			<ol className="story">
				{shown.map((part) => (
					<Part key={part.key} of={part} detail={detail} />
				))}
			</ol>
		</Panel>
	);
}

function Part({ of, detail }: { of: Told; detail: boolean }) {
	const lines = of.lines.filter((line) => detail || !line.detail);
	const more = of.acts.length + of.decisions.length + of.refusals.length + of.gave.length;
	if (lines.length + more === 0) return null;
	return (
		<li className="story-step">
			{of.after !== undefined && (
				<p className="story-gap">{say("case.story.later", { time: lasted(of.after) })}</p>
			)}
			{of.step && <h3>{of.step.replaceAll("_", " ")}</h3>}
			<ol>
				{lines.map((line, n) => (
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
			{more > 0 && (
				<ul className="story-more">
					{of.acts.map((act) => (
						<li key={act.number}>
							<OneAct of={act} />
						</li>
					))}
					{of.decisions.map((one) => (
						<li key={`${one.at} ${one.goes}`}>
							<Decided of={one} />
						</li>
					))}
					{of.refusals.map((one) => (
						<li key={`${one.at} ${one.what} ${one.rule}`}>
							<Refused of={one} />
						</li>
					))}
					{of.gave.map((gave) => (
						<li key={gave.visit.at}>
							<Output of={gave} />
						</li>
					))}
				</ul>
			)}
		</li>
	);
}

/** Opened by whoever wants to know: a case may hold a thousand of them. */
function Fold({ head, children }: { head: ReactNode; children: () => ReactNode }) {
	const [open, setOpen] = useState(false);
	return (
		<details className="fold-one" onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>{head}</summary>
			{open && <div className="fold-inside">{children()}</div>}
		</details>
	);
}

const TONES: Readonly<Record<Act["state"], string>> = {
	out: "info",
	done: "good",
	asked: "warn",
	failed: "bad",
	unknown: "warn",
};

function OneAct({ of }: { of: Act }) {
	const ms = took(of);
	return (
		<Fold
			head={
				<>
					<span className={`chip ${TONES[of.state]}`}>{named("case.act.state", of.state)}</span>
					<span className="fold-what">
						<Said text={of.what} />
					</span>
					<span className="soft small numbers">{ms === undefined ? "" : lasted(ms)}</span>
				</>
			}
		>
			{() => (
				<>
					<dl className="facts">
						<Fact name={say("case.act.number", { n: of.number })}>
							{say("case.act.attempt", { n: of.attempt })}
						</Fact>
						<Fact name={say("case.begun")}>{at(of.began)}</Fact>
						{of.model && (
							<Fact name={say("case.act.model")}>
								<Inert text={of.model} />
							</Fact>
						)}
						<Fact name={say("case.tokens")}>{number(of.tokens)}</Fact>
						<Fact name={say("case.cost")}>{cost(of.cost_nanos / 1e9)}</Fact>
						<Fact name={say("case.act.rules")}>
							{of.rules.length === 0 ? (
								say("case.act.rules.none")
							) : (
								<Inert text={of.rules.join(", ")} />
							)}
						</Fact>
					</dl>
					{of.said && (
						<section>
							<h4>{say("case.act.said")}</h4>
							<Words text={of.said} />
						</section>
					)}
					{of.args !== undefined && of.args !== null && (
						<section>
							<h4>{say("case.act.args")}</h4>
							<Value value={of.args} />
						</section>
					)}
				</>
			)}
		</Fold>
	);
}

function Decided({ of: { row, because, basis, goes } }: { of: Schemas["Decided"] }) {
	return (
		<Fold
			head={
				<>
					<span className="chip info">{say("case.decided")}</span>
					<span className="fold-what">
						<Said text={because} />
					</span>
				</>
			}
		>
			{() => (
				<dl className="facts">
					<Fact name={say("case.decided")}>
						{typeof row === "number"
							? say("case.decided.row", { n: row })
							: say("case.decided.otherwise")}
					</Fact>
					<Fact name={say("case.decided.goes")}>
						<Inert text={goes.replaceAll("_", " ")} />
					</Fact>
					{basis && (
						<Fact name={say("case.decided.basis")}>
							<Inert text={basis} />
						</Fact>
					)}
				</dl>
			)}
		</Fold>
	);
}

function Refused({ of: { what, rule, code } }: { of: Schemas["Refused"] }) {
	return (
		<Fold
			head={
				<>
					<span className="chip bad">{say("case.refused")}</span>
					<span className="fold-what">
						<Said text={what} />
					</span>
				</>
			}
		>
			{() => (
				<>
					<dl className="facts">
						<Fact name={say("case.refused.rule")}>
							<Inert text={rule} />
						</Fact>
					</dl>
					<p className="soft small">
						<Said text={say("case.trouble.help", { code })} />
					</p>
				</>
			)}
		</Fold>
	);
}

/** What a step found, where it comes from, and what of it is new since the last time. */
function Output({ of: { visit, since } }: { of: Gave }) {
	return (
		<Fold
			head={
				<>
					<span className="chip">{say(since ? "case.gave.again" : "case.gave")}</span>
					<span className="fold-what" />
				</>
			}
		>
			{() => (
				<>
					{visit.from && (
						<p className="soft small">
							<Said text={say("case.gave.from", { from: visit.from })} />
						</p>
					)}
					{since &&
						(since.length === 0 ? (
							<p>{say("case.gave.same")}</p>
						) : (
							<>
								<p>{count("case.gave.changed", since.length)}</p>
								<Changes of={since} />
							</>
						))}
					<Value value={visit.output} />
				</>
			)}
		</Fold>
	);
}
