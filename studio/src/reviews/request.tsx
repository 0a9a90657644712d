import { useMemo, useRef, useState } from "react";
import { Link } from "react-router";
import { freshId, type Request, type Reviewed } from "../api/client";
import { useDecide } from "../api/queries";
import { shortId } from "../cases/find";
import { Button, KeyHint, Problem, When } from "../parts";
import { useSince } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { tell } from "../parts/toasts";
import { Value } from "../parts/value";
import { useMay, useSession } from "../session/gate";
import { useKeys } from "../shell/keys";
import { pageOf, useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { lasted } from "../text/format";
import { Alike } from "./alike";
import { Answer, EscalateForm, Happened, RejectForm, ValuesForm } from "./answers";
import { Evidence } from "./evidence";
import { deedOf } from "./grounds";
import { Due } from "./reviews";
import { decidedIn } from "./sitting";

/** Nobody has read what has only just come up; a key that was meant for the last one does nothing. */
const READ_MS = 700;

type Mode = "look" | "edit" | "reject" | "escalate";

interface Moves {
	/** It is decided: on to the next one. */
	done: () => void;
	move: (step: 1 | -1) => void;
}

export function OneRequest({ request, done, move }: Moves & { request: Request }) {
	const workspace = useWorkspace();
	const right = useMay(workspace)("decide");
	const may = right && request.may_decide;
	const [mode, setMode] = useState<Mode>("look");
	const { decide, error, pending } = useDecision(request, done);
	const since = useRef(Date.now());
	const approves =
		may &&
		(request.about === "checkpoint" || request.about === "failure" || request.about === "act");
	const edits = approves && request.may_edit.length > 0;
	const keys = useMemo(() => {
		const read = (act: () => void) => () => {
			if (Date.now() - since.current >= READ_MS && !pending) act();
		};
		return {
			j: () => move(1),
			k: () => move(-1),
			...(approves ? { a: read(() => decide({ decision: "approve" })) } : {}),
			...(edits ? { e: read(() => setMode("edit")) } : {}),
			...(may ? { r: read(() => setMode("reject")) } : {}),
		};
	}, [approves, edits, may, pending, decide, move]);
	useKeys(keys);
	const back = () => setMode("look");
	return (
		<article className="panel request" aria-labelledby="request-question">
			<Head request={request} />
			<Doing request={request} />
			<Evidence request={request} />
			<Alike request={request} />
			<footer className="request-foot">
				{error !== null && <Problem error={error} />}
				{!may && <Cannot why={right ? request.why_not : undefined} />}
				{mode === "edit" && (
					<ValuesForm request={request} pending={pending} send={decide} back={back} />
				)}
				{mode === "reject" && <RejectForm pending={pending} send={decide} back={back} />}
				{mode === "escalate" && <EscalateForm pending={pending} send={decide} back={back} />}
				{may && mode === "look" && (
					<div className="actions request-actions">
						{request.about === "in_doubt" && <Happened pending={pending} send={decide} />}
						{request.about === "question" && (
							<Answer request={request} pending={pending} send={decide} />
						)}
						{approves && (
							<Button
								look="primary"
								pending={pending}
								onPress={() => decide({ decision: "approve" })}
							>
								{say("reviews.approve")} <KeyHint of="a" />
							</Button>
						)}
						{edits && (
							<Button onPress={() => setMode("edit")}>
								{say("reviews.edit")} <KeyHint of="e" />
							</Button>
						)}
						<Button look="danger-quiet" onPress={() => setMode("reject")}>
							{say("reviews.reject")} <KeyHint of="r" />
						</Button>
						<More request={request} send={decide} escalate={() => setMode("escalate")} />
					</div>
				)}
			</footer>
		</article>
	);
}

/** Why there is nothing to press, in the place where it would be. */
function Cannot({ why }: { why: string | null | undefined }) {
	return (
		<p className="notice">
			<span>
				<Said text={why ? say("reviews.cannot.why", { why }) : say("reviews.cannot")} />
			</span>
		</p>
	);
}

/** What would be done, or may have been, before what it rests on. */
function Doing({ request }: { request: Request }) {
	const deed = deedOf(request);
	if (!deed) return null;
	return (
		<section className="request-deed">
			<h3>{named("reviews.deed", request.about)}</h3>
			<p>
				<Said text={deed.what} />
			</p>
			{deed.args !== undefined && deed.args !== null && <Value value={deed.args} />}
		</section>
	);
}

/** One decision has one name however often it is sent, so that a lost answer decides nothing twice. */
function useDecision(request: Request, done: () => void) {
	const workspace = useWorkspace();
	const act = useDecide(workspace);
	const sent = useRef<{ id: string; text: string }>(undefined);
	const since = useRef(Date.now());
	const decide = (answer: Reviewed) => {
		const text = JSON.stringify(answer);
		if (sent.current?.text !== text) sent.current = { id: freshId(), text };
		const stays = answer.decision === "claim" || answer.decision === "release";
		const given = { case: request.case, number: request.number, id: sent.current.id, answer };
		// The stream may say sooner than the answer that the request is gone; what follows happens
		// all the same. Why it was not taken is shown where it was decided.
		act.mutateAsync(given).then(
			({ status, read }) => {
				sent.current = undefined;
				if (stays) return;
				decidedIn(Date.now() - since.current);
				tell(taken(answer.decision, named("status", status).toLowerCase(), read));
				done();
			},
			() => {},
		);
	};
	return { decide, error: act.error, pending: act.isPending };
}

function taken(decision: Reviewed["decision"], status: string, read: boolean): string {
	if (!read) return say("reviews.taken.kept");
	if (decision === "approve" || decision === "edit")
		return say("reviews.taken.approve", { status });
	if (decision === "reject") return say("reviews.taken.reject", { status });
	return say("reviews.taken.other", { status });
}

function Head({ request }: { request: Request }) {
	const workspace = useWorkspace();
	const read = useSince();
	return (
		<header className="request-head">
			<p className="request-case">
				<Link to={pageOf(workspace, "cases", request.case)}>
					<Inert text={request.title ?? shortId(request.case)} />
				</Link>
				<span className="soft small">
					<Inert text={whereOf(request)} />
				</span>
			</p>
			<p className="soft small request-line">
				<span>{named("reviews.about", request.about)}</span>
				<span>{say("reviews.by", { role: request.by.replaceAll("_", " ") })}</span>
				<Due at={request.due} />
			</p>
			<h2 id="request-question">
				<Said text={request.question} />
			</h2>
			<p>{named("reviews.would", request.about)}</p>
			<Others request={request} />
			<p className="soft small numbers" aria-hidden="true">
				{say("reviews.dwell", { time: lasted(Math.max(1_000, read)) })}
			</p>
		</header>
	);
}

const whereOf = ({ workflow, step }: Request): string =>
	[workflow ?? "", step].map((name) => name.replaceAll("_", " ")).join(" › ");

/** Who else looks at it, and who has agreed. */
function Others({ request }: { request: Request }) {
	const { person } = useSession();
	const { claimed_by: who, claimed_until: until, approvals, agreed } = request;
	const other = who && who !== person;
	return (
		<>
			{other && until && (
				<p className="notice warn">
					<span>
						{say("reviews.claimed", { who, when: "" })} <When at={until} />
					</span>
				</p>
			)}
			{approvals > 1 && (
				<p className="soft">
					{say("reviews.approvals", { agreed: agreed.length, all: approvals })}{" "}
					{agreed.length > 0 && say("reviews.approvals.who", { who: agreed.join(", ") })}
				</p>
			)}
		</>
	);
}

function More({
	request,
	send,
	escalate,
}: {
	request: Request;
	send: (answer: Reviewed) => void;
	escalate: () => void;
}) {
	const { person } = useSession();
	const mine = request.claimed_by === person;
	return (
		<>
			<Button look="quiet" onPress={escalate}>
				{say("reviews.escalate")}
			</Button>
			<Button look="quiet" onPress={() => send({ decision: mine ? "release" : "claim" })}>
				{say(mine ? "reviews.release" : "reviews.claim")}
			</Button>
		</>
	);
}
