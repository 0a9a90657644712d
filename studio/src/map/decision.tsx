import type { Step } from "../api/workshop";
import { Button } from "../parts";
import { Said as Sentence } from "../parts/text";
import { say } from "../text";
import { type Around, Settling, StepPick } from "./form";
import { isList, isMap, type Said, saidAt, textOf } from "./places";
import { waysFrom } from "./steps";

interface Row {
	when: string;
	go: string;
}

/** A decision as a table: the first row that holds is taken. */
export function Decision({
	step,
	place,
	said,
	around,
}: {
	step: Step;
	place: readonly string[];
	said: Said | undefined;
	around: Around;
}) {
	const { map, act, readOnly } = around;
	const at = [...place, "decide", "first"];
	const found = saidAt(said, ["decide", "first"]);
	const rows: Row[] = (isList(found) ? found : []).map((row) => ({
		when: isMap(row) ? textOf(row["when"]) : "",
		go: isMap(row) ? textOf(row["go"]) : "",
	}));
	const words = waysFrom(map, step.step).filter(({ kind }) => kind === "row");
	const otherwise = textOf(saidAt(said, ["decide", "otherwise"]));
	const all = (next: readonly Row[]) => act({ set: { at, to: next } });
	const swap = (n: number, by: -1 | 1) => {
		const next = [...rows];
		const [row] = next.splice(n, 1);
		if (row) next.splice(n + by, 0, row);
		all(next);
	};
	return (
		<fieldset className="map-decision">
			<legend className="field-label">{say("map.decision")}</legend>
			<p className="field-help">{say("map.decision.help")}</p>
			<ol>
				{rows.map((row, n) => {
					const key = `${n}`;
					const number = n + 1;
					return (
						<li key={key}>
							<Settling
								label={say("map.decision.when", { n: number })}
								value={row.when}
								readOnly={readOnly}
								onSettle={(to) => act({ set: { at: [...at, key, "when"], to } })}
							/>
							{words[n] && words[n].when !== row.when && (
								<p className="field-help">
									<Sentence text={words[n].when} />
								</p>
							)}
							<div className="map-row-end">
								<StepPick
									label={say("map.decision.go", { n: number })}
									value={row.go}
									map={map}
									not={step.step}
									ends={["end"]}
									onChange={(to) => act({ set: { at: [...at, key, "go"], to } })}
								/>
								{!readOnly && (
									<div className="actions">
										<Button
											slim
											look="quiet"
											isDisabled={n === 0}
											aria-label={say("map.row.up", { n: number })}
											onPress={() => swap(n, -1)}
										>
											↑
										</Button>
										<Button
											slim
											look="quiet"
											isDisabled={n === rows.length - 1}
											aria-label={say("map.row.down", { n: number })}
											onPress={() => swap(n, 1)}
										>
											↓
										</Button>
										<Button
											slim
											look="quiet"
											aria-label={say("map.row.remove", { n: number })}
											onPress={() => act({ remove: { at: [...at, key] } })}
										>
											✕
										</Button>
									</div>
								)}
							</div>
						</li>
					);
				})}
			</ol>
			{!readOnly && (
				<Button
					slim
					onPress={() =>
						act({ set: { at: [...at, String(rows.length)], to: { when: "true", go: otherwise } } })
					}
				>
					{say("map.row.add")}
				</Button>
			)}
			<StepPick
				label={say("map.decision.otherwise")}
				value={otherwise}
				map={map}
				not={step.step}
				ends={["end"]}
				onChange={(to) => act({ set: { at: [...place, "decide", "otherwise"], to } })}
			/>
		</fieldset>
	);
}
