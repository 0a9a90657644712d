import { language } from ".";

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
const whole = new Intl.NumberFormat(language);
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const few = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const money = new Intl.NumberFormat(language, {
	minimumFractionDigits: 2,
	maximumFractionDigits: 4,
});

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "in 2 hours", "5 minutes ago". */
export function fromNow(at: string | number, now: number): string {
	const seconds = Math.round((new Date(at).getTime() - now) / 1000);
	const size = Math.abs(seconds);
	if (size < 5) return relative.format(0, "second");
	if (size < MINUTE) return relative.format(seconds, "second");
	if (size < HOUR) return relative.format(Math.round(seconds / MINUTE), "minute");
	if (size < 2 * DAY) return relative.format(Math.round(seconds / HOUR), "hour");
	return relative.format(Math.round(seconds / DAY), "day");
}

/** A length of time by its two largest units: "1 h 12 min", "340 ms". */
export function lasted(ms: number): string {
	if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
	const seconds = Math.round(ms / 1000);
	const parts: [number, string][] = [
		[Math.floor(seconds / DAY), "d"],
		[Math.floor((seconds % DAY) / HOUR), "h"],
		[Math.floor((seconds % HOUR) / MINUTE), "min"],
		[seconds % MINUTE, "s"],
	];
	const first = parts.findIndex(([n]) => n > 0);
	const shown = parts.slice(first, first + 2).filter(([n]) => n > 0);
	return shown.map(([n, unit]) => `${n} ${unit}`).join(" ");
}

export const at = (time: string): string => moment.format(new Date(time));
export const timeOfDay = (time: string): string => clock.format(new Date(time));
export const number = (n: number): string => whole.format(n);
export const compact = (n: number): string => short.format(n);
export const rate = (n: number): string => few.format(n);
export const cost = (units: number): string => money.format(units);
export const percent = (share: number): string => `${few.format(share * 100)} %`;
