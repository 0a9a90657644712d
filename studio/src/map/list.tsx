import type { DrawnMap } from "../api/workshop";
import { Button } from "../parts";
import { Inert, Said as Sentence } from "../parts/text";
import { count, named, say } from "../text";
import { Icon } from "./nodes";
import { targetOf, waysFrom } from "./steps";

/** The steps in order as a table: all that the map shows, for whoever reads or steers by keys. */
export function StepList({
	map,
	chosen,
	choose,
	open,
}: {
	map: DrawnMap;
	chosen: string | undefined;
	choose: (step: string) => void;
	open: (step: string) => void;
}) {
	const starts = map.steps.map(({ line }) => line);
	const problems = (line: number) => {
		const next = Math.min(...starts.filter((start) => start > line), Number.POSITIVE_INFINITY);
		return map.problems.filter(
			(one) => one.file === map.path && line <= one.line && one.line < next,
		).length;
	};
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
		<section className="map-list" tabIndex={0} aria-label={say("map.view.list")}>
			<table className="table">
				<thead>
					<tr>
						<th scope="col">{say("map.step")}</th>
						<th scope="col">{say("map.column.kind")}</th>
						<th scope="col">{say("map.column.does")}</th>
						<th scope="col">{say("map.column.to")}</th>
						<th scope="col">
							<span className="unseen">{say("map.column.change")}</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{map.steps.map(({ step, kind, by, says, line, inside }) => {
						const wrong = problems(line);
						return (
							<tr key={`${step} ${line}`} className={step === chosen ? "chosen" : ""}>
								<th scope="row">
									<button
										type="button"
										className="map-list-name"
										aria-pressed={step === chosen}
										onClick={() => choose(step)}
									>
										<Inert text={step} />
									</button>
									{inside && (
										<span className="soft small">
											{say("map.inside", { parallel: inside.parallel, branch: inside.branch })}
										</span>
									)}
									{wrong > 0 && <span className="chip bad">{count("map.problems.n", wrong)}</span>}
								</th>
								<td>
									<span className="map-list-kind">
										<Icon kind={kind} />
										<span>
											{named("map.kind", kind)}
											{by !== "" && (
												<span className="soft">
													<br />
													<Inert text={by} />
												</span>
											)}
										</span>
									</span>
								</td>
								<td>
									<Sentence text={says.join(" ")} />
								</td>
								<td>
									<ul>
										{waysFrom(map, step).map((way, n) => {
											const key = `${n} ${way.kind}`;
											return (
												<li key={key}>
													<strong>
														<Inert text={targetOf(way)} />
													</strong>{" "}
													{way.when !== "" && <Sentence text={way.when} />}
												</li>
											);
										})}
									</ul>
								</td>
								<td className="right">
									<Button
										slim
										aria-label={say("map.change.named", { step })}
										onPress={() => open(step)}
									>
										{say("map.column.change")}
									</Button>
								</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</section>
	);
}
