import type { DrawnMap } from "../api/workshop";
import { isList, isMap, type Said, saidAt, settingsOf, textOf } from "./places";

/** One thing that people do today, as the file says it. */
export interface Now {
	does: string;
	who: string;
	minutes: string;
	share: string;
	why: string;
	/** The steps that take its place; nothing where that was not said. */
	becomes: string[] | undefined;
}

/** Something nobody has settled yet. */
export interface Open {
	what: string;
	who: string;
	about: string;
}

const listAt = (map: DrawnMap, key: string): readonly Said[] => {
	const found = saidAt(settingsOf(map), [key]);
	return isList(found) ? found : [];
};

export function todayOf(map: DrawnMap): Now[] {
	return listAt(map, "today").map((row) => {
		const text = (key: string) => (isMap(row) ? textOf(row[key]) : "");
		const becomes = isMap(row) ? row["becomes"] : undefined;
		const steps = isList(becomes) ? becomes.map(textOf) : becomes ? [textOf(becomes)] : undefined;
		return {
			does: text("does"),
			who: text("who"),
			minutes: text("minutes"),
			share: text("share"),
			why: text("why"),
			becomes: steps?.filter((step) => step !== "" && step !== "nothing"),
		};
	});
}

export function openOf(map: DrawnMap): Open[] {
	return listAt(map, "open").map((row) => {
		if (!isMap(row)) return { what: textOf(row), who: "", about: "" };
		return { what: textOf(row["what"]), who: textOf(row["who"]), about: textOf(row["about"]) };
	});
}

function numberOf(text: string): number | undefined {
	const match = /^\s*(\d+(?:\.\d+)?)/.exec(text);
	return match ? Number(match[1]) : undefined;
}

/** Minutes of work that one step takes in a case, over all cases. */
export function minutesOf({ minutes, share }: Pick<Now, "minutes" | "share">): number | undefined {
	const each = numberOf(minutes);
	if (each === undefined) return undefined;
	const part = share.trim() === "" ? 100 : numberOf(share);
	return part === undefined ? undefined : (each * part) / 100;
}

export interface Work {
	minutes: number;
	/** Steps for which nobody said how long they take. */
	unsaid: number;
	casesPerWeek: number | undefined;
	hoursPerWeek: number | undefined;
}

/** How much work people have today, from the file alone. */
export function workOf(map: DrawnMap): Work {
	const all = todayOf(map).map(minutesOf);
	const minutes = all.reduce<number>((sum, one) => sum + (one ?? 0), 0);
	const cases = numberOf(textOf(saidAt(settingsOf(map), ["baseline", "cases_per_week"])));
	return {
		minutes,
		unsaid: all.filter((one) => one === undefined).length,
		casesPerWeek: cases,
		hoursPerWeek: cases === undefined ? undefined : (minutes * cases) / 60,
	};
}
