import type { Question } from "../api/described";
import { linesIn } from "./fields";

/** A row of a table while it is written. */
export type Row = Record<string, string>;

const isRow = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

function written(value: unknown): string {
	if (Array.isArray(value)) return value.map(written).join("\n");
	if (value === null || value === undefined) return "";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What the file answers, as it is written down again. */
export const textOfAnswer = ({ answer, choices, form }: Question): string =>
	answer === null || answer === undefined
		? form === "choice"
			? (choices[0] ?? "")
			: ""
		: written(answer);

export const blank = ({ columns }: Question): Row =>
	Object.fromEntries(columns.map(({ key }) => [key, ""]));

export function answered(question: Question): Row[] {
	const { answer, columns } = question;
	if (!Array.isArray(answer) || answer.length === 0) return [blank(question)];
	return answer
		.filter(isRow)
		.map((row) => Object.fromEntries(columns.map(({ key }) => [key, written(row[key])])));
}

/** What is sent as an answer. Numbers and times stay the text that was written: the file is one. */
export function answerOf(question: Question, text: string, rows: readonly Row[]): unknown {
	const { form, columns } = question;
	if (form === "yes_no") return text === "true";
	if (form === "lines") return linesIn(text);
	if (form !== "table") return text.trim();
	return rows
		.map((row) =>
			Object.fromEntries(
				columns.map(({ key, form }) => {
					const cell = row[key] ?? "";
					return [key, form === "lines" ? linesIn(cell) : cell.trim()];
				}),
			),
		)
		.filter((row) => Object.values(row).some((cell) => cell.length > 0));
}
