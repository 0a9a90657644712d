import type { DrawnMap, Step, Way } from "../api/workshop";

/** A small map for tests: read, a decision, a review and an end. */
export function mapOf(change: Partial<DrawnMap> = {}): DrawnMap {
	const step = (step: string, kind: string, line: number, by = ""): Step => ({
		step,
		kind,
		by,
		says: [],
		line,
		inside: null,
	});
	const way = (from: string | null, to: string | null, kind: Way["kind"], when = ""): Way => ({
		from,
		to,
		kind,
		when,
	});
	return {
		path: "workflows/try_out.md",
		text: TEXT,
		version: null,
		says: [],
		steps: [
			step("read", "agent", 4, "clerk"),
			step("route", "decide", 6, "lead"),
			step("look", "review", 13, "lead"),
			step("done", "end", 17),
		],
		ways: [
			way(null, "read", "start"),
			way("read", "route", "next"),
			way("route", "look", "row", "the total is at least 500"),
			way("route", "done", "otherwise", "otherwise, and in doubt"),
			way("look", "done", "approved", "approved"),
			way("look", null, "stop", "rejected"),
		],
		settings: {
			workflow: "try_out",
			baseline: { cases_per_week: "400" },
			steps: [
				{ step: "read", agent: "clerk", then: "route" },
				{
					step: "route",
					decide: {
						who: "lead",
						first: [{ when: "read.total >= 500", go: "look" }],
						otherwise: "done",
					},
				},
				{ step: "look", review: { by: "lead", show: ["case"] } },
				{ step: "done", end: "done" },
			],
			today: [
				{ does: "open the mail", who: "ines", minutes: "4", becomes: "read" },
				{ does: "phone", minutes: "10", share: "25 %", becomes: "nothing" },
				{ does: "file it" },
			],
			open: ["Who is told?", { what: "How long may it take?", who: "marta" }],
		},
		problems: [],
		open: [],
		today: [],
		...change,
	};
}

const TEXT = `---
workflow: try_out
steps:
  - step: read
    agent: clerk
  - step: route
    decide:
      who: lead
      first:
        - { when: "read.total >= 500", go: look }

      otherwise: done
  - step: look
    review:
      by: lead
      show: [ case ]
  - step: done
    end: done
---
# Try out

## read
Read it.

\`\`\`
## look
\`\`\`

## look
Look at it.
`;
