import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { say } from "../text";
import { cut, type Mark, pieces, sorted } from "./inert";
import "./value.css";

/** Longer texts are cut until somebody wants all of it. */
const SHORT = 600;
/** So much is put on a page at most: a browser has to stay usable whatever a document holds. */
const MOST = 200_000;

/** A text that others wrote. Nothing in it is markup, and nothing in it is unseen. */
export function Inert({ text }: { text: string }) {
	const all = useMemo(() => pieces(text), [text]);
	return all.map((piece, n) => {
		const key = `${n}`;
		if (!piece.odd) return <bdi key={key}>{piece.text}</bdi>;
		const title = say("common.hidden_char", { name: piece.text });
		return (
			<span key={key} className="odd" title={title}>
				{piece.text}
			</span>
		);
	});
}

/** The same, with what other values were read from. */
function Marked({ text, marks }: { text: string; marks: readonly Mark[] }) {
	const within = useMemo(() => sorted(marks.filter(({ to }) => to <= text.length)), [marks, text]);
	const parts: React.ReactNode[] = [];
	let from = 0;
	for (const { from: start, to, name } of within) {
		parts.push(<Inert key={from} text={text.slice(from, start)} />);
		parts.push(
			<mark key={`m${start}`} title={name} data-names={name} tabIndex={-1}>
				<Inert text={text.slice(start, to)} />
			</mark>,
		);
		from = to;
	}
	parts.push(<Inert key={from} text={text.slice(from)} />);
	return parts;
}

/** A sentence of the installation's, in which names stand between backticks. */
export function Said({ text }: { text: string }) {
	if (text.length > SHORT || text.includes("\n")) return <Words text={text} />;
	return text.split("`").map((part, n) => {
		const key = `${n}`;
		const Around = n % 2 === 1 ? "code" : "span";
		return (
			<Around key={key}>
				<Inert text={part} />
			</Around>
		);
	});
}

const NONE: readonly Mark[] = [];

/** A text of any length: on its line where it is short, in a box of its own where it is not. */
export function Words({
	text,
	marks = NONE,
	most = SHORT,
}: {
	text: string;
	marks?: readonly Mark[];
	/** From here on it is cut until somebody wants all of it. */
	most?: number;
}) {
	const [all, setAll] = useState(false);
	if (text.length <= 120 && !text.includes("\n")) return <Inert text={text} />;
	const long = text.length > most;
	const shown = cut(text, long && !all ? most : MOST);
	const scrolls = all || shown.length > SHORT;
	return (
		<div>
			<div className={scrolls ? "long-text fold" : "long-text"} tabIndex={scrolls ? 0 : undefined}>
				<Marked text={shown} marks={marks} />
				{shown.length < text.length && "…"}
			</div>
			{long && (
				<Button className="button quiet slim" onPress={() => setAll(!all)}>
					{all ? say("common.less") : say("common.more", { n: text.length })}
				</Button>
			)}
		</div>
	);
}
