import type { InstructionFile, Instructions } from "../api/standing";

type Kind = InstructionFile["kind"];

/** In the order in which an agent reads them. */
export const KINDS: readonly Kind[] = ["standing", "agent", "workflow", "imported"];

export function ofKind(files: readonly InstructionFile[], kind: Kind): InstructionFile[] {
	return files.filter((file) => file.kind === kind);
}

/** A part of a whole in whole hundredths; something is never shown as nothing. */
export function share(part: number, whole: number): number {
	if (whole <= 0 || part <= 0) return 0;
	return Math.min(100, Math.max(1, Math.round((part / whole) * 100)));
}

/** The agent that reads most stands first. */
export function heaviest(agents: Instructions["agents"]): Instructions["agents"] {
	return [...agents].sort((a, b) => b.tokens_about - a.tokens_about);
}
