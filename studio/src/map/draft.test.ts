import { beforeEach, expect, test } from "vitest";
import { merged, parts } from "../parts/merge";
import * as drafts from "./draft";
import { difference } from "./editor";

const stored = { text: "a\nb\nc\n", version: "1" };

beforeEach(() => sessionStorage.clear());

test("what is typed without a pause is undone together, a change on its own", () => {
	let draft = drafts.begun(stored);
	draft = drafts.typed(draft, "a1");
	draft = drafts.typed(draft, "a12");
	draft = drafts.paused(draft);
	draft = drafts.typed(draft, "a123");
	draft = drafts.made(draft, "b");
	expect(drafts.isChanged(draft)).toBe(true);
	draft = drafts.undone(draft);
	expect(draft.text).toBe("a123");
	draft = drafts.undone(draft);
	expect(draft.text).toBe("a12");
	draft = drafts.undone(draft);
	expect(draft.text).toBe(stored.text);
	expect(drafts.isChanged(draft)).toBe(false);
	expect(drafts.undone(draft)).toBe(draft);
	draft = drafts.redone(drafts.redone(drafts.redone(draft)));
	expect(draft.text).toBe("b");
	expect(drafts.redone(draft)).toBe(draft);
});

test("a change after undoing ends what could be done again", () => {
	const draft = drafts.undone(drafts.made(drafts.begun(stored), "x"));
	expect(drafts.made(draft, "y").future).toEqual([]);
});

test("two hundred texts can be gone back to, and no more are kept", () => {
	let draft = drafts.begun(stored);
	for (let n = 0; n < 300; n += 1) draft = drafts.made(draft, String(n));
	expect(draft.past).toHaveLength(200);
	expect(draft.past[0]).toBe("99");
});

test("a saved text is no change any more, and one written meanwhile still is", () => {
	const draft = drafts.made(drafts.begun(stored), "x");
	expect(drafts.isChanged(drafts.over(draft, "x", "2"))).toBe(false);
	const later = drafts.over(drafts.made(draft, "y"), "x", "2");
	expect(later).toMatchObject({ text: "y", base: "x", from: "2" });
	expect(drafts.isChanged(later)).toBe(true);
});

test("what somebody else saved is taken, and one's own can be come back to", () => {
	const draft = drafts.taken(drafts.made(drafts.begun(stored), "mine"), "theirs", "2");
	expect(draft).toMatchObject({ text: "theirs", base: "theirs", from: "2" });
	expect(drafts.undone(draft).text).toBe("mine");
});

test("what was not saved is there when the page is loaded again, with what it began from", () => {
	drafts.keep("desk", "workflows/a.md", { text: "mine", base: "a", from: "1" });
	const kept = drafts.kept("desk", "workflows/a.md");
	expect(drafts.begun({ text: "theirs", version: "2" }, kept)).toMatchObject({
		text: "mine",
		from: "1",
	});
	expect(drafts.kept("other", "workflows/a.md")).toBeUndefined();
	drafts.keep("desk", "workflows/a.md", undefined);
	expect(drafts.kept("desk", "workflows/a.md")).toBeUndefined();
});

test("a kept draft that says what is stored is none", () => {
	const kept = { text: stored.text, base: "old", from: "0" };
	expect(drafts.begun(stored, kept)).toMatchObject({ base: stored.text, from: "1" });
});

test("what is kept and cannot be read is none", () => {
	sessionStorage.setItem("flightdeck.draft:desk:a", "{");
	expect(drafts.kept("desk", "a")).toBeUndefined();
	sessionStorage.setItem("flightdeck.draft:desk:a", '{"text":1}');
	expect(drafts.kept("desk", "a")).toBeUndefined();
});

test("two versions are one text again by a choice at each difference", () => {
	const theirs = "a\nB\nc\nd\n";
	const mine = "a\nb\nc\nD\n";
	const all = parts(theirs, mine);
	expect(all.filter((part) => !part.same)).toHaveLength(2);
	expect(merged(all, new Map())).toBe(mine);
	const both = new Map([0, 1].map((n) => [n, "theirs" as const]));
	expect(merged(all, both)).toBe(theirs);
	expect(merged(all, new Map([[0, "theirs" as const]]))).toBe("a\nB\nc\nD\n");
});

test("nothing of either version is lost where one lacks lines or the last line end", () => {
	for (const [theirs, mine] of [
		["", "a\n"],
		["a\nb", "b"],
		["x\ny\n", "x\ny"],
	] as const) {
		const all = parts(theirs, mine);
		expect(merged(all, new Map())).toBe(mine);
		const every = new Map(all.flatMap((part) => (part.same ? [] : [[part.n, "theirs" as const]])));
		expect(merged(all, every)).toBe(theirs);
	}
});

test("the smallest change leads from one text to another", () => {
	for (const [before, after] of [
		["abc", "abXc"],
		["aaa", "aa"],
		["", "x"],
		["x", ""],
		["same", "same"],
	] as const) {
		const { from, to, insert } = difference(before, after);
		expect(before.slice(0, from) + insert + before.slice(to)).toBe(after);
	}
	expect(difference("abc", "abXc")).toEqual({ from: 2, to: 2, insert: "X" });
});
