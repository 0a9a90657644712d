import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Refused } from "../api/client";
import {
	type DrawnMap,
	drawMap,
	type Edit,
	type FileText,
	fileQuery,
	mapQuery,
	saveFile,
} from "../api/workshop";
import { tell } from "../parts/toasts";
import { say } from "../text";
import * as drafts from "./draft";

/** A pause of this length ends what is undone together, and has the text drawn. */
const PAUSE = 350;

/** A map that is open: its text, what is drawn of it, and what can be done with it. */
export interface Work {
	path: string;
	draft: drafts.Draft;
	changed: boolean;
	map: DrawnMap | undefined;
	/** Whether what is drawn is of an older text. */
	behind: boolean;
	/** Why the map cannot be drawn or a change was not made. */
	trouble: unknown;
	saving: boolean;
	/** What somebody else saved since this text was begun. */
	other: FileText | undefined;
	type: (text: string) => void;
	act: (...edits: Edit[]) => Promise<boolean>;
	replace: (text: string) => void;
	undo: () => void;
	redo: () => void;
	save: () => Promise<void>;
	/** Goes on with what somebody else saved. */
	takeTheirs: () => void;
	/** What is saved next takes the place of what somebody else saved and was looked at here. */
	keepMine: (text: string) => void;
	forgive: () => void;
}

/** Opens a file to work on it; nothing while it is read, or where there is none. */
export function useWork(workspace: string, stored: FileText | null, path: string): Work {
	const client = useQueryClient();
	const [draft, setDraft] = useState(() =>
		drafts.begun(
			stored ? { text: stored.text, version: stored.version } : { text: "", version: null },
			drafts.kept(workspace, path),
		),
	);
	const latest = useRef(draft);
	const change = useCallback((next: (draft: drafts.Draft) => drafts.Draft) => {
		latest.current = next(latest.current);
		setDraft(latest.current);
	}, []);
	const changed = drafts.isChanged(draft);
	useEffect(() => {
		drafts.keep(workspace, path, changed ? draft : undefined);
	}, [workspace, path, changed, draft]);
	useWarning(changed);

	const text = useSettled(draft.text, client, workspace, path);
	useEffect(() => {
		if (text === draft.text) change(drafts.paused);
	}, [text, draft.text, change]);
	const drawn = useQuery({
		...mapQuery(workspace, path, text),
		placeholderData: keepPreviousData,
		enabled: text !== "",
	});

	const [trouble, setTrouble] = useState<unknown>();
	const queue = useRef<Promise<unknown>>(Promise.resolve());
	const act = useCallback(
		(...edits: Edit[]) => {
			const one = async () => {
				setTrouble(undefined);
				try {
					const map = await onLatest(latest, (text) => drawMap(workspace, path, text, edits));
					client.setQueryData(mapQuery(workspace, path, map.text).queryKey, map);
					change((draft) => drafts.made(draft, map.text));
					return true;
				} catch (error) {
					setTrouble(error);
					return false;
				}
			};
			// One after the other, because each is made in what the one before left.
			const done = queue.current.then(one);
			queue.current = done;
			return done;
		},
		[client, workspace, path, change],
	);

	const [saving, setSaving] = useState(false);
	const isNew = draft.from === null;
	const file = useQuery({ ...fileQuery(workspace, path, isNew), enabled: !saving });
	const now = file.data;
	const other = now && now.version !== draft.from && !saving ? now : undefined;
	useEffect(() => {
		if (!other || drafts.isChanged(latest.current)) return;
		change((draft) => drafts.taken(draft, other.text, other.version));
		tell(say("map.followed"));
	}, [other, change]);

	const save = useCallback(async () => {
		const { text, from } = latest.current;
		const { queryKey } = fileQuery(workspace, path);
		setSaving(true);
		setTrouble(undefined);
		try {
			// What was on its way before says nothing of what is saved now.
			await client.cancelQueries({ queryKey });
			const { version } = await saveFile(workspace, path, text, from);
			const stored: FileText | null = { path, text, version };
			client.setQueryData(queryKey, () => stored);
			change((draft) => drafts.over(draft, text, version));
			tell(say("map.saved"));
			client.invalidateQueries({ queryKey: [workspace, "workflows"] });
		} catch (error) {
			const found = await client
				.fetchQuery({ ...fileQuery(workspace, path), staleTime: 0 })
				.catch(() => undefined);
			const conflict = error instanceof Refused && error.status === 409;
			if (!conflict || found?.version === from) setTrouble(error);
		} finally {
			setSaving(false);
		}
	}, [client, workspace, path, change]);

	const takeTheirs = useCallback(() => {
		if (other) change((draft) => drafts.taken(draft, other.text, other.version));
	}, [other, change]);
	const keepMine = useCallback(
		(text: string) => {
			if (!other) return;
			change((draft) => drafts.over(drafts.made(draft, text), other.text, other.version));
		},
		[other, change],
	);
	return useMemo(
		() => ({
			path,
			draft,
			changed,
			map: drawn.data,
			behind: drawn.isPlaceholderData || text !== draft.text,
			trouble: trouble ?? drawn.error ?? undefined,
			saving,
			other: changed ? other : undefined,
			type: (text: string) => change((draft) => drafts.typed(draft, text)),
			act,
			replace: (text: string) => change((draft) => drafts.made(draft, text)),
			undo: () => change(drafts.undone),
			redo: () => change(drafts.redone),
			save,
			takeTheirs,
			keepMine,
			forgive: () => setTrouble(undefined),
		}),
		[
			path,
			draft,
			changed,
			drawn.data,
			drawn.isPlaceholderData,
			drawn.error,
			text,
			trouble,
			saving,
			other,
			change,
			act,
			save,
			takeTheirs,
			keepMine,
		],
	);
}

/** Makes changes in the text as it is; if it was changed meanwhile, in what it is then. */
async function onLatest(
	latest: { current: drafts.Draft },
	make: (text: string) => Promise<DrawnMap>,
): Promise<DrawnMap> {
	for (;;) {
		const { text } = latest.current;
		const map = await make(text);
		if (latest.current.text === text) return map;
	}
}

/** A text once nobody types any more, or at once where its map is known. */
function useSettled(
	text: string,
	client: ReturnType<typeof useQueryClient>,
	workspace: string,
	path: string,
): string {
	const [settled, setSettled] = useState(text);
	const known = client.getQueryData(mapQuery(workspace, path, text).queryKey) !== undefined;
	useEffect(() => {
		if (known) return setSettled(text);
		const timer = setTimeout(() => setSettled(text), PAUSE);
		return () => clearTimeout(timer);
	}, [text, known]);
	return known ? text : settled;
}

/** A browser warns before what is not saved is left. */
function useWarning(changed: boolean): void {
	useEffect(() => {
		if (!changed) return;
		const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
		addEventListener("beforeunload", leaving);
		return () => removeEventListener("beforeunload", leaving);
	}, [changed]);
}
