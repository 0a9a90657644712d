import { HighlightStyle, StreamLanguage, type StringStream } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

interface Where {
	/** Before the settings, in them, or in the text below. */
	part: "before" | "settings" | "text";
	fence: boolean;
}

function settings(stream: StringStream): string | null {
	if (stream.eatSpace()) return null;
	if (stream.match(/^#.*/)) return "comment";
	if (stream.match(/^- /) || stream.match(/^[[\]{},]/)) return "punctuation";
	if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^']|'')*'?/)) return "string";
	if (stream.match(/^[A-Za-z_][\w -]*(?=:(?:\s|$))/)) return "propertyName";
	if (stream.match(/^:(?=\s|$)/)) return "punctuation";
	if (stream.match(/^\d[\d.,]*/)) return "number";
	if (stream.match(/^[^\s,[\]{}#:"']+/)) return null;
	stream.next();
	return null;
}

/** Settings and text of a map, coloured: no more than it takes to find one's way. */
export const language = StreamLanguage.define<Where>({
	name: "map",
	startState: () => ({ part: "before", fence: false }),
	token(stream, where) {
		if (stream.sol() && stream.match(/^---\s*$/) && where.part !== "text") {
			where.part = where.part === "before" ? "settings" : "text";
			return "processingInstruction";
		}
		if (where.part === "settings") return settings(stream);
		if (stream.sol()) {
			if (stream.match(/^ {0,3}(```|~~~)/)) where.fence = !where.fence;
			else if (!where.fence && stream.match(/^#{1,6} .*/)) return "heading";
		}
		stream.skipToEnd();
		return null;
	},
});

export const colours = HighlightStyle.define([
	{ tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
	{ tag: tags.propertyName, color: "var(--brand)" },
	{ tag: tags.string, color: "var(--warn)" },
	{ tag: tags.number, color: "var(--info)" },
	{ tag: tags.heading, color: "var(--ink)", fontWeight: "700" },
	{ tag: [tags.punctuation, tags.processingInstruction], color: "var(--soft)" },
]);

export const look = EditorView.theme({
	"&": { height: "100%", color: "var(--ink)", background: "var(--panel)", fontSize: "13px" },
	"&.cm-focused": { outline: "3px solid var(--info)", outlineOffset: "-3px" },
	".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
	".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
	".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
	"&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
		{ background: "var(--mark)" },
	".cm-gutters": {
		background: "var(--sunk)",
		color: "var(--soft)",
		border: "0",
		borderRight: "1px solid var(--line)",
	},
	".cm-activeLineGutter": { background: "var(--line)" },
	".cm-chosen": { background: "var(--brand-wash)" },
	".cm-tooltip": {
		background: "var(--panel)",
		border: "1px solid var(--edge)",
		borderRadius: "8px",
		maxWidth: "28rem",
	},
	".cm-diagnostic": { whiteSpace: "pre-wrap", borderLeftColor: "var(--danger)" },
	".cm-lintRange-error": {
		backgroundImage: "none",
		textDecoration: "underline wavy var(--danger)",
		textUnderlineOffset: "3px",
	},
	".cm-lint-marker": { width: "1em", height: "1em" },
	".cm-lint-marker-error": {
		content: "''",
		background: "var(--danger)",
		borderRadius: "50%",
	},
});
