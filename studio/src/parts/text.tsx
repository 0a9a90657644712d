import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { say } from "../text";
import { cut, pieces, places } from "./inert";
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

/** The same, with words marked where they stand. */
function Marked({ text, words }: { text: string; words: readonly string[] }) {
	const found = useMemo(() => places(text, words), [text, words]);
	const parts: React.ReactNode[] = [];
	let from = 0;
	for (const [start, end] of found) {
		parts.push(<Inert key={from} text={text.slice(from, start)} />);
		parts.push(
			<mark key={`m${start}`}>
				<Inert text={text.slice(start, end)} />
			</mark>,
		);
		from = end;
	}
	parts.push(<Inert key={from} text={text.slice(from)} />);
	return parts;
}

const NONE: readonly string[] = [];

/** A text of any length: on its line where it is short, in a box of its own where it is not. */
export function Words({ text, marks = NONE }: { text: string; marks?: readonly string[] }) {
	const [all, setAll] = useState(false);
	if (text.length <= 120 && !text.includes("\n")) return <Inert text={text} />;
	const long = text.length > SHORT;
	const shown = cut(text, long && !all ? SHORT : MOST);
	return (
		<div>
			<div className={all ? "long-text fold" : "long-text"} tabIndex={all ? 0 : undefined}>
				<Marked text={shown} words={marks} />
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
