import { useEffect, useSyncExternalStore } from "react";

const KEPT = "flightdeck.keys";
const ears = new Set<() => void>();

function kept(): boolean {
	try {
		return localStorage.getItem(KEPT) !== "off";
	} catch {
		return true;
	}
}

let on = kept();

/** Whoever steers by voice or trembles can turn single keys off (WCAG 2.1.4). */
export function setKeys(next: boolean): void {
	on = next;
	try {
		localStorage.setItem(KEPT, next ? "on" : "off");
	} catch {
		// It holds until the page is left.
	}
	for (const ear of ears) ear();
}

function listen(ear: () => void): () => void {
	ears.add(ear);
	return () => ears.delete(ear);
}

export const useKeysOn = (): boolean => useSyncExternalStore(listen, () => on);

const WRITES =
	"input, textarea, select, [contenteditable], [data-writes], [role=dialog], [role=alertdialog]";
const LISTS = "[role=listbox], [role=menu]";

/** Acts on single keys, except while somebody writes, chooses or answers a dialog. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
	const on = useKeysOn();
	useEffect(() => {
		if (!on) return;
		const pressed = (event: KeyboardEvent) => {
			const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
			const modified = event.ctrlKey || event.metaKey || event.altKey;
			const target = event.target instanceof Element ? event.target : document.body;
			if (!act || modified || event.repeat || target.closest(`${WRITES}, ${LISTS}`)) return;
			if (document.querySelector("[role=dialog], [role=alertdialog]")) return;
			event.preventDefault();
			act();
		};
		document.addEventListener("keydown", pressed);
		return () => document.removeEventListener("keydown", pressed);
	}, [keys, on]);
}
