import { useSyncExternalStore } from "react";

/** How long each request took that was decided since Studio was opened. Nobody else learns it. */
let times: readonly number[] = [];
const ears = new Set<() => void>();

export function decidedIn(ms: number): void {
	times = [...times, ms];
	for (const ear of ears) ear();
}

function listen(ear: () => void): () => void {
	ears.add(ear);
	return () => ears.delete(ear);
}

export const useSitting = (): readonly number[] => useSyncExternalStore(listen, () => times);
