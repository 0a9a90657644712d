import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { filesQuery, type Names, namesQuery, workflowsQuery } from "../api/workshop";
import { useSession } from "../session/gate";
import { useWorkspace } from "../shell/workspace";
import type { Known } from "./insert";

/** What a field of the map may say: suggestions, and never all that is allowed. */
export function useNames(): Names {
	return useQuery(namesQuery(useWorkspace())).data ?? NONE;
}

const NONE: Names = { roles: [], people: [], agents: [], tools: [], workflows: [] };

/** What of a workspace a new step begins with. */
export function useKnown(): Known {
	const workspace = useWorkspace();
	const files = useQuery(filesQuery(workspace)).data?.files;
	const workflows = useQuery(workflowsQuery(workspace)).data?.workflows;
	return useMemo(() => {
		const named = (folder: string, end: string) =>
			(files ?? [])
				.map(({ path }) => path)
				.filter((path) => path.startsWith(folder) && path.endsWith(end))
				.map((path) => path.slice(folder.length, -end.length));
		return {
			agents: named("agents/", ".md"),
			tables: named("tables/", ".csv"),
			workflows: (workflows ?? []).map(({ workflow }) => workflow),
		};
	}, [files, workflows]);
}

/** Whether whoever is signed in may save files. */
export function useMayChange(): boolean {
	const workspace = useWorkspace();
	const rights: readonly string[] =
		useSession().workspaces.find((one) => one.name === workspace)?.rights ?? [];
	return rights.includes("change");
}
