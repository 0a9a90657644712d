import { useEffect, useMemo, useState } from "react";
import type { Work } from "./use_work";

/** Keys whose acts are always those of the page as it is now. */
export function useKept(acts: Record<string, () => void>): Readonly<Record<string, () => void>> {
	const [latest] = useState({ acts });
	latest.acts = acts;
	const names = Object.keys(acts).join(" ");
	return useMemo(
		() => Object.fromEntries(names.split(" ").map((key) => [key, () => latest.acts[key]?.()])),
		[names, latest],
	);
}

/** Undoing and saving by keys, also while somebody writes in the text. */
export function useModified(work: Work, readOnly: boolean): void {
	useEffect(() => {
		const pressed = (event: KeyboardEvent) => {
			if (!(event.ctrlKey || event.metaKey) || event.altKey || readOnly) return;
			const key = event.key.toLowerCase();
			const target = event.target instanceof Element ? event.target : document.body;
			// A field undoes its own letters until they count.
			const field = target.closest("input, textarea") !== null;
			if (document.querySelector("[role=dialog], [role=alertdialog]")) return;
			if (key === "s") {
				if (work.changed && !work.saving && !work.other) void work.save();
			} else if (field) return;
			else if (key === "z" && !event.shiftKey) work.undo();
			else if ((key === "z" && event.shiftKey) || key === "y") work.redo();
			else return;
			event.preventDefault();
		};
		document.addEventListener("keydown", pressed, true);
		return () => document.removeEventListener("keydown", pressed, true);
	}, [work, readOnly]);
}
