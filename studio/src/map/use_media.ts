import { useCallback, useSyncExternalStore } from "react";

/** Whether a screen is as a rule of a style sheet wants it. */
export function useMedia(rule: string): boolean {
	const listen = useCallback(
		(ear: () => void) => {
			const media = matchMedia(rule);
			media.addEventListener("change", ear);
			return () => media.removeEventListener("change", ear);
		},
		[rule],
	);
	return useSyncExternalStore(listen, () => matchMedia(rule).matches);
}
