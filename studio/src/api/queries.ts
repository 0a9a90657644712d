import {
	infiniteQueryOptions,
	keepPreviousData,
	QueryClient,
	queryOptions,
	useMutation,
	useQueryClient,
} from "@tanstack/react-query";
import {
	api,
	type CaseStatus,
	held,
	Refused,
	type Reviewed,
	type Schemas,
	type Scope,
} from "./client";

/** Asked again by itself only where the installation gave no answer: a no stays a no. */
export const queries = new QueryClient({
	defaultOptions: {
		queries: {
			staleTime: 5_000,
			retry: (times, error) => error instanceof Refused && error.status === 0 && times < 2,
		},
		mutations: { retry: false },
	},
});

export const PAGE = 200;

export interface Filter {
	workflow?: string;
	status?: CaseStatus;
}

const path = (workspace: string) => ({ workspace });

export const sessionQuery = queryOptions({
	queryKey: ["session"],
	queryFn: () => held(api.GET("/api/v1/session")),
	staleTime: 60_000,
});

/** By this name the gate knows that somebody is leaving. */
export const LEAVING = ["sign-out"];

export const waysQuery = queryOptions({
	queryKey: ["ways"],
	queryFn: () => held(api.GET("/api/v1/sign-in")),
});

export const healthQuery = queryOptions({
	queryKey: ["health"],
	// Held back is an answer, not a failure.
	queryFn: async () => {
		const answer = await fetch("/health").catch(() => undefined);
		if (!answer) throw new Refused(0, "", "", undefined);
		return (await answer.json()) as Schemas["Health"];
	},
});

/** The minutes pass also where nothing happens, so it is read again by itself. */
export const fleetQuery = (workspace: string, minutes: number) =>
	queryOptions({
		queryKey: [workspace, "fleet", minutes],
		queryFn: () => {
			const params = { path: path(workspace), query: { minutes } };
			return held(api.GET("/api/v1/workspaces/{workspace}/fleet", { params }));
		},
		placeholderData: keepPreviousData,
		refetchInterval: 15_000,
	});

/** A file may be changed by any program, and no entry says so. */
export const workflowsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "workflows"],
		queryFn: () => {
			const params = { path: path(workspace) };
			return held(api.GET("/api/v1/workspaces/{workspace}/workflows", { params }));
		},
		refetchInterval: 30_000,
	});

export const casesQuery = (workspace: string, filter: Filter) =>
	infiniteQueryOptions({
		queryKey: [workspace, "cases", "list", filter],
		initialPageParam: undefined as string | undefined,
		queryFn: ({ pageParam }) => {
			const query = { ...filter, limit: PAGE, ...(pageParam ? { after: pageParam } : {}) };
			const params = { path: path(workspace), query };
			return held(api.GET("/api/v1/workspaces/{workspace}/cases", { params }));
		},
		getNextPageParam: (last) => last.next ?? undefined,
	});

/** Cases as they follow on one, for whoever looks for one that is not on the page. */
export function olderCases(workspace: string, after: string | undefined) {
	const query = { limit: PAGE, ...(after ? { after } : {}) };
	const params = { path: path(workspace), query };
	return held(api.GET("/api/v1/workspaces/{workspace}/cases", { params }));
}

/** A comparison grows with each case that ends, so it is read again by itself. */
export const releasesQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "releases"],
		queryFn: () => {
			const params = { path: path(workspace) };
			return held(api.GET("/api/v1/workspaces/{workspace}/releases", { params }));
		},
		refetchInterval: 15_000,
	});

export const caseQuery = (workspace: string, id: string) =>
	queryOptions({
		queryKey: [workspace, "case", id],
		queryFn: () => {
			const params = { path: { workspace, id } };
			return held(api.GET("/api/v1/workspaces/{workspace}/cases/{id}", { params }));
		},
	});

export const recordsQuery = (workspace: string, id: string) =>
	queryOptions({
		queryKey: [workspace, "case", id, "records"],
		queryFn: () => {
			const params = { path: { workspace, id } };
			return held(
				api.GET("/api/v1/workspaces/{workspace}/cases/{id}/records", { params, parseAs: "text" }),
			);
		},
	});

export const reviewsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "reviews"],
		queryFn: () =>
			held(
				api.GET("/api/v1/workspaces/{workspace}/reviews", { params: { path: path(workspace) } }),
			),
	});

/** Who decided a request that is not open any more, and what can be done now. */
export const becameQuery = (workspace: string, id: string, number: number) =>
	queryOptions({
		queryKey: [workspace, "became", id, number],
		queryFn: () => {
			const params = { path: { workspace, id, number } };
			const route = "/api/v1/workspaces/{workspace}/cases/{id}/reviews/{number}";
			return held(api.GET(route, { params }));
		},
		retry: false,
	});

/** What was answered before does not change while somebody reads. */
export const alikeQuery = (workspace: string, id: string, number: number) =>
	queryOptions({
		queryKey: [workspace, "alike", id, number],
		queryFn: () => {
			const params = { path: { workspace, id, number } };
			const route = "/api/v1/workspaces/{workspace}/cases/{id}/reviews/{number}/alike";
			return held(api.GET(route, { params }));
		},
		staleTime: 60_000,
		retry: false,
	});

export const stopsQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "stops"],
		queryFn: () =>
			held(api.GET("/api/v1/workspaces/{workspace}/stops", { params: { path: path(workspace) } })),
	});

/** What a stop would hold back. What is out changes from moment to moment, so it is not kept. */
export const reachQuery = (workspace: string, scope: Scope) =>
	queryOptions({
		queryKey: [workspace, "reach", scope],
		queryFn: () => {
			const name = scope.of === "everything" ? {} : { name: scope.name };
			const params = { path: path(workspace), query: { of: scope.of, ...name } };
			return held(api.GET("/api/v1/workspaces/{workspace}/stops/reach", { params }));
		},
		refetchInterval: 3_000,
		retry: false,
	});

export const peopleQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "people"],
		queryFn: () =>
			held(api.GET("/api/v1/workspaces/{workspace}/access", { params: { path: path(workspace) } })),
	});

export const tokensQuery = (workspace: string) =>
	queryOptions({
		queryKey: [workspace, "tokens"],
		queryFn: () =>
			held(api.GET("/api/v1/workspaces/{workspace}/tokens", { params: { path: path(workspace) } })),
	});

/** Something that is done: afterwards what it may have changed is read again. */
function useAct<Given, Got>(workspace: string, act: (given: Given) => Promise<Got>) {
	const client = useQueryClient();
	const again = () => {
		// Whoever acted need not wait until all of it is read.
		void client.invalidateQueries({ queryKey: [workspace] });
	};
	return useMutation({ mutationFn: act, onSettled: again });
}

export interface Decided {
	case: string;
	number: number;
	id: string;
	answer: Reviewed;
}

export function useDecide(workspace: string) {
	return useAct(workspace, ({ case: id, number, id: decision, answer }: Decided) => {
		const params = { path: { workspace, id, number } };
		const body = { id: decision, ...answer };
		const route = "/api/v1/workspaces/{workspace}/cases/{id}/reviews/{number}/decision";
		return held(api.POST(route, { params, body }));
	});
}

export interface StopOrder {
	scope: Scope;
	reason: string;
}

export function useStop(workspace: string) {
	return useAct(workspace, (body: StopOrder) =>
		held(
			api.POST("/api/v1/workspaces/{workspace}/stops", { params: { path: { workspace } }, body }),
		),
	);
}

export function useLift(workspace: string) {
	return useAct(workspace, (body: StopOrder) => {
		const params = { path: { workspace } };
		return held(api.POST("/api/v1/workspaces/{workspace}/stops/lift", { params, body }));
	});
}

export function useDeploy(workspace: string) {
	return useAct(workspace, (body: Schemas["Deploy"]) => {
		const params = { path: { workspace } };
		return held(api.POST("/api/v1/workspaces/{workspace}/releases", { params, body }));
	});
}

export function usePromote(workspace: string) {
	return useAct(workspace, (body: Schemas["Promote"]) => {
		const params = { path: { workspace } };
		return held(api.POST("/api/v1/workspaces/{workspace}/releases/promote", { params, body }));
	});
}

export function useRollBack(workspace: string) {
	return useAct(workspace, (body: Schemas["RollBack"]) => {
		const params = { path: { workspace } };
		return held(api.POST("/api/v1/workspaces/{workspace}/releases/rollback", { params, body }));
	});
}

export function useMakeToken(workspace: string) {
	return useAct(workspace, (body: Schemas["NewToken"]) =>
		held(
			api.POST("/api/v1/workspaces/{workspace}/tokens", { params: { path: { workspace } }, body }),
		),
	);
}

export function useEndToken(workspace: string) {
	return useAct(workspace, async (token: string) => {
		const params = { path: { workspace, token } };
		await api.DELETE("/api/v1/workspaces/{workspace}/tokens/{token}", { params });
	});
}
