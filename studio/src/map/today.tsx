import type { DrawnMap, Edit } from "../api/workshop";
import { Button, Empty, Fact } from "../parts";
import { Suggest } from "../parts/form";
import { Inert } from "../parts/text";
import { count, say } from "../text";
import { rate } from "../text/format";
import { linesIn } from "./fields";
import { type Around, Settling } from "./form";
import { minutesOf, type Now, openOf, todayOf, workOf } from "./now";

const TEXTS = ["does", "who", "minutes", "share", "why"] as const;

/** How people do it today, what that takes, and what takes the place of each step. */
export function Today({ around, choose }: { around: Around; choose: (step: string) => void }) {
	const { map, act, readOnly } = around;
	const rows = todayOf(map);
	const add = () =>
		act(rowMore("today", rows.length, { does: say("map.today.first"), minutes: "5" }));
	return (
		<section className="map-today" aria-label={say("map.view.today")}>
			{rows.length === 0 ? (
				<Empty title={say("map.today.empty")} help={say("map.today.empty.help")}>
					{!readOnly && (
						<Button look="primary" onPress={add}>
							{say("map.today.add")}
						</Button>
					)}
				</Empty>
			) : (
				<>
					<Sum map={map} />
					<ol>
						{rows.map((row, n) => {
							const key = `${n}`;
							return <One key={key} row={row} n={n} around={around} choose={choose} />;
						})}
					</ol>
				</>
			)}
			{!readOnly && rows.length > 0 && <Button onPress={add}>{say("map.today.add")}</Button>}
		</section>
	);
}

/** One row more at the end of a list; the first one begins the list. */
function rowMore(list: string, rows: number, row: Record<string, string>): Edit {
	return rows === 0
		? { set: { at: [list], to: [row] } }
		: { set: { at: [list, String(rows)], to: row } };
}

/** Minutes of a case and hours of a week, from the file alone. */
export function Sum({ map }: { map: DrawnMap }) {
	const { minutes, unsaid, casesPerWeek, hoursPerWeek } = workOf(map);
	return (
		<>
			<dl className="facts">
				<Fact name={say("map.today.case")}>{say("map.today.minutes", { n: rate(minutes) })}</Fact>
				{casesPerWeek !== undefined && (
					<Fact name={say("map.today.cases")}>{rate(casesPerWeek)}</Fact>
				)}
				{hoursPerWeek !== undefined && (
					<Fact name={say("map.today.week")}>
						{say("map.today.hours", { n: rate(hoursPerWeek) })}
					</Fact>
				)}
			</dl>
			{unsaid > 0 && <p className="soft small">{count("map.today.unsaid", unsaid)}</p>}
		</>
	);
}

function One({
	row,
	n,
	around,
	choose,
}: {
	row: Now;
	n: number;
	around: Around;
	choose: (step: string) => void;
}) {
	const { map, act, readOnly } = around;
	const at = ["today", String(n)];
	const put = (key: string, to: unknown, empty: boolean) =>
		act(empty ? { remove: { at: [...at, key] } } : { set: { at: [...at, key], to } });
	const minutes = minutesOf(row);
	return (
		<li className="map-today-one">
			<div className="map-today-fields">
				{TEXTS.map((key) =>
					key === "who" && !readOnly ? (
						<Suggest
							key={key}
							label={say("map.today.who")}
							value={row.who}
							options={[...around.names.roles, ...around.names.people]}
							onSettle={(text) => put(key, text, text === "")}
						/>
					) : (
						<Settling
							key={key}
							label={say(key === "minutes" ? "map.today.minutes_each" : `map.today.${key}`)}
							value={row[key]}
							readOnly={readOnly}
							onSettle={(text) => put(key, text, text === "")}
						/>
					),
				)}
				<Settling
					label={say("map.today.becomes")}
					value={row.becomes?.join("\n") ?? ""}
					long
					help={say("map.today.becomes.help")}
					readOnly={readOnly}
					onSettle={(text) => {
						const steps = linesIn(text);
						put("becomes", steps.length === 1 ? steps[0] : steps, steps.length === 0);
					}}
				/>
			</div>
			<div className="actions">
				{minutes !== undefined && (
					<span className="chip">{say("map.today.minutes", { n: rate(minutes) })}</span>
				)}
				{row.becomes?.map((step) =>
					map.steps.some((one) => one.step === step) ? (
						<Button key={step} slim look="quiet" onPress={() => choose(step)}>
							<Inert text={say("map.today.to", { step })} />
						</Button>
					) : (
						<span key={step} className="chip bad">
							<Inert text={say("map.no_step", { step })} />
						</span>
					),
				)}
				{row.becomes?.length === 0 && <span className="chip">{say("map.today.falls")}</span>}
				{!readOnly && (
					<Button
						slim
						look="quiet"
						aria-label={say("map.remove.named", { name: row.does })}
						onPress={() => act({ remove: { at: todayOf(map).length === 1 ? ["today"] : at } })}
					>
						{say("map.remove")}
					</Button>
				)}
			</div>
		</li>
	);
}

/** The same in short, to stand beside the planned map. */
export function TodayBeside({ map, choose }: { map: DrawnMap; choose: (step: string) => void }) {
	return (
		<section className="map-today beside" aria-label={say("map.view.today")}>
			<Sum map={map} />
			<ol>
				{todayOf(map).map((row, n) => {
					const key = `${n}`;
					const minutes = minutesOf(row);
					return (
						<li key={key}>
							<strong>
								<Inert text={row.does} />
							</strong>
							<p className="soft small">
								<Inert text={row.who} />
								{minutes !== undefined && ` · ${say("map.today.minutes", { n: rate(minutes) })}`}
							</p>
							{row.becomes?.map((step) => (
								<Button key={step} slim look="quiet" onPress={() => choose(step)}>
									<Inert text={say("map.today.to", { step })} />
								</Button>
							))}
							{row.becomes?.length === 0 && <p className="small">{say("map.today.falls")}</p>}
						</li>
					);
				})}
			</ol>
		</section>
	);
}

/** What nobody has settled yet. */
export function OpenList({ around }: { around: Around }) {
	const { map, act, readOnly } = around;
	const rows = openOf(map);
	return (
		<div className="map-open">
			<p className="soft">{say(rows.length === 0 ? "map.open.none" : "map.open.help")}</p>
			<ol>
				{rows.map((row, n) => {
					const key = `${n}`;
					const at = ["open", key];
					const set = (to: { what: string; who: string }) => {
						const { about } = row;
						const kept = { ...(to.who ? { who: to.who } : {}), ...(about ? { about } : {}) };
						act({ set: { at, to: { what: to.what, ...kept } } });
					};
					return (
						<li key={key}>
							<Settling
								label={say("map.open.what")}
								value={row.what}
								long
								readOnly={readOnly}
								onSettle={(what) => what !== "" && set({ ...row, what })}
							/>
							{readOnly ? (
								<Settling
									label={say("map.open.who")}
									value={row.who}
									readOnly
									onSettle={() => {}}
								/>
							) : (
								<Suggest
									label={say("map.open.who")}
									value={row.who}
									options={[...around.names.people, ...around.names.roles]}
									onSettle={(who) => set({ ...row, who })}
								/>
							)}
							{!readOnly && (
								<Button
									slim
									aria-label={say("map.open.settled.named", { what: row.what })}
									onPress={() => act({ remove: { at: rows.length === 1 ? ["open"] : at } })}
								>
									{say("map.open.settled")}
								</Button>
							)}
						</li>
					);
				})}
			</ol>
			{!readOnly && (
				<Button
					slim
					onPress={() => act(rowMore("open", rows.length, { what: say("map.open.first") }))}
				>
					{say("map.open.add")}
				</Button>
			)}
		</div>
	);
}
