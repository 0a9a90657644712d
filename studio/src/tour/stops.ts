import type { Plain } from "../text";

/** What of a workspace the stops point at; each may be missing in one that is new. */
export interface Found {
	case?: string | undefined;
	request?: readonly [id: string, number: number] | undefined;
	map?: string | undefined;
}

export interface Stop {
	id: string;
	title: Plain;
	/** What to look at, and why it matters. */
	look: Plain;
	why: Plain;
	/** The page, as parts of its address. */
	page: (found: Found) => readonly (string | number)[];
	/** What of the page is meant, the first that is there. */
	mark: string;
	/** A room beside the map. */
	room?: string;
	/** What somebody does here themselves: the page that it leads to, and what is said there. */
	own?: { page: RegExp; look: Plain; why: Plain };
}

const ofCase = ({ case: id }: Found) => (id ? ["cases", id] : ["cases"]);
const ofMap = ({ map }: Found) => (map ? ["maps", map] : ["maps"]);

/** The way of the tour, in the order in which work goes on. */
export const STOPS: readonly Stop[] = [
	{
		id: "fleet",
		title: "tour.fleet",
		look: "tour.fleet.look",
		why: "tour.fleet.why",
		page: () => [],
		mark: ".fleet-limit, .fleet-figures, .empty",
	},
	{
		id: "case",
		title: "tour.case",
		look: "tour.case.look",
		why: "tour.case.why",
		page: ofCase,
		mark: ".case-facts, .page .panel",
	},
	{
		id: "why",
		title: "tour.why",
		look: "tour.why.look",
		why: "tour.why.why",
		page: ofCase,
		mark: ".case-why, .case-next, .page .panel",
	},
	{
		id: "review",
		title: "tour.review",
		look: "tour.review.look",
		why: "tour.review.why",
		page: ({ request }) => (request ? ["reviews", ...request] : ["reviews"]),
		mark: ".request, .empty",
	},
	{
		id: "map",
		title: "tour.map",
		look: "tour.map.look",
		why: "tour.map.why",
		page: ofMap,
		mark: ".map-left, .page .panel",
	},
	{
		id: "interview",
		title: "tour.interview",
		look: "tour.interview.look",
		why: "tour.interview.why",
		page: ofMap,
		mark: ".map-rooms, .page .panel",
		room: "interview",
	},
	{
		id: "rehearse",
		title: "tour.rehearse",
		look: "tour.rehearse.look",
		why: "tour.rehearse.why",
		page: ofMap,
		mark: ".map-rooms, .page .panel",
		room: "rehearse",
	},
	{
		id: "releases",
		title: "tour.releases",
		look: "tour.releases.look",
		why: "tour.releases.why",
		page: () => ["releases"],
		mark: ".page .panel, .empty",
	},
	{
		id: "stop",
		title: "tour.stop",
		look: "tour.stop.look",
		why: "tour.stop.why",
		page: () => [],
		mark: ".top .button.danger",
	},
	{
		id: "own",
		title: "tour.own",
		look: "tour.own.look",
		why: "tour.own.why",
		page: () => ["cases"],
		mark: ".case-facts, .page-head .button.primary, .page .panel",
		own: { page: /\/cases\/[^/]+$/, look: "tour.own.there", why: "tour.own.there.why" },
	},
];
