import { Inert } from "../parts/text";
import { Value } from "../parts/value";
import { say } from "../text";
import type { Change } from "./diff";

/** Values that differ, beside each other. */
export function Changes({
	of,
	before = say("case.diff.before"),
	after = say("case.diff.after"),
}: {
	of: readonly Change[];
	before?: string;
	after?: string;
}) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than its place is moved by keys.
		<section className="scroll-x" tabIndex={0} aria-label={say("case.diff.where")}>
			<table className="table changes">
				<thead>
					<tr>
						<th scope="col">{say("case.diff.where")}</th>
						<th scope="col">{before}</th>
						<th scope="col">{after}</th>
					</tr>
				</thead>
				<tbody>
					{of.map(({ path, before, after }) => (
						<tr key={path}>
							<th scope="row">
								{path === "" ? (
									say("case.diff.whole")
								) : (
									<Inert text={path.replaceAll("_", " ").replaceAll(".", " › ")} />
								)}
							</th>
							<td>
								<Value value={before} />
							</td>
							<td>
								<Value value={after} />
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
