import { createContext, useContext } from "react";

export const Workspace = createContext("");

/** The workspace that is looked at. */
export const useWorkspace = (): string => useContext(Workspace);

/** The address of a page of a workspace. */
export function pageOf(workspace: string, ...parts: (string | number)[]): string {
	return ["/w", workspace, ...parts]
		.map((part, n) => (n === 0 ? part : encodeURIComponent(part)))
		.join("/");
}
