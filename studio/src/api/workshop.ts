import { queryOptions } from "@tanstack/react-query";
import { api, held, Refused } from "./client";
import type { DrawnMap, Edit, FileText, WorkflowLine } from "./workshop_shapes";

export type {
	DrawnMap,
	Edit,
	FileText,
	Finding,
	Step,
	Way,
	WayKind,
	WorkflowLine,
} from "./workshop_shapes";

type Any = (path: string, init: object) => Promise<{ data?: never }>;
const raw = api as unknown as { GET: Any; PUT: Any; POST: Any };

/** How often it is looked whether somebody else saved a file that is open here. */
const LOOKED = 5_000;
/** For so long the map of a text is kept, so that undoing shows it at once. */
const MAPS_KEPT = 120_000;

export const workflowsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "workflows"],
		queryFn: (): Promise<{ workflows: WorkflowLine[] }> =>
			held(
				raw.GET("/api/v1/workspaces/{workspace}/workflows", { params: { path: { workspace } } }),
			),
	});

export const filesQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "files"],
		queryFn: (): Promise<{ files: { path: string }[] }> =>
			held(raw.GET("/api/v1/workspaces/{workspace}/files", { params: { path: { workspace } } })),
	});

/** A file as it is stored; nothing where there is none. */
export const fileQuery = (workspace: string, path: string) =>
	queryOptions({
		queryKey: [workspace, "file", path],
		queryFn: async (): Promise<FileText | null> => {
			const params = { path: { workspace }, query: { path } };
			try {
				return await held(raw.GET("/api/v1/workspaces/{workspace}/file", { params }));
			} catch (error) {
				if (error instanceof Refused && error.status === 404) return null;
				throw error;
			}
		},
		refetchInterval: LOOKED,
		staleTime: 0,
	});

export function saveFile(
	workspace: string,
	path: string,
	text: string,
	from: string | null,
): Promise<{ path: string; version: string }> {
	const params = { path: { workspace }, query: { path } };
	return held(raw.PUT("/api/v1/workspaces/{workspace}/file", { params, body: { text, from } }));
}

/** The map of a text that need not be saved, after these changes. */
export function drawMap(
	workspace: string,
	path: string,
	text: string,
	edits: readonly Edit[] = [],
): Promise<DrawnMap> {
	const body = { path, text, edits };
	const params = { path: { workspace } };
	return held(raw.POST("/api/v1/workspaces/{workspace}/map", { params, body }));
}

export const mapQuery = (workspace: string, path: string, text: string) =>
	queryOptions({
		queryKey: [workspace, "map", path, text],
		queryFn: () => drawMap(workspace, path, text),
		staleTime: MAPS_KEPT,
		gcTime: MAPS_KEPT,
	});
