import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, held, type Schemas } from "./client";

export type ToolServer = Schemas["ToolServer"];
export type ServerTool = Schemas["ServerTool"];
export type Argument = Schemas["Argument"];
export type Effect = Schemas["ToolEffect"];
export type Part = Schemas["Part"];
export type Declared = Schemas["ToolDeclared"];
export type Offer = Schemas["ToolOffer"];
export type Probed = Schemas["Probed"];
export type SecretLine = Schemas["SecretLine"];
export type InstructionFile = Schemas["InstructionFile"];
export type Instructions = Schemas["Instructions"];
export type Policies = Schemas["Policies"];
export type PolicyLine = Schemas["PolicyLine"];
export type VendorLine = Schemas["VendorLine"];
export type CaseField = Schemas["CaseField"];

const of = (workspace: string) => ({ params: { path: { workspace } } });

export const serversQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "servers"],
		queryFn: () => held(api.GET("/api/v1/workspaces/{workspace}/servers", of(workspace))),
	});

export const vendorsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "vendors"],
		queryFn: () => held(api.GET("/api/v1/workspaces/{workspace}/vendors", of(workspace))),
	});

export const policiesQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "policies"],
		queryFn: () => held(api.GET("/api/v1/workspaces/{workspace}/policies", of(workspace))),
		// Comparing them with what is live takes a while.
		staleTime: 60_000,
	});

export const instructionsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "instructions"],
		queryFn: () => held(api.GET("/api/v1/workspaces/{workspace}/instructions", of(workspace))),
	});

/** A file of instructions, as it is written. */
export const writtenQuery = (workspace: string, path: string) =>
	queryOptions({
		queryKey: [workspace, "instructions", "file", path],
		queryFn: () => {
			const params = { path: { workspace }, query: { path } };
			return held(api.GET("/api/v1/workspaces/{workspace}/file", { params }));
		},
	});

/** What can be started, with the fields of a case. */
export const startableQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "workflows"],
		queryFn: () => held(api.GET("/api/v1/workspaces/{workspace}/workflows", of(workspace))),
	});

/** Something that is done: afterwards what it changed is read again. */
function useDone<Given, Got>(
	workspace: string,
	lists: readonly string[],
	act: (given: Given) => Promise<Got>,
) {
	const client = useQueryClient();
	const again = () => {
		for (const list of lists) void client.invalidateQueries({ queryKey: [workspace, list] });
	};
	return useMutation({ mutationFn: act, onSettled: again });
}

export function useProbe(workspace: string) {
	return useMutation({
		mutationFn: (server: string) => {
			const params = { path: { workspace, server } };
			return held(api.POST("/api/v1/workspaces/{workspace}/servers/{server}/probe", { params }));
		},
	});
}

export function usePin(workspace: string, server: string) {
	return useDone(workspace, ["servers"], (body: Schemas["Pins"]) => {
		const params = { path: { workspace, server } };
		return held(api.POST("/api/v1/workspaces/{workspace}/servers/{server}/pin", { params, body }));
	});
}

export function useTryPolicies(workspace: string) {
	return useMutation({
		mutationFn: () => held(api.POST("/api/v1/workspaces/{workspace}/policies/test", of(workspace))),
	});
}

export function useSaveWritten(workspace: string, path: string) {
	return useDone(workspace, ["instructions"], (body: Schemas["Save"]) => {
		const params = { path: { workspace }, query: { path } };
		return held(api.PUT("/api/v1/workspaces/{workspace}/file", { params, body }));
	});
}

export interface Begin {
	key: string;
	body: Schemas["StartCase"];
}

export function useStartCase(workspace: string) {
	return useDone(workspace, ["cases"], ({ key, body }: Begin) => {
		const params = { path: { workspace }, header: { "Idempotency-Key": key } };
		return held(api.POST("/api/v1/workspaces/{workspace}/cases", { params, body }));
	});
}
