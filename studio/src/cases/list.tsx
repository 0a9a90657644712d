import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import type { CaseLine, CaseStatus } from "../api/client";
import { casesQuery, type Filter, newestQuery } from "../api/queries";
import { Button, Empty, Page, Read, Status, When } from "../parts";
import { Pick } from "../parts/form";
import { useTitle } from "../parts/now";
import { pageOf, useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { StartCase } from "./start";
import "./cases.css";

const STATUSES: readonly CaseStatus[] = [
	"running",
	"waiting",
	"sleeping",
	"paused",
	"halted",
	"done",
	"failed",
	"rejected",
	"duplicate",
	"cancelled",
];

const ANY = "any";
const ROW = 52;

/** The filters stand in the address, so that a list can be sent to somebody. */
function useFilter(): [Filter, (name: "workflow" | "status", value: string) => void, () => void] {
	const [asked, setAsked] = useSearchParams();
	const workflow = asked.get("workflow");
	const status = STATUSES.find((one) => one === asked.get("status"));
	const set = (name: string, value: string) =>
		setAsked((before) => {
			if (value === ANY) before.delete(name);
			else before.set(name, value);
			return before;
		});
	const filter = { ...(workflow ? { workflow } : {}), ...(status ? { status } : {}) };
	return [filter, set, () => setAsked({})];
}

export default function Cases() {
	useTitle(`${say("cases.title")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const [filter, set, clear] = useFilter();
	const list = useInfiniteQuery(casesQuery(workspace, filter));
	const newest = useQuery(newestQuery(workspace));
	const rows = useMemo(() => list.data?.pages.flatMap((page) => page.cases), [list.data]);
	const workflows = useMemo(() => {
		const names = new Set(newest.data?.cases.map((line) => line.workflow));
		if (filter.workflow) names.add(filter.workflow);
		return [...names].sort();
	}, [newest.data, filter.workflow]);
	const filtered = Object.keys(filter).length > 0;
	return (
		<Page title={say("cases.title")} intro={say("cases.intro")} side={<StartCase />}>
			<search className="cases-filters">
				<Pick
					label={say("cases.workflow")}
					value={filter.workflow ?? ANY}
					options={[
						{ id: ANY, name: say("cases.workflow.all") },
						...workflows.map((name) => ({ id: name, name })),
					]}
					onChange={(value) => set("workflow", value)}
				/>
				<Pick
					label={say("cases.status")}
					value={filter.status ?? ANY}
					options={[
						{ id: ANY, name: say("cases.status.all") },
						...STATUSES.map((id) => ({ id, name: named("status", id) })),
					]}
					onChange={(value) => set("status", value)}
				/>
				{filtered && <Button onPress={clear}>{say("cases.clear")}</Button>}
			</search>
			<Read from={{ ...list, data: rows }}>
				{(rows) =>
					rows.length === 0 ? (
						<section className="panel">
							<Empty
								title={say(filtered ? "cases.none" : "cases.empty")}
								help={say(filtered ? "cases.none.help" : "cases.empty.help")}
							>
								{filtered && <Button onPress={clear}>{say("cases.clear")}</Button>}
							</Empty>
						</section>
					) : (
						<>
							{list.isStale && !list.isFetching && list.data && list.data.pages.length > 2 && (
								<div className="notice">
									<p>{say("cases.newer")}</p>
									<Button slim onPress={() => list.refetch()}>
										{say("cases.refresh")}
									</Button>
								</div>
							)}
							<Rows rows={rows} more={list.hasNextPage} load={list.fetchNextPage} />
							<p className="soft small">
								{say(list.hasNextPage ? "cases.count" : "cases.all", { n: rows.length })}{" "}
								{list.hasNextPage && say("cases.older")}
							</p>
						</>
					)
				}
			</Read>
		</Page>
	);
}

const COLUMNS = [
	"cases.case",
	"cases.workflow",
	"cases.status",
	"cases.opened",
	"cases.changed",
] as const;

/** Only what can be seen is on the page, however long the list is. */
function Rows({
	rows,
	more,
	load,
}: {
	rows: readonly CaseLine[];
	more: boolean;
	load: () => unknown;
}) {
	const box = useRef<HTMLDivElement>(null);
	const virtual = useWindowVirtualizer({
		count: rows.length,
		estimateSize: () => ROW,
		overscan: 12,
		scrollMargin: box.current?.offsetTop ?? 0,
		getItemKey: (n) => rows[n]?.id ?? n,
	});
	const shown = virtual.getVirtualItems();
	const last = shown.at(-1)?.index ?? 0;
	useEffect(() => {
		if (more && last >= rows.length - 20) load();
	}, [more, last, rows.length, load]);
	return (
		// biome-ignore lint/a11y/useSemanticElements: rows that are not on the page cannot be a table's.
		<div
			className="panel cases-table"
			role="table"
			aria-label={say("cases.list")}
			aria-rowcount={more ? -1 : rows.length + 1}
		>
			{/* biome-ignore lint/a11y/useSemanticElements: see above. */}
			{/* biome-ignore lint/a11y/useFocusableInteractive: a row of a table is not operated. */}
			<div role="row" aria-rowindex={1} className="cases-row cases-names">
				{COLUMNS.map((key) => (
					// biome-ignore lint/a11y/useSemanticElements: see above.
					// biome-ignore lint/a11y/useFocusableInteractive: see above.
					<span role="columnheader" key={key}>
						{say(key)}
					</span>
				))}
			</div>
			{/* biome-ignore lint/a11y/useSemanticElements: see above. */}
			<div
				role="rowgroup"
				ref={box}
				className="cases-body"
				style={{ height: virtual.getTotalSize() }}
			>
				{shown.map((item) => {
					const line = rows[item.index];
					const top = item.start - virtual.options.scrollMargin;
					return line && <Row key={item.key} line={line} index={item.index} top={top} />;
				})}
			</div>
		</div>
	);
}

function Row({ line, index, top }: { line: CaseLine; index: number; top: number }) {
	const workspace = useWorkspace();
	return (
		// biome-ignore lint/a11y/useSemanticElements: rows that are not on the page cannot be a table's.
		// biome-ignore lint/a11y/useFocusableInteractive: the link within it is.
		<div
			role="row"
			aria-rowindex={index + 2}
			className="cases-row"
			style={{ transform: `translateY(${top}px)` }}
		>
			<Cell>
				<Link className="mono" to={pageOf(workspace, "cases", line.id)}>
					{shortId(line.id)}
				</Link>
			</Cell>
			<Cell>{line.workflow}</Cell>
			<Cell>
				<Status status={line.status} />
			</Cell>
			<Cell>
				<When at={line.opened} />
			</Cell>
			<Cell>
				<When at={line.changed} />
			</Cell>
		</div>
	);
}

function Cell({ children }: { children: React.ReactNode }) {
	// biome-ignore lint/a11y/useSemanticElements: rows that are not on the page cannot be a table's.
	return <span role="cell">{children}</span>;
}

/** An id begins with the time, so that cases of one minute differ only towards its end. */
export function shortId(id: string): string {
	return id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-6)}` : id;
}
