import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { Link, useNavigate, useParams } from "react-router";
import type { Request } from "../api/client";
import { becameQuery, reviewsQuery } from "../api/queries";
import { Empty, Page, Read, When } from "../parts";
import { Tick } from "../parts/form";
import { useNow, useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { count, named, say } from "../text";
import { lasted } from "../text/format";
import { following, inHour, keyOf, likeIt, median, neighbour } from "./queue";
import { OneRequest } from "./request";
import { useSitting, useTogether } from "./sitting";
import "./reviews.css";

/** Beside each other where both fit, else one after the other. */
const WIDE = "(min-width: 62.001rem)";

export default function Reviews() {
	useTitle(`${say("reviews.title")} · ${say("app.name")}`);
	const open = useQuery(reviewsQuery(useWorkspace()));
	return (
		<Page title={say("reviews.title")} side={open.data && <Load all={open.data.requests} />}>
			<Read from={open}>{({ requests }) => <Queue all={requests} />}</Read>
		</Page>
	);
}

/** How much there is, and how fast it goes: who decides a hundred an hour does not read. */
function Load({ all }: { all: readonly Request[] }) {
	const now = useNow();
	const times = useSitting();
	const fit = inHour(times);
	const late = all.filter((one) => Date.parse(one.due) < now).length;
	return (
		<p className="reviews-load soft numbers">
			<span>{count("reviews.load", all.length)}</span>
			{late > 0 && <strong>{count("reviews.late", late)}</strong>}
			{times.length > 0 && (
				<span>{count("reviews.load.decided", times.length, { time: lasted(median(times)) })}</span>
			)}
			{fit !== undefined && <span>{count("reviews.load.fit", fit)}</span>}
		</p>
	);
}

function Queue({ all }: { all: readonly Request[] }) {
	const { id, number } = useParams();
	const workspace = useWorkspace();
	const go = useNavigate();
	const [together] = useTogether();
	const show = useCallback(
		(request: Request | undefined) => {
			const parts = request ? [request.case, request.number] : [];
			go(pageOf(workspace, "reviews", ...parts), { replace: true });
		},
		[go, workspace],
	);
	const chosen = id === undefined ? undefined : keyOf({ case: id, number: Number(number) });
	const [first] = all;
	// What is looked at has an address of its own: one that is due sooner does not take its place
	// under somebody's hands.
	useEffect(() => {
		if (chosen === undefined && first && matchMedia(WIDE).matches) show(first);
	}, [chosen, first, show]);
	// Whoever went on to something else meanwhile is not taken away from it by an answer.
	const looked = useRef(chosen);
	useEffect(() => {
		looked.current = chosen;
		return () => {
			looked.current = undefined;
		};
	}, [chosen]);
	if (all.length === 0 && chosen === undefined) {
		return (
			<section className="panel">
				<Empty title={say("reviews.empty")} help={say("reviews.empty.help")}>
					<Link className="button primary" to={pageOf(workspace, "maps")}>
						{say("reviews.empty.next")}
					</Link>
				</Empty>
			</section>
		);
	}
	const request = all.find((one) => keyOf(one) === chosen);
	return (
		<div className={chosen === undefined ? "reviews" : "reviews chosen"}>
			<nav aria-label={say("reviews.queue")} className="panel reviews-queue">
				<ol>
					{all.map((one) => (
						<li key={keyOf(one)}>
							<Line request={one} chosen={keyOf(one) === chosen} />
						</li>
					))}
				</ol>
			</nav>
			{chosen !== undefined && (
				<section className="reviews-one">
					<div className="reviews-over">
						<Link className="reviews-back" to={pageOf(workspace, "reviews")}>
							{say("reviews.back")}
						</Link>
						{request && <Together alike={likeIt(all, request).length} />}
					</div>
					{request ? (
						<OneRequest
							key={chosen}
							request={request}
							done={() => {
								if (looked.current === chosen) show(following(all, request, together));
							}}
							move={(step) => {
								const next = neighbour(all, request, step);
								if (next) show(next);
							}}
						/>
					) : (
						<Gone which={{ id: id ?? "", number: Number(number) }} next={first} show={show} />
					)}
				</section>
			)}
		</div>
	);
}

/** Those that are alike are decided faster one after the other, and each is still read. */
function Together({ alike }: { alike: number }) {
	const [on, setOn] = useTogether();
	if (alike === 0) return null;
	return (
		<Tick isSelected={on} onChange={setOn}>
			{count("reviews.together", alike)}
		</Tick>
	);
}

/** Who decided it, what and when, and what can be done now. */
function Gone({
	which,
	next,
	show,
}: {
	which: { id: string; number: number };
	next: Request | undefined;
	show: (next?: Request) => void;
}) {
	const workspace = useWorkspace();
	const { data } = useQuery(becameQuery(workspace, which.id, which.number));
	const said = [data?.what, data?.help].filter((one) => one).map((one) => `${one}.`);
	return (
		<section className="panel">
			<Empty
				title={say("reviews.gone")}
				help={said.length > 0 ? said.join(" ") : say("reviews.gone.help")}
			>
				<Link className="button" to={pageOf(workspace, "cases", which.id)}>
					{say("reviews.gone.case")}
				</Link>
				<button type="button" className="button" onClick={() => show(next)}>
					{say(next ? "settings.key.next" : "reviews.back")}
				</button>
			</Empty>
		</section>
	);
}

function Line({ request, chosen }: { request: Request; chosen: boolean }) {
	const workspace = useWorkspace();
	return (
		<Link
			className="reviews-line"
			aria-current={chosen ? "true" : undefined}
			to={pageOf(workspace, "reviews", request.case, request.number)}
			replace={chosen}
		>
			<span className="reviews-question">
				<Said text={request.question} />
			</span>
			{request.title && (
				<span className="small reviews-title">
					<Inert text={request.title} />
				</span>
			)}
			<span className="soft small">
				{!request.may_decide && `${say("reviews.others")} · `}
				{named("reviews.about", request.about)} · {request.by.replaceAll("_", " ")} ·{" "}
				<Due at={request.due} />
			</span>
		</Link>
	);
}

export function Due({ at }: { at: string }) {
	const late = Date.parse(at) < useNow();
	const [before, after] = say(late ? "reviews.overdue" : "reviews.due", { when: "\u0000" }).split(
		"\u0000",
	);
	return (
		<span className={late ? "reviews-late" : ""}>
			{before}
			<When at={at} />
			{after}
		</span>
	);
}
