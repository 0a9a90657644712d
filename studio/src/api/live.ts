import type { Query } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { queries } from "./queries";

export type LiveState = "connecting" | "live" | "lost";

/** A stored entry, as the stream names it. */
export interface Entry {
	case: string | null;
	position: number;
	at: string;
	kinds: string[];
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
/** What comes within this time is shown together. */
const TOGETHER = 400;

interface Ears {
	entry: (entry: Entry) => void;
	state: (state: LiveState) => void;
	/** Called when the stream stands: what happened before it did has to be read. */
	opened: () => void;
}

/** Follows the entries of a workspace, and goes on after the last one it saw. */
export class Follower {
	private source: EventSource | undefined;
	private timer: ReturnType<typeof setTimeout> | undefined;
	private last: string | undefined;
	private wait = FIRST_WAIT;

	constructor(
		private readonly url: string,
		private readonly ears: Ears,
		private readonly connect: (url: string) => EventSource = (url) => new EventSource(url),
	) {}

	start(): void {
		this.stop();
		this.ears.state(this.last === undefined ? "connecting" : "lost");
		const after = this.last === undefined ? "" : `?after=${encodeURIComponent(this.last)}`;
		const source = this.connect(this.url + after);
		this.source = source;
		source.addEventListener("open", () => {
			this.wait = FIRST_WAIT;
			this.ears.state("live");
			this.ears.opened();
		});
		source.addEventListener("entry", (event) => {
			if (event.lastEventId) this.last = event.lastEventId;
			const entry = JSON.parse(event.data) as Entry | null;
			if (entry) this.ears.entry(entry);
		});
		// A browser gives up on some errors and tries on at others; here it is always the same.
		source.addEventListener("error", () => {
			source.close();
			this.ears.state("lost");
			this.timer = setTimeout(() => this.start(), this.wait);
			this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
		});
	}

	stop(): void {
		clearTimeout(this.timer);
		this.source?.close();
		this.source = undefined;
	}
}

/** Loaded so far that reading it anew with each entry would be a burden; the page offers it. */
const isLong = (query: Query): boolean => {
	const data = query.state.data as { pages?: unknown[] } | undefined;
	return (data?.pages?.length ?? 0) > 2;
};

const longLists = (workspace: string) => ({
	queryKey: [workspace, "cases"],
	predicate: isLong,
});

/** Keeps what is shown of a workspace fresh while it is open. */
export function useLive(workspace: string): { state: LiveState; retry: () => void } {
	const [state, setState] = useState<LiveState>("connecting");
	const [follower, setFollower] = useState<Follower>();
	useEffect(() => {
		let cases = new Set<string>();
		/** Whether something happened that is no case's: a stop, a release. */
		let desk = false;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const refresh = () => {
			timer = undefined;
			const lists = ["cases", "reviews", "stops", "fleet"];
			if (desk) lists.push("releases", "workflows");
			for (const id of cases) queries.invalidateQueries({ queryKey: [workspace, "case", id] });
			for (const list of lists) {
				const predicate = (query: Query) => !isLong(query);
				queries.invalidateQueries({ queryKey: [workspace, list], predicate });
			}
			queries.invalidateQueries({ ...longLists(workspace), refetchType: "none" });
			cases = new Set();
			desk = false;
		};
		const follower = new Follower(`/api/v1/workspaces/${encodeURIComponent(workspace)}/events`, {
			entry: (entry) => {
				if (entry.case) cases.add(entry.case);
				else desk = true;
				timer ??= setTimeout(refresh, TOGETHER);
			},
			opened: () => {
				queries.invalidateQueries({ queryKey: [workspace] });
			},
			state: (state) => {
				setState(state);
				// Whether it is the connection or the sign-in that is over, the session says.
				if (state === "lost") queries.invalidateQueries({ queryKey: ["session"] });
			},
		});
		follower.start();
		setFollower(follower);
		return () => {
			clearTimeout(timer);
			follower.stop();
		};
	}, [workspace]);
	return { state, retry: () => follower?.start() };
}
