import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEPT = "flightdeck.theme";
const ears = new Set<() => void>();

/** Some browsers keep nothing for a page; then it looks as the device has it. */
function kept(): Theme {
	try {
		const found = localStorage.getItem(KEPT);
		return THEMES.find((theme) => theme === found) ?? "system";
	} catch {
		return "system";
	}
}

let theme = kept();

function show(): void {
	if (theme === "system") delete document.documentElement.dataset["theme"];
	else document.documentElement.dataset["theme"] = theme;
}

export function setTheme(next: Theme): void {
	theme = next;
	try {
		localStorage.setItem(KEPT, next);
	} catch {
		// It holds until the page is left.
	}
	show();
	for (const ear of ears) ear();
}

function listen(ear: () => void): () => void {
	ears.add(ear);
	return () => ears.delete(ear);
}

const device = matchMedia("(prefers-color-scheme: dark)");
device.addEventListener("change", () => {
	for (const ear of ears) ear();
});

const isDark = (): boolean => (theme === "system" ? device.matches : theme === "dark");

/** Whether it looks dark now, for what a style sheet does not reach. */
export const useDark = (): boolean => useSyncExternalStore(listen, isDark);

export const useTheme = (): Theme => useSyncExternalStore(listen, () => theme);

show();
