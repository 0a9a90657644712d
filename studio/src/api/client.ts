import createClient, { type Middleware } from "openapi-fetch";
import { say } from "../text";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type CaseStatus = Schemas["CaseStatus"];
export type CaseLine = Schemas["CaseLine"];
export type Case = Schemas["Case"];
export type Fleet = Schemas["FleetView"];
export type Request = Schemas["Request"];
export type Reviewed = Schemas["Reviewed"];
export type Scope = Schemas["Scope"];
export type Token = Schemas["Token"];
export type Right = Schemas["RightName"];
export type Shown = Schemas["Shown"];
export type SignedIn = Schemas["SignedIn"];

/** An answer that is no success, in the words of the installation (RFC 9457). */
export class Refused extends Error {
	constructor(
		readonly status: number,
		readonly title: string,
		readonly detail: string,
		readonly help: string | undefined,
	) {
		super(detail);
	}
}

/** The installation gave no answer at all. */
export function silent(): Refused {
	return new Refused(
		0,
		say("problem.offline"),
		say("problem.offline"),
		say("problem.offline.help"),
	);
}

async function refusal(response: Response): Promise<Refused> {
	try {
		const said = (await response.json()) as Partial<Schemas["Problem"]>;
		const title = said.title ?? say("problem.unknown");
		return new Refused(response.status, title, said.detail ?? title, said.help ?? undefined);
	} catch {
		// A proxy that answers in place of the installation has no words of ours.
		return new Refused(response.status, say("problem.unknown"), response.statusText, undefined);
	}
}

const refusing: Middleware = {
	async onResponse({ response }) {
		if (!response.ok) throw await refusal(response);
	},
	onError() {
		return silent();
	},
};

export const api = createClient<paths>({ baseUrl: location.origin });
api.use(refusing);

/** What an answer holds; the middleware has thrown where there is none. */
export async function held<T>(answer: Promise<{ data?: T }>): Promise<T> {
	const { data } = await answer;
	return data as T;
}

/** Name of a decision or a start: the same again is the same one. Also without HTTPS. */
export function freshId(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
