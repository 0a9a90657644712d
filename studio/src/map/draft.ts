/** How many texts can be gone back to. */
const KEPT_TEXTS = 200;

/** A text that somebody works on, and the stored version that it is to take the place of. */
export interface Draft {
	readonly text: string;
	/** The stored text that it began with, and its version; none where there is no such file yet. */
	readonly base: string;
	readonly from: string | null;
	readonly past: readonly string[];
	readonly future: readonly string[];
	/** Whether what is typed next belongs to what was typed last. */
	readonly typing: boolean;
}

/** What is kept of a draft while a page is loaded again. */
export type Kept = Pick<Draft, "text" | "base" | "from">;

export function begun(stored: { text: string; version: string | null }, kept?: Kept): Draft {
	const none = { past: [], future: [], typing: false };
	if (kept && kept.text !== stored.text) return { ...kept, ...none };
	return { text: stored.text, base: stored.text, from: stored.version, ...none };
}

export const isChanged = (draft: Draft): boolean => draft.text !== draft.base;

/** Another text by a change that is undone on its own. */
export function made(draft: Draft, text: string): Draft {
	if (text === draft.text) return { ...draft, typing: false };
	const past = [...draft.past, draft.text].slice(-KEPT_TEXTS);
	return { ...draft, text, past, future: [], typing: false };
}

/** Another text by typing: all of it until a pause is undone together. */
export function typed(draft: Draft, text: string): Draft {
	if (text === draft.text) return draft;
	if (draft.typing) return { ...draft, text, future: [] };
	return { ...made(draft, text), typing: true };
}

export const paused = (draft: Draft): Draft => (draft.typing ? { ...draft, typing: false } : draft);

export function undone(draft: Draft): Draft {
	const text = draft.past.at(-1);
	if (text === undefined) return draft;
	const future = [draft.text, ...draft.future];
	return { ...draft, text, past: draft.past.slice(0, -1), future, typing: false };
}

export function redone(draft: Draft): Draft {
	const [text, ...future] = draft.future;
	if (text === undefined) return draft;
	return { ...draft, text, past: [...draft.past, draft.text], future, typing: false };
}

/** A version of the file is known now: what is saved next is saved over it. */
export const over = (draft: Draft, text: string, version: string): Draft => ({
	...draft,
	base: text,
	from: version,
	typing: false,
});

/** Goes on with what is stored; what was written here can be come back to. */
export const taken = (draft: Draft, text: string, version: string): Draft =>
	over(made(draft, text), text, version);

const key = (workspace: string, path: string) => `flightdeck.draft:${workspace}:${path}`;

/** What was not saved here before the page was loaded again. */
export function kept(workspace: string, path: string): Kept | undefined {
	try {
		const found = sessionStorage.getItem(key(workspace, path));
		const draft = found === null ? undefined : (JSON.parse(found) as Partial<Kept>);
		if (typeof draft?.text !== "string" || typeof draft.base !== "string") return undefined;
		return { text: draft.text, base: draft.base, from: draft.from ?? null };
	} catch {
		return undefined;
	}
}

export function keep(workspace: string, path: string, draft: Kept | undefined): void {
	try {
		if (draft) {
			const { text, base, from } = draft;
			sessionStorage.setItem(key(workspace, path), JSON.stringify({ text, base, from }));
		} else {
			sessionStorage.removeItem(key(workspace, path));
		}
	} catch {
		// A browser that keeps nothing still warns when the page is left.
	}
}
