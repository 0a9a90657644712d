import type { CaseLine, Scope } from "../api/client";
import { named, say } from "../text";

export const SCOPES = [
	"everything",
	"workflow",
	"case",
	"tool",
	"server",
	"vendor",
	"beyond",
] as const;
export type ScopeOf = (typeof SCOPES)[number];

export function scopeOf(of: ScopeOf, name: string): Scope {
	return of === "everything" ? { of } : { of, name };
}

/** A scope in words, as it stands in a sentence. */
export function scopeText(scope: Scope): string {
	const kind = named("stop", scope.of);
	return scope.of === "everything" ? kind.toLowerCase() : `${kind.toLowerCase()} ${scope.name}`;
}

const OPEN: readonly string[] = ["running", "sleeping", "waiting"];

/** How many of these cases a stop holds; nothing where only the maps know. */
export function heldBy(scope: Scope, cases: readonly CaseLine[]): number | undefined {
	const open = cases.filter(({ status }) => OPEN.includes(status));
	switch (scope.of) {
		case "everything":
			return open.length;
		case "workflow":
			return open.filter(({ workflow }) => workflow === scope.name).length;
		case "case":
			return open.filter(({ id }) => id === scope.name).length;
		default:
			return undefined;
	}
}

export function meaning(of: ScopeOf): string {
	return named("stop", `${of}.means`);
}

export function setLabel(of: ScopeOf): string {
	return say(of === "everything" ? "stop.set.everything" : "stop.set");
}
