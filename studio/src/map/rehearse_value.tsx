import { type ReactNode, useState } from "react";
import { Field } from "../parts/form";
import { say } from "../text";
import { areTexts, readAs, written } from "./written";

/** From this length on a text has more than one line to be written on. */
const LONG = 60;

/**
 * A value that somebody changes: a field for each of its texts, or all of it as it is written; and
 * what it is once they are done.
 */
export function useValue(
	label: string,
	like: unknown,
): { fields: ReactNode; read: () => { value: unknown } | undefined } {
	const [text, setText] = useState(() => written(like));
	const [texts, setTexts] = useState<Record<string, string>>(() => (areTexts(like) ? like : {}));
	const [bad, setBad] = useState(false);
	if (areTexts(like) && Object.keys(like).length > 0) {
		const fields = Object.entries(like).map(([name, one]) => (
			<Field
				key={name}
				label={name.replaceAll("_", " ")}
				value={texts[name] ?? ""}
				long={one.length > LONG || name === "text"}
				onChange={(to) => setTexts({ ...texts, [name]: to })}
			/>
		));
		return { fields, read: () => ({ value: texts }) };
	}
	const fields = (
		<>
			<Field
				label={label}
				value={text}
				onChange={(text) => {
					setBad(false);
					setText(text);
				}}
				long
				isInvalid={bad}
				{...(typeof like === "string" ? {} : { help: say("rehearse.json") })}
			/>
			{bad && (
				<p className="notice bad" role="alert">
					{say("rehearse.json.bad")}
				</p>
			)}
		</>
	);
	const read = () => {
		const found = readAs(like, text);
		setBad(found === undefined);
		return found;
	};
	return { fields, read };
}
