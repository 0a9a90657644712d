import { language } from "../text";

/** How many digits a currency has after its point; one that nobody knows has two. */
function digits(currency: string): number {
	try {
		const format = new Intl.NumberFormat(language, { style: "currency", currency });
		return format.resolvedOptions().maximumFractionDigits ?? 2;
	} catch {
		return 2;
	}
}

/** An amount as it is stored, in the smallest unit of its currency. */
export function money(value: object): string | undefined {
	const { currency, minor, ...rest } = value as { currency?: unknown; minor?: unknown };
	if (typeof currency !== "string" || typeof minor !== "number") return undefined;
	if (!Number.isSafeInteger(minor) || Object.keys(rest).length > 0) return undefined;
	const places = digits(currency);
	const whole = Math.abs(minor)
		.toString()
		.padStart(places + 1, "0");
	const cut = whole.length - places;
	const amount = places === 0 ? whole : `${whole.slice(0, cut)}.${whole.slice(cut)}`;
	return `${minor < 0 ? "-" : ""}${amount} ${currency}`;
}
