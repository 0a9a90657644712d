import type { Column, Question } from "../api/described";
import { Button } from "../parts";
import { Field, Pick } from "../parts/form";
import { named, say } from "../text";
import { blank, type Row } from "./answers";

/** The rows of a table that answers a question. */
export function Rows({
	question,
	rows,
	setRows,
}: {
	question: Question;
	rows: Row[];
	setRows: (rows: Row[]) => void;
}) {
	const put = (n: number, key: string, text: string) =>
		setRows(rows.map((row, k) => (k === n ? { ...row, [key]: text } : row)));
	return (
		<>
			{rows.map((row, n) => {
				const number = `${n}`;
				return (
					<fieldset key={number} className="map-pairs">
						<legend className="field-label">{say("interview.row", { n: n + 1 })}</legend>
						<div className="map-today-fields">
							{question.columns.map((column) => (
								<Cell
									key={column.key}
									column={column}
									value={row[column.key] ?? ""}
									onChange={(text) => put(n, column.key, text)}
								/>
							))}
						</div>
						<Button
							slim
							look="quiet"
							aria-label={say("map.row.remove", { n: n + 1 })}
							onPress={() => setRows(rows.filter((_, k) => k !== n))}
						>
							{say("map.remove")}
						</Button>
					</fieldset>
				);
			})}
			<Button slim onPress={() => setRows([...rows, blank(question)])}>
				{say("interview.row.add")}
			</Button>
		</>
	);
}

function Cell({
	column,
	value,
	onChange,
}: {
	column: Column;
	value: string;
	onChange: (text: string) => void;
}) {
	const { words, form, choices } = column;
	if (choices.length === 0) {
		return (
			<Field
				label={words}
				value={value}
				onChange={onChange}
				{...(form === "lines" ? { long: true, help: say("map.field.lines") } : {})}
			/>
		);
	}
	// What the file says at more length than a choice stays as it is.
	const own = value === "" || choices.includes(value) ? [] : [value];
	const options = [
		{ id: "", name: say("map.field.unsaid") },
		...[...choices, ...own].map((id) => ({ id, name: named("map.end", id) })),
	];
	return <Pick label={words} value={value} options={options} onChange={onChange} />;
}
