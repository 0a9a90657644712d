import type { DrawnMap, Finding } from "../api/workshop";
import { Button } from "../parts";
import { Said as Sentence } from "../parts/text";
import { say } from "../text";

/** Everything that keeps the map from working, with what to do about it. */
export function ProblemList({ map, show }: { map: DrawnMap; show: (problem: Finding) => void }) {
	if (map.problems.length === 0) return <p className="soft">{say("map.problems.none")}</p>;
	return (
		<ol className="map-problems">
			{map.problems.map((one) => (
				<li key={`${one.code} ${one.file} ${one.line} ${one.column} ${one.what}`}>
					<h3>
						<Sentence text={one.what} />
					</h3>
					<p className="soft">
						<Sentence text={one.why} />
					</p>
					<p>
						<Sentence text={one.fix} />
					</p>
					{one.did_you_mean && (
						<p>
							<Sentence text={say("map.problems.mean", { name: one.did_you_mean })} />
						</p>
					)}
					<p className="small">
						{one.file === map.path ? (
							<Button slim look="quiet" onPress={() => show(one)}>
								{say("map.problems.line", { line: one.line })}
							</Button>
						) : (
							<Sentence text={say("map.problems.elsewhere", { file: one.file, line: one.line })} />
						)}{" "}
						<code>{one.code}</code>
					</p>
				</li>
			))}
		</ol>
	);
}
