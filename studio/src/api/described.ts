import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, held, type Schemas } from "./client";

export type Question = Schemas["Question"];
export type QuestionForm = Schemas["Form"];
export type Column = Schemas["Column"];
export type Interview = Schemas["Interview"];
export type Choice = Schemas["Chosen"];
export type Point = Schemas["Point"];
export type Offer = Schemas["Offer"];
export type Rehearsed = Schemas["Rehearsed"];
export type GoneAgain = Schemas["GoneAgain"];
export type Parting = Schemas["Parting"];

/** The fields of a case. */
export type CaseFields = { readonly [field: string]: unknown };

/** The questions of a text, or the text with one more answer. `null` is that nobody knows yet. */
export function interview(
	workspace: string,
	path: string,
	text: string,
	answer?: Schemas["Said"],
): Promise<Interview> {
	const body = { path, text, answer: answer ?? null };
	const params = { path: { workspace } };
	return held(api.POST("/api/v1/workspaces/{workspace}/interview", { params, body }));
}

export const interviewQuery = (workspace: string, path: string, text: string) =>
	queryOptions({
		queryKey: [workspace, "interview", path, text],
		queryFn: () => interview(workspace, path, text),
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
	});

/** Where a case stands after these choices. Nothing is stored, and no model is called. */
export const rehearsalQuery = (
	workspace: string,
	path: string,
	text: string,
	fields: CaseFields | null,
	choices: readonly Choice[],
) =>
	queryOptions({
		queryKey: [workspace, "rehearsal", path, text, fields, choices],
		queryFn: (): Promise<Rehearsed> => {
			// The description says that they are an object, and not of what.
			const own = fields as Record<string, never> | null;
			const body = { path, text, case: own, choices: [...choices] };
			const params = { path: { workspace } };
			return held(api.POST("/api/v1/workspaces/{workspace}/rehearse", { params, body }));
		},
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
	});

/** A stored case on this text, by what was said from outside when it was first gone through. */
export const againQuery = (workspace: string, path: string, text: string, id: string) =>
	queryOptions({
		queryKey: [workspace, "rehearsal", "again", path, text, id],
		queryFn: (): Promise<GoneAgain> => {
			const params = { path: { workspace } };
			const body = { path, text, id };
			return held(api.POST("/api/v1/workspaces/{workspace}/rehearse/again", { params, body }));
		},
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
		retry: false,
	});

export interface Keeping {
	path: string;
	text: string;
	fields: CaseFields | null;
	choices: readonly Choice[];
	name: string;
}

/** Keeps a rehearsal as a case that the workflow is tried with from then on. */
export function useKeep(workspace: string) {
	return useMutation({
		mutationFn: ({ path, text, fields, choices, name }: Keeping) => {
			const params = { path: { workspace } };
			const own = fields as Record<string, never> | null;
			const body = { path, text, case: own, choices: [...choices], name };
			return held(api.POST("/api/v1/workspaces/{workspace}/rehearse/keep", { params, body }));
		},
	});
}
