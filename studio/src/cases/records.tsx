import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { recordsQuery } from "../api/queries";
import { Read } from "../parts";
import { Words } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { at } from "../text/format";
import { entriesOf } from "./story";

/** What is stored of a case, entry by entry, as it is stored. */
export function Records({ id }: { id: string }) {
	const stored = useQuery(recordsQuery(useWorkspace(), id));
	return <Read from={stored}>{(text) => <Entries text={text} />}</Read>;
}

function Entries({ text }: { text: string }) {
	const entries = useMemo(() => entriesOf(text), [text]);
	return (
		<ol className="records">
			{entries.map((entry) => (
				<li key={entry.position}>
					<details>
						<summary>
							<span className="mono">{say("case.records.position", { n: entry.position })}</span>
							<span>{entry.kinds.map((kind) => kind.replaceAll("_", " ")).join(", ")}</span>
							{entry.at !== undefined && (
								<time className="soft small">{at(new Date(entry.at).toISOString())}</time>
							)}
						</summary>
						<Words text={entry.text} />
					</details>
				</li>
			))}
		</ol>
	);
}
