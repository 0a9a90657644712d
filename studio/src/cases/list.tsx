import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { CaseLine, CaseStatus } from "../api/client";
import { casesQuery, type Filter, workflowsQuery } from "../api/queries";
import { Button, Empty, Page, Read, Status, When } from "../parts";
import { Pick } from "../parts/form";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { useKeys } from "../shell/keys";
import { pageOf, useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { type Chosen, fits, shortId } from "./find";
import { Jump } from "./jump";
import { NoCase, StartCase } from "./start";
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
const ROW = 60;

/** The filters stand in the address, so that a list can be sent to somebody. */
function useFilter(): [Chosen, (name: keyof Chosen, value: string) => void, () => void] {
	const [asked, setAsked] = useSearchParams();
	const workflow = asked.get("workflow");
	const trouble = asked.get("trouble");
	const status = STATUSES.find((one) => one === asked.get("status"));
	const set = (name: string, value: string) =>
		setAsked((before) => {
			if (value === ANY) before.delete(name);
			else before.set(name, value);
			return before;
		});
	const chosen = {
		...(workflow ? { workflow } : {}),
		...(status ? { status } : {}),
		...(trouble ? { trouble } : {}),
	};
	return [chosen, set, () => setAsked({})];
}

export default function Cases() {
	useTitle(`${say("cases.title")} · ${say("app.name")}`);
	const workspace = useWorkspace();
	const [chosen, set, clear] = useFilter();
	const { trouble, ...filter } = chosen;
	const list = useInfiniteQuery(casesQuery(workspace, filter satisfies Filter));
	const known = useQuery(workflowsQuery(workspace)).data?.workflows;
	const loaded = useMemo(() => list.data?.pages.flatMap((page) => page.cases), [list.data]);
	const rows = useMemo(() => loaded?.filter((line) => fits(line, trouble)), [loaded, trouble]);
	const few = rows !== undefined && rows.length < 20;
	const { hasNextPage, isFetching, fetchNextPage } = list;
	// What went wrong is looked for in what was read, so more is read where little was found.
	useEffect(() => {
		if (trouble && few && hasNextPage && !isFetching) fetchNextPage();
	}, [trouble, few, hasNextPage, isFetching, fetchNextPage]);
	const names = new Set(known?.map((one) => one.workflow));
	if (chosen.workflow) names.add(chosen.workflow);
	const workflows = [...names].sort();
	const filtered = Object.keys(chosen).length > 0;
	return (
		<Page
			title={say("cases.title")}
			intro={say("cases.intro")}
			side={
				<>
					<Jump loaded={loaded ?? []} />
					<StartCase />
				</>
			}
		>
			<search className="cases-filters">
				<Pick
					label={say("cases.workflow")}
					value={chosen.workflow ?? ANY}
					options={[
						{ id: ANY, name: say("cases.workflow.all") },
						...workflows.map((name) => ({ id: name, name })),
					]}
					onChange={(value) => set("workflow", value)}
				/>
				<Pick
					label={say("cases.status")}
					value={chosen.status ?? ANY}
					options={[
						{ id: ANY, name: say("cases.status.all") },
						...STATUSES.map((id) => ({ id, name: named("status", id) })),
					]}
					onChange={(value) => set("status", value)}
				/>
				{trouble && (
					<p className="cases-trouble">
						<Said text={say("cases.trouble.only", { what: trouble })} />
					</p>
				)}
				{filtered && <Button onPress={clear}>{say("cases.clear")}</Button>}
			</search>
			<Read from={{ ...list, data: rows }}>
				{(rows) =>
					rows.length === 0 ? (
						<section className="panel">
							{filtered ? (
								<Empty title={say("cases.none")} help={say("cases.none.help")}>
									<Button onPress={clear}>{say("cases.clear")}</Button>
								</Empty>
							) : (
								<NoCase title="cases.empty" help="cases.empty.help" />
							)}
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
	const [at, setAt] = useState(-1);
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
	// The list is gone through by keys: what is come to has the keyboard, and Enter opens it.
	const keys = useMemo(() => {
		const move = (step: number) => () => {
			const next = Math.min(Math.max(at + step, 0), rows.length - 1);
			setAt(next);
			virtual.scrollToIndex(next);
		};
		return { j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1) };
	}, [at, rows.length, virtual]);
	useKeys(keys);
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
					return (
						line && (
							<Row
								key={item.key}
								line={line}
								index={item.index}
								top={top}
								chosen={item.index === at}
							/>
						)
					);
				})}
			</div>
		</div>
	);
}

/** While somebody scrolls, only the rows that come into sight are drawn. */
const Row = memo(function Row({
	line,
	index,
	top,
	chosen,
}: {
	line: CaseLine;
	index: number;
	top: number;
	chosen: boolean;
}) {
	const workspace = useWorkspace();
	const link = useRef<HTMLAnchorElement>(null);
	useEffect(() => {
		if (chosen) link.current?.focus({ preventScroll: true });
	}, [chosen]);
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
				<Link ref={link} className="cases-title" to={pageOf(workspace, "cases", line.id)}>
					{line.title ? <Inert text={line.title} /> : shortId(line.id)}
				</Link>
				{line.title && <span className="mono soft small">{shortId(line.id)}</span>}
			</Cell>
			<Cell>{line.workflow}</Cell>
			<Cell>
				<Status status={line.status} />
				{line.trouble && (
					<span className="soft small">
						<Inert text={line.trouble} />
					</span>
				)}
			</Cell>
			<Cell>
				<When at={line.opened} />
			</Cell>
			<Cell>
				<When at={line.changed} />
			</Cell>
		</div>
	);
});

function Cell({ children }: { children: React.ReactNode }) {
	// biome-ignore lint/a11y/useSemanticElements: rows that are not on the page cannot be a table's.
	return <span role="cell">{children}</span>;
}
