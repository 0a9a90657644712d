import { type ReactNode, useMemo, useState } from "react";
import { say } from "../text";
import { Button } from ".";
import { Pick } from "./form";
import { type Choice, merged, type Part, parts } from "./merge";
import { Sheet } from "./sheet";
import { Inert } from "./text";
import "./conflict.css";

/** So many lines around a difference are shown. */
const AROUND = 3;

/** Two texts of one file beside each other. Nothing is written over that was not shown here. */
export function Conflict({
	theirs,
	mine,
	saved,
	note,
	open,
	close,
	take,
	keep,
}: {
	theirs: string;
	mine: string;
	/** Who saved it, and when. */
	saved?: ReactNode;
	/** What becomes of what is not kept. */
	note: string;
	open: boolean;
	close: () => void;
	take: () => void;
	keep: (text: string) => void;
}) {
	const all = useMemo(() => parts(theirs, mine), [theirs, mine]);
	const [choices, setChoices] = useState<ReadonlyMap<number, Choice>>(new Map());
	const choose = (n: number, choice: Choice) => setChoices(new Map(choices).set(n, choice));
	const byHand = [...choices.values()].some((choice) => choice === "theirs");
	return (
		<Sheet title={say("map.conflict")} open={open} onClose={close} wide>
			{saved}
			<p>{say("map.conflict.help")}</p>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys. */}
			<section className="map-diff" tabIndex={0} aria-label={say("map.conflict")}>
				<table>
					<thead>
						<tr>
							<th scope="col">{say("map.conflict.theirs")}</th>
							<th scope="col">{say("map.conflict.mine")}</th>
						</tr>
					</thead>
					<tbody>
						{all.map((part, k) => {
							const key = `${k}`;
							return part.same ? (
								<Same key={key} text={part.text} first={k === 0} last={k === all.length - 1} />
							) : (
								<Different
									key={key}
									part={part}
									choice={choices.get(part.n) ?? "mine"}
									choose={(choice) => choose(part.n, choice)}
								/>
							);
						})}
					</tbody>
				</table>
			</section>
			<div className="actions">
				<Button look="primary" onPress={() => keep(merged(all, choices))}>
					{say(byHand ? "map.conflict.merge" : "map.conflict.keep")}
				</Button>
				<Button onPress={take}>{say("map.conflict.take")}</Button>
				<Button look="quiet" onPress={close}>
					{say("map.conflict.later")}
				</Button>
			</div>
			<p className="soft small">{note}</p>
		</Sheet>
	);
}

function Same({ text, first, last }: { text: string; first: boolean; last: boolean }) {
	const lines = text.replace(/\n$/, "").split("\n");
	const head = first ? [] : lines.slice(0, AROUND);
	const tail = last ? [] : lines.slice(Math.max(head.length, lines.length - AROUND));
	const left = lines.length - head.length - tail.length;
	const shown = [
		head.join("\n"),
		left > 0 ? say("map.conflict.same", { n: left }) : "",
		tail.join("\n"),
	].filter((one) => one !== "");
	return (
		<tr className="same">
			{["theirs", "mine"].map((side) => (
				<td key={side}>
					<pre>
						<Inert text={shown.join("\n")} />
					</pre>
				</td>
			))}
		</tr>
	);
}

function Different({
	part,
	choice,
	choose,
}: {
	part: Part & { same: false };
	choice: Choice;
	choose: (choice: Choice) => void;
}) {
	const label = say("map.conflict.choose", { n: part.n + 1 });
	return (
		<tr className="differs">
			<td>
				<pre className={choice === "theirs" ? "chosen" : ""}>
					<Inert text={part.theirs} />
				</pre>
			</td>
			<td>
				<pre className={choice === "mine" ? "chosen" : ""}>
					<Inert text={part.mine} />
				</pre>
				<Pick
					label={label}
					unseen
					value={choice}
					options={[
						{ id: "mine", name: say("map.conflict.mine") },
						{ id: "theirs", name: say("map.conflict.theirs") },
					]}
					onChange={(id) => choose(id === "theirs" ? "theirs" : "mine")}
				/>
			</td>
		</tr>
	);
}
