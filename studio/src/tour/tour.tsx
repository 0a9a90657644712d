import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { casesQuery, reviewsQuery, workflowsQuery } from "../api/queries";
import { Button } from "../parts";
import { Said } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { goOn, standingOf, useKept } from "./state";
import { type Found, STOPS, type Stop } from "./stops";
import "./tour.css";

const FIRST = { of: "on", at: 0 } as const;

/** Begins the tour, or goes on where it was left. */
export function useTour(): { begin: () => void; left: boolean } {
	const standing = standingOf(useKept(), STOPS.length);
	const left = standing.of === "left";
	return { begin: () => goOn(left ? { of: "on", at: standing.at } : FIRST), left };
}

/**
 * The tour stands above the page that it speaks of, never over it: nothing is covered, and every
 * page works as always meanwhile.
 */
export function Tour() {
	const standing = standingOf(useKept(), STOPS.length);
	const home = pageOf(useWorkspace());
	const { pathname } = useLocation();
	if (standing.of === "new" && pathname === home) return <Offer />;
	const stop = standing.of === "on" ? STOPS[standing.at] : undefined;
	return standing.of === "on" && stop ? <At n={standing.at} stop={stop} /> : null;
}

/** Said once to whoever is here for the first time. */
function Offer() {
	return (
		<section className="notice strip tour-offer" aria-label={say("tour.title")}>
			<div>
				<p>
					<strong>{say("tour.offer")}</strong>
				</p>
				<p>{say("tour.offer.help")}</p>
			</div>
			<div className="actions">
				<Button slim look="primary" onPress={() => goOn(FIRST)}>
					{say("tour.begin")}
				</Button>
				<Button slim onPress={() => goOn({ of: "done" })}>
					{say("tour.not_now")}
				</Button>
			</div>
		</section>
	);
}

/** What there is here to be shown; nothing while it is looked up. */
function useFound(workspace: string): Found | undefined {
	const cases = useInfiniteQuery(casesQuery(workspace, {}));
	const reviews = useQuery(reviewsQuery(workspace));
	const workflows = useQuery(workflowsQuery(workspace));
	if (cases.isPending || reviews.isPending || workflows.isPending) return undefined;
	const [request] = reviews.data?.requests ?? [];
	const [line] = cases.data?.pages[0]?.cases ?? [];
	const [one] = workflows.data?.workflows ?? [];
	return {
		case: request?.case ?? line?.id,
		request: request && [request.case, request.number],
		map: one && (one.path.split("/").at(-1) ?? one.path).replace(/\.md$/, ""),
	};
}

function At({ n, stop }: { n: number; stop: Stop }) {
	const workspace = useWorkspace();
	const found = useFound(workspace);
	const go = useNavigate();
	const title = useRef<HTMLHeadingElement>(null);
	const latest = useRef(found);
	latest.current = found;
	const known = found !== undefined;
	// Its page is opened once per stop: whoever looks around meanwhile is not called back.
	const opened = useRef<Stop>(undefined);
	useEffect(() => {
		// What is navigated with is another one on each page.
		if (!known || opened.current === stop) return;
		opened.current = stop;
		const page = pageOf(workspace, ...stop.page(latest.current ?? {}));
		go(page, stop.room ? { state: { room: stop.room } } : {});
		title.current?.focus();
	}, [known, workspace, stop, go]);
	useMark(stop.mark);
	const last = n === STOPS.length - 1;
	const { pathname } = useLocation();
	const own = stop.own?.page.test(pathname) ? stop.own : undefined;
	const through = !stop.own || own !== undefined;
	return (
		<section className="tour" aria-label={say("tour.title")}>
			<p className="soft small">{say("tour.at", { n: n + 1, all: STOPS.length })}</p>
			<h2 ref={title} tabIndex={-1}>
				{say(stop.title)}
			</h2>
			<p>
				<Said text={say(own?.look ?? stop.look)} />
			</p>
			<p className="soft">
				<strong>{say("tour.why_it_matters")}</strong> <Said text={say(own?.why ?? stop.why)} />
			</p>
			<div className="actions">
				<Button
					slim
					{...(through ? { look: "primary" as const } : {})}
					onPress={() => goOn(last ? { of: "done" } : { of: "on", at: n + 1 })}
				>
					{say(last ? (through ? "tour.end" : "tour.end.without") : "tour.next")}
				</Button>
				<Button slim isDisabled={n === 0} onPress={() => goOn({ of: "on", at: n - 1 })}>
					{say("tour.back")}
				</Button>
				{!last && (
					<Button slim look="quiet" onPress={() => goOn({ of: "left", at: n })}>
						{say("tour.leave")}
					</Button>
				)}
			</div>
		</section>
	);
}

/** Marks what is meant, as soon as it is on the page. */
function useMark(mark: string): void {
	useEffect(() => {
		let marked: Element | undefined;
		const look = () => {
			const [selector] = mark.split(", ").filter((one) => document.querySelector(one));
			const next = selector ? (document.querySelector(selector) ?? undefined) : undefined;
			if (next === marked) return;
			marked?.removeAttribute("data-tour");
			next?.setAttribute("data-tour", "");
			marked = next;
		};
		look();
		const watch = new MutationObserver(look);
		watch.observe(document.body, { childList: true, subtree: true });
		return () => {
			watch.disconnect();
			marked?.removeAttribute("data-tour");
		};
	}, [mark]);
}
