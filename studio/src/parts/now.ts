import { useEffect, useState, useSyncExternalStore } from "react";

const EVERY = 1_000;
let now = Date.now();
const ears = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all that is shown, so that no two places differ. */
function listen(ear: () => void): () => void {
	ears.add(ear);
	timer ??= setInterval(() => {
		now = Date.now();
		for (const each of ears) each();
	}, EVERY);
	return () => {
		ears.delete(ear);
		if (ears.size > 0) return;
		clearInterval(timer);
		timer = undefined;
	};
}

export const useNow = (): number => useSyncExternalStore(listen, () => now);

/** For how long something has been shown. */
export function useSince(): number {
	const [from] = useState(() => Date.now());
	return Math.max(0, useNow() - from);
}

/** The title of the browser's tab while a page is open. */
export function useTitle(title: string): void {
	useEffect(() => {
		document.title = title;
	}, [title]);
}
