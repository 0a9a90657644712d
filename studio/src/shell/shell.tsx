import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { NavLink, Outlet, useNavigate, useParams } from "react-router";
import { useLive } from "../api/live";
import { reviewsQuery, stopsQuery } from "../api/queries";
import { Button, Empty } from "../parts";
import { Pick } from "../parts/form";
import { useSession } from "../session/gate";
import { scopeText } from "../stop/scope";
import { StopButton, StopRoom, useStopRoom } from "../stop/stop";
import { count, type Plain, say } from "../text";
import { Account } from "./account";
import { Brand } from "./brand";
import { useKeys } from "./keys";
import { LiveMark, LostNotice } from "./live";
import { pageOf, useWorkspace, Workspace } from "./workspace";
import "./shell.css";

interface Place {
	path: string;
	text: Plain;
	icon: string;
}

const PLACES: readonly Place[] = [
	{ path: "", text: "nav.fleet", icon: "M4 20V10m5 10V4m5 16v-7m5 7V8" },
	{ path: "cases", text: "nav.cases", icon: "M5 6h14M5 12h14M5 18h9" },
	{ path: "reviews", text: "nav.reviews", icon: "m4 12 5 5L20 6" },
	{ path: "maps", text: "nav.maps", icon: "M5 4h6v5H5zm8 11h6v5h-6zM8 9v8.5h5" },
	{ path: "releases", text: "nav.releases", icon: "M12 20V6m-5 5 5-5 5 5M6 20h12" },
	{ path: "instructions", text: "nav.instructions", icon: "M6 3h9l4 4v14H6zm3 8h7m-7 4h7" },
	{
		path: "tools",
		text: "nav.tools",
		icon: "M14.5 6.5a4 4 0 0 0-5.3 5L4 16.7 7.3 20l5.2-5.2a4 4 0 0 0 5-5.3L15 12l-3-3z",
	},
	{
		path: "policies",
		text: "nav.policies",
		icon: "M12 3 5 6v5c0 4.5 3 7.5 7 10 4-2.5 7-5.5 7-10V6zm-3 9 2 2 4-4",
	},
	{ path: "vendors", text: "nav.vendors", icon: "M4 21V9l8-5 8 5v12M9 21v-6h6v6" },
	{
		path: "people",
		text: "nav.people",
		icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5m2-9a3 3 0 0 0 0-6m4 14c0-2.5-1.4-4.2-3.5-5",
	},
	{
		path: "settings",
		text: "nav.settings",
		icon: "M4 7h10m4 0h2M4 17h2m4 0h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-8 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
	},
];

export function Shell() {
	const { workspace = "" } = useParams();
	const known = useSession().workspaces.some((one) => one.name === workspace);
	if (!known) {
		return (
			<main className="sign">
				<Empty title={say("app.not_found")} help={say("app.not_found.help")}>
					<a className="button" href="/">
						{say("app.to_fleet")}
					</a>
				</Empty>
			</main>
		);
	}
	return (
		<Workspace value={workspace} key={workspace}>
			<StopRoom>
				<Frame />
			</StopRoom>
		</Workspace>
	);
}

function Frame() {
	const workspace = useWorkspace();
	const live = useLive(workspace);
	const go = useNavigate();
	const keys = useMemo(
		() => ({
			"1": () => go(pageOf(workspace)),
			"2": () => go(pageOf(workspace, "cases")),
			"3": () => go(pageOf(workspace, "reviews")),
			"4": () => go(pageOf(workspace, "maps")),
		}),
		[go, workspace],
	);
	useKeys(keys);
	return (
		<>
			<a className="skip" href="#content">
				{say("app.skip")}
			</a>
			<header className="top">
				<Brand />
				<Workspaces />
				<span className="top-space" />
				<LiveMark state={live.state} />
				<StopButton />
				<Account />
			</header>
			<Nav />
			<main id="content" className="content" tabIndex={-1}>
				{live.state === "lost" && <LostNotice retry={live.retry} />}
				<StopsInForce />
				<Outlet />
			</main>
		</>
	);
}

function Workspaces() {
	const all = useSession().workspaces;
	const workspace = useWorkspace();
	const go = useNavigate();
	if (all.length < 2) return <span className="top-name">{workspace}</span>;
	const options = all.map(({ name }) => ({ id: name, name }));
	return (
		<div className="top-pick">
			<Pick
				label={say("nav.workspace")}
				unseen
				value={workspace}
				options={options}
				onChange={(name) => go(pageOf(name))}
			/>
		</div>
	);
}

function Nav() {
	const workspace = useWorkspace();
	const waiting = useQuery(reviewsQuery(workspace)).data?.requests.length ?? 0;
	return (
		<nav className="nav" aria-label={say("nav.label")}>
			<ul>
				{PLACES.map(({ path, text, icon }) => (
					<li key={path}>
						<NavLink end={path === ""} to={pageOf(workspace, ...(path ? [path] : []))}>
							<svg viewBox="0 0 24 24" aria-hidden="true">
								<path d={icon} />
							</svg>
							<span>{say(text)}</span>
							{path === "reviews" && waiting > 0 && (
								<span className="badge">
									<span aria-hidden="true">{waiting > 99 ? "99+" : waiting}</span>
									<span className="unseen">{count("nav.waiting", waiting)}</span>
								</span>
							)}
						</NavLink>
					</li>
				))}
			</ul>
		</nav>
	);
}

/** What is stopped is said on every page, so that nobody wonders why nothing moves. */
function StopsInForce() {
	const { data } = useQuery(stopsQuery(useWorkspace()));
	const { open } = useStopRoom();
	const stops = data?.stops ?? [];
	if (stops.length === 0) return null;
	const what = stops.map(({ scope }) => scopeText(scope)).join(", ");
	return (
		<div className="notice bad strip" role="status">
			<p>{count("stop.banner", stops.length, { what })}</p>
			<Button slim onPress={() => open()}>
				{say("stop.banner.see")}
			</Button>
		</div>
	);
}
