import { useSyncExternalStore } from "react";

interface Toast {
	id: number;
	text: string;
}

const LASTS = 6_000;
let toasts: readonly Toast[] = [];
let next = 0;
const ears = new Set<() => void>();

function set(all: readonly Toast[]): void {
	toasts = all;
	for (const ear of ears) ear();
}

/** Says what came of something, for a moment. What must not be missed stands on the page instead. */
export function tell(text: string): void {
	const toast = { id: next++, text };
	set([...toasts, toast]);
	setTimeout(() => set(toasts.filter(({ id }) => id !== toast.id)), LASTS);
}

function listen(ear: () => void): () => void {
	ears.add(ear);
	return () => ears.delete(ear);
}

export function Toasts() {
	const all = useSyncExternalStore(listen, () => toasts);
	return (
		<div className="toasts" role="status" aria-live="polite">
			{all.map(({ id, text }) => (
				<div key={id} className="toast">
					{text}
				</div>
			))}
		</div>
	);
}
