import { defaultKeymap } from "@codemirror/commands";
import { syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import {
	Annotation,
	EditorState,
	type Range,
	StateEffect,
	StateField,
	type Text,
} from "@codemirror/state";
import {
	Decoration,
	type DecorationSet,
	drawSelection,
	EditorView,
	keymap,
	lineNumbers,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { Finding } from "../api/workshop";
import { say } from "../text";
import { colours, language, look } from "./editor_look";
import { unitOf } from "./places";

/** A change that comes from elsewhere and need not be told there. */
const outside = Annotation.define<boolean>();
const mark = StateEffect.define<[number, number] | undefined>();

const chosenLines = StateField.define<DecorationSet>({
	create: () => Decoration.none,
	update(found, transaction) {
		let lines = found.map(transaction.changes);
		for (const effect of transaction.effects) {
			if (effect.is(mark)) lines = marked(transaction.state.doc, effect.value);
		}
		return lines;
	},
	provide: (field) => EditorView.decorations.from(field),
});

function marked(doc: Text, lines: [number, number] | undefined): DecorationSet {
	if (!lines) return Decoration.none;
	const all: Range<Decoration>[] = [];
	for (let n = lines[0]; n <= Math.min(lines[1], doc.lines); n += 1) {
		all.push(Decoration.line({ class: "cm-chosen" }).range(doc.line(n).from));
	}
	return Decoration.set(all);
}

/** Where a character stands, by its line and column from 1. */
function placed(doc: Text, line: number, column: number): number {
	const at = doc.line(Math.min(Math.max(1, line), doc.lines));
	return Math.min(at.to, at.from + unitOf(at.text, column));
}

function shown(doc: Text, problems: readonly Finding[]): Diagnostic[] {
	return problems.map((one) => {
		const from = placed(doc, one.line, one.column);
		const to = placed(doc, one.end_line, one.end_column);
		const message = `${one.what}\n${one.why}\n${one.fix}`;
		return { from, to: Math.max(from, to), severity: "error", source: one.code, message };
	});
}

/** The smallest change that makes one text of another, so that the cursor stays where it is. */
export function difference(before: string, after: string) {
	const most = Math.min(before.length, after.length);
	let from = 0;
	while (from < most && before[from] === after[from]) from += 1;
	let same = 0;
	while (same < most - from && before.at(-1 - same) === after.at(-1 - same)) same += 1;
	return { from, to: before.length - same, insert: after.slice(from, after.length - same) };
}

export interface EditorProps {
	text: string;
	problems: readonly Finding[];
	/** The lines of what is chosen on the map. */
	chosen: [number, number] | undefined;
	/** Said anew each time that these lines are to be seen. */
	reveal: number;
	readOnly: boolean;
	onText: (text: string) => void;
	onLine: (line: number) => void;
}

/**
 * The text of a map. It stands in a root of its own, because there its styles can be adopted: the
 * policy of the server lets no script put a style into the page.
 */
export default function Editor(props: EditorProps) {
	const host = useRef<HTMLDivElement>(null);
	const view = useRef<EditorView>(undefined);
	const told = useRef(props);
	told.current = props;
	const { text, problems, chosen, reveal, readOnly } = props;
	useEffect(() => {
		const at = host.current;
		if (!at) return;
		const root = at.shadowRoot ?? at.attachShadow({ mode: "open" });
		const state = EditorState.create({
			doc: told.current.text,
			extensions: [
				lineNumbers(),
				lintGutter(),
				drawSelection(),
				EditorView.lineWrapping,
				EditorState.readOnly.of(readOnly),
				EditorView.contentAttributes.of({ "aria-label": say("map.text"), tabindex: "0" }),
				keymap.of(defaultKeymap),
				language,
				syntaxHighlighting(colours),
				look,
				chosenLines,
				EditorView.updateListener.of((update) => {
					const props = told.current;
					const own = !update.transactions.some((one) => one.annotation(outside));
					if (update.docChanged && own) props.onText(update.state.doc.toString());
					if (own && (update.selectionSet || update.docChanged)) {
						const { doc, selection } = update.state;
						props.onLine(doc.lineAt(selection.main.head).number);
					}
				}),
			],
		});
		const editor = new EditorView({ state, parent: root, root });
		view.current = editor;
		return () => editor.destroy();
	}, [readOnly]);
	useEffect(() => {
		const editor = view.current;
		const before = editor?.state.doc.toString();
		if (!editor || before === undefined || before === text) return;
		editor.dispatch({
			changes: difference(before, text),
			annotations: [outside.of(true)],
		});
	}, [text]);
	useEffect(() => {
		const editor = view.current;
		if (editor) editor.dispatch(setDiagnostics(editor.state, shown(editor.state.doc, problems)));
	}, [problems]);
	const [first, last] = chosen ?? [];
	useEffect(() => {
		const lines: [number, number] | undefined =
			first === undefined || last === undefined ? undefined : [first, last];
		view.current?.dispatch({ effects: mark.of(lines), annotations: outside.of(true) });
	}, [first, last]);
	// biome-ignore lint/correctness/useExhaustiveDependencies: it is shown when that is said, not whenever lines move.
	useEffect(() => {
		const editor = view.current;
		if (!editor || first === undefined || reveal === 0) return;
		const { doc } = editor.state;
		const at = doc.line(Math.min(first, doc.lines)).from;
		editor.dispatch({
			effects: EditorView.scrollIntoView(at, { y: "start", yMargin: 48 }),
			annotations: outside.of(true),
		});
	}, [reveal]);
	return <div ref={host} className="map-editor" data-writes="" />;
}
