import { useSyncExternalStore } from "react";

/** What lasts as long as Studio is open in this tab, and is told to nobody. */
class Kept<T> {
	private readonly ears = new Set<() => void>();
	constructor(private now: T) {}

	readonly get = (): T => this.now;

	readonly set = (next: T): void => {
		this.now = next;
		for (const ear of this.ears) ear();
	};

	readonly listen = (ear: () => void): (() => void) => {
		this.ears.add(ear);
		return () => this.ears.delete(ear);
	};
}

/** How long each request took that was decided since Studio was opened. */
const times = new Kept<readonly number[]>([]);

export const decidedIn = (ms: number): void => times.set([...times.get(), ms]);
export const useSitting = (): readonly number[] => useSyncExternalStore(times.listen, times.get);

/** Whether those that are alike are decided one after the other. */
const together = new Kept(false);

export function useTogether(): [boolean, (on: boolean) => void] {
	return [useSyncExternalStore(together.listen, together.get), together.set];
}
