import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Entry, Follower, type LiveState } from "./live";

class Source extends EventTarget {
	closed = false;
	constructor(readonly url: string) {
		super();
	}
	close() {
		this.closed = true;
	}
	says(id: string, entry: Entry | null) {
		const data = JSON.stringify(entry);
		this.dispatchEvent(new MessageEvent("entry", { data, lastEventId: id }));
	}
}

describe("the stream of entries", () => {
	beforeEach(() => vi.useFakeTimers());
	afterEach(() => vi.useRealTimers());

	function followed() {
		const sources: Source[] = [];
		const states: LiveState[] = [];
		const entries: Entry[] = [];
		let opened = 0;
		const follower = new Follower(
			"/events",
			{
				entry: (entry) => entries.push(entry),
				state: (state) => states.push(state),
				opened: () => {
					opened += 1;
				},
			},
			(url) => {
				const source = new Source(url);
				sources.push(source);
				return source as unknown as EventSource;
			},
		);
		follower.start();
		return { follower, sources, states, entries, opened: () => opened };
	}

	const entry = { case: "01m8", position: 3, at: "2026-11-28T10:00:00Z", kinds: ["allowed"] };

	it("goes on after the last entry that it saw", () => {
		const { sources, states, entries } = followed();
		expect(sources[0]?.url).toBe("/events");
		sources[0]?.dispatchEvent(new Event("open"));
		sources[0]?.says("41", entry);
		sources[0]?.dispatchEvent(new Event("error"));
		expect(sources[0]?.closed).toBe(true);
		vi.advanceTimersByTime(1_000);
		expect(sources[1]?.url).toBe("/events?after=41");
		sources[1]?.dispatchEvent(new Event("open"));
		expect(entries).toEqual([entry]);
		expect(states).toEqual(["connecting", "live", "lost", "lost", "live"]);
	});

	it("waits longer each time, and reads everything once it stands again", () => {
		const { sources, opened } = followed();
		sources[0]?.dispatchEvent(new Event("error"));
		vi.advanceTimersByTime(1_000);
		sources[1]?.dispatchEvent(new Event("error"));
		vi.advanceTimersByTime(1_999);
		expect(sources).toHaveLength(2);
		vi.advanceTimersByTime(1);
		expect(sources).toHaveLength(3);
		expect(opened()).toBe(0);
		sources[2]?.dispatchEvent(new Event("open"));
		expect(opened()).toBe(1);
	});

	it("leaves no stream open behind itself", () => {
		const { follower, sources } = followed();
		sources[0]?.dispatchEvent(new Event("error"));
		follower.stop();
		vi.advanceTimersByTime(60_000);
		expect(sources).toHaveLength(1);
	});

	it("takes an entry that cannot be read for one that was seen", () => {
		const { sources, entries } = followed();
		sources[0]?.says("7", null);
		sources[0]?.dispatchEvent(new Event("error"));
		vi.advanceTimersByTime(1_000);
		expect(sources[1]?.url).toBe("/events?after=7");
		expect(entries).toEqual([]);
	});
});
