/** A value as somebody writes it down: a text as it is, all else as JSON. */
export const written = (value: unknown): string => {
	if (value === null || value === undefined) return "";
	return typeof value === "string" ? value : JSON.stringify(value, null, 2);
};

/** Whether each field of a value is a text, so that each can have a field of its own. */
export const areTexts = (value: unknown): value is Record<string, string> =>
	typeof value === "object" &&
	value !== null &&
	!Array.isArray(value) &&
	Object.values(value).every((one) => typeof one === "string");

/** What was written in the place of a value like this one; nothing where it is no such value. */
export function readAs(like: unknown, text: string): { value: unknown } | undefined {
	if (typeof like === "string") return { value: text };
	try {
		return { value: JSON.parse(text) as unknown };
	} catch {
		return undefined;
	}
}
