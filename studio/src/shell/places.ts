import type { Plain } from "../text";

/** A page of a workspace. */
export interface Place {
	path: string;
	text: Plain;
	icon: string;
	/** Stands at the foot of a phone's screen; all others are behind `More` there. */
	quick?: true;
}

export interface Group {
	text: Plain;
	places: readonly Place[];
}

/** Every page that has a place in the navigation, by what people come for. */
export const GROUPS: readonly Group[] = [
	{
		text: "nav.group.work",
		places: [
			{ path: "", text: "nav.fleet", icon: "M4 20V10m5 10V4m5 16v-7m5 7V8", quick: true },
			{ path: "cases", text: "nav.cases", icon: "M5 6h14M5 12h14M5 18h9", quick: true },
			{ path: "reviews", text: "nav.reviews", icon: "m4 12 5 5L20 6", quick: true },
		],
	},
	{
		text: "nav.group.build",
		places: [
			{
				path: "maps",
				text: "nav.maps",
				icon: "M5 4h6v5H5zm8 11h6v5h-6zM8 9v8.5h5",
				quick: true,
			},
			{ path: "releases", text: "nav.releases", icon: "M12 20V6m-5 5 5-5 5 5M6 20h12" },
			{
				path: "tools",
				text: "nav.tools",
				icon: "M14.5 6.5a4 4 0 0 0-5.3 5L4 16.7 7.3 20l5.2-5.2a4 4 0 0 0 5-5.3L15 12l-3-3z",
			},
			{ path: "instructions", text: "nav.instructions", icon: "M6 3h9l4 4v14H6zm3 8h7m-7 4h7" },
			{
				path: "policies",
				text: "nav.policies",
				icon: "M12 3 5 6v5c0 4.5 3 7.5 7 10 4-2.5 7-5.5 7-10V6zm-3 9 2 2 4-4",
			},
		],
	},
	{
		text: "nav.group.installation",
		places: [
			{ path: "vendors", text: "nav.vendors", icon: "M4 21V9l8-5 8 5v12M9 21v-6h6v6" },
			{ path: "foreign", text: "nav.foreign", icon: "M6 3h9l4 4v14H6zm6 6v7m-3-3 3 3 3-3" },
			{
				path: "people",
				text: "nav.people",
				icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5m2-9a3 3 0 0 0 0-6m4 14c0-2.5-1.4-4.2-3.5-5",
			},
			{
				path: "settings",
				text: "nav.settings",
				icon: "M4 7h10m4 0h2M4 17h2m4 0h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-8 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
			},
		],
	},
];

/** What is not at the foot of a phone's screen, still by what people come for. */
export const MORE: readonly Group[] = GROUPS.map(({ text, places }) => ({
	text,
	places: places.filter(({ quick }) => !quick),
})).filter(({ places }) => places.length > 0);
