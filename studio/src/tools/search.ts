import type { Declared, Effect, Offer, Part, ToolServer } from "../api/standing";

export const EFFECTS: readonly Effect[] = ["read", "write", "send", "pay", "delete"];
export const PARTS: readonly Part[] = ["destination", "recipient", "amount", "selector"];

/** Servers with the tools that fit; one whose own name fits keeps all of its tools. */
export function fitting(
	servers: readonly ToolServer[],
	text: string,
	effect: string | undefined,
): ToolServer[] {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	const fits = (all: readonly string[]) => {
		const whole = all.join(" ").toLowerCase();
		return words.every((word) => whole.includes(word));
	};
	return servers.flatMap((server) => {
		const named = fits([server.server]);
		const tools = server.tools.filter((tool) => {
			const said = [tool.tool, tool.title ?? "", tool.description, ...tool.steps];
			const does = effect === undefined || tool.declared.effect === effect;
			return does && (named || fits(said));
		});
		const bare = tools.length === 0;
		if (bare && (effect !== undefined || !named)) return [];
		return [{ ...server, tools }];
	});
}

const ORDER = { changed: 0, new: 1, approved: 2 } as const;

/** What somebody has to look at first: what changed, then what is new. */
export function ordered(offers: readonly Offer[]): Offer[] {
	return [...offers].sort(
		(a, b) => ORDER[a.standing] - ORDER[b.standing] || a.tool.localeCompare(b.tool),
	);
}

/** The declaration with the part of one argument set, or taken away. */
export function withPart(declared: Declared, name: string, part: Part | undefined): Declared {
	const { [name]: _, ...others } = declared.parts ?? {};
	return { ...declared, parts: part ? { ...others, [name]: part } : others };
}

/** A tool's own name, without its server's. */
export function bareName(tool: string): string {
	return tool.slice(tool.indexOf(".") + 1);
}
