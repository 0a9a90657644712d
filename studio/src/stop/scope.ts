import type { Scope } from "../api/client";
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

const WHOLE: Readonly<Record<Exclude<ScopeOf, "everything">, RegExp>> = {
	workflow: /^[a-z]\w*$/,
	case: /^[0-7][0-9a-z]{25}$/,
	tool: /^[\w-]+\.[\w.-]+$/,
	server: /^[\w-]+$/,
	vendor: /^[\w-]+$/,
	beyond: /^[a-z]\w*(\.[a-z]\w*)?=(suggest|approve|act_with_undo)$/,
};

/** Whether a name is written so far that it can mean something. */
export function isWhole(scope: Scope): boolean {
	return scope.of === "everything" || WHOLE[scope.of].test(scope.name);
}

/** A scope in words, as it stands in a sentence. */
export function scopeText(scope: Scope): string {
	const kind = named("stop", scope.of);
	return scope.of === "everything" ? kind.toLowerCase() : `${kind.toLowerCase()} ${scope.name}`;
}

export function meaning(of: ScopeOf): string {
	return named("stop", `${of}.means`);
}

export function setLabel(of: ScopeOf): string {
	return say(of === "everything" ? "stop.set.everything" : "stop.set");
}
