import { queryOptions } from "@tanstack/react-query";
import { api, held, Refused, type Schemas } from "./client";

export type WorkflowLine = Schemas["Workflow"];
export type FileText = Schemas["FileText"];
export type DrawnMap = Schemas["Map"];
export type Step = Schemas["Step"];
export type Way = Schemas["Way"];
export type WayKind = Schemas["WayKind"];
export type Finding = Schemas["Finding"];
export type Edit = Schemas["Change"];
export type Names = Schemas["Names"];

/** How often it is looked whether somebody else saved a file that is open here. */
const LOOKED = 5_000;
/** For so long the map of a text is kept, so that undoing shows it at once. */
const MAPS_KEPT = 120_000;

export const workflowsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "workflows"],
		queryFn: () =>
			held(
				api.GET("/api/v1/workspaces/{workspace}/workflows", { params: { path: { workspace } } }),
			),
	});

/** Roles, people, agents and tools that a map can name. */
export const namesQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "names"],
		queryFn: () =>
			held(api.GET("/api/v1/workspaces/{workspace}/names", { params: { path: { workspace } } })),
		staleTime: 30_000,
	});

export const filesQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "files"],
		queryFn: () =>
			held(api.GET("/api/v1/workspaces/{workspace}/files", { params: { path: { workspace } } })),
	});

/** A file as it is stored; nothing where there is none. One that is new is looked for first. */
export const fileQuery = (workspace: string, path: string, isNew = false) =>
	queryOptions({
		queryKey: [workspace, "file", path],
		queryFn: async ({ client }): Promise<FileText | null> => {
			if (isNew) {
				const { files } = await client.fetchQuery({ ...filesQuery(workspace), staleTime: 0 });
				if (!files.some((file) => file.path === path)) return null;
			}
			const params = { path: { workspace }, query: { path } };
			try {
				return await held(api.GET("/api/v1/workspaces/{workspace}/file", { params }));
			} catch (error) {
				if (error instanceof Refused && error.status === 404) return null;
				throw error;
			}
		},
		refetchInterval: LOOKED,
		staleTime: 0,
	});

/** A workflow as a map of another product, and what of it such a map cannot hold. */
export function handedOn(workspace: string, workflow: string): Promise<Schemas["MapFile"]> {
	const params = { path: { workspace, workflow } };
	return held(api.GET("/api/v1/workspaces/{workspace}/workflows/{workflow}/export", { params }));
}

export function saveFile(
	workspace: string,
	path: string,
	text: string,
	from: string | null,
): Promise<Schemas["FileSaved"]> {
	const params = { path: { workspace }, query: { path } };
	return held(api.PUT("/api/v1/workspaces/{workspace}/file", { params, body: { text, from } }));
}

/** The map of a text that need not be saved, after these changes; or of the stored one. */
export function drawMap(
	workspace: string,
	path: string,
	text?: string,
	edits: Edit[] = [],
): Promise<DrawnMap> {
	const params = { path: { workspace } };
	return held(
		api.POST("/api/v1/workspaces/{workspace}/map", {
			params,
			body: { path, text: text ?? null, edits },
		}),
	);
}

export const mapQuery = (workspace: string, path: string, text: string) =>
	queryOptions({
		queryKey: [workspace, "map", path, text],
		queryFn: () => drawMap(workspace, path, text),
		staleTime: MAPS_KEPT,
		gcTime: MAPS_KEPT,
	});

/** Who changed a file, the last one first. */
export const changesQuery = (workspace: string, path: string, version: string) =>
	queryOptions({
		queryKey: [workspace, "changes", path, version],
		queryFn: () => {
			const params = { path: { workspace }, query: { path } };
			return held(api.GET("/api/v1/workspaces/{workspace}/file/changes", { params }));
		},
		retry: false,
	});
