import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Outlet, useNavigate, useParams } from "react-router";
import { useLive } from "../api/live";
import { stopsQuery } from "../api/queries";
import { Button, Empty } from "../parts";
import { Pick } from "../parts/form";
import { useSession } from "../session/gate";
import { scopeText } from "../stop/scope";
import { StopButton, StopRoom, useStopRoom } from "../stop/stop";
import { count, say } from "../text";
import { Tour } from "../tour/tour";
import { Account } from "./account";
import { Brand } from "./brand";
import { useKeys } from "./keys";
import { LiveMark, LostNotice } from "./live";
import { Nav } from "./nav";
import { pageOf, useWorkspace, Workspace } from "./workspace";
import "./shell.css";

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
				<Tour />
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
