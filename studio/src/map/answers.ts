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

/** What the file answers, as it is written down again. Nothing is answered beforehand. */
export const textOfAnswer = ({ answer }: Question): string => written(answer);

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

/** Whether there is an answer to send; no rows and no lines are one. */
export const isAnswer = ({ form }: Question, text: string): boolean =>
	form === "table" || form === "lines" || text.trim() !== "";

/** A suggestion taken up: one more line, or the whole answer. */
export function suggested({ form }: Question, text: string, choice: string): string {
	if (form !== "lines") return choice;
	const lines = linesIn(text);
	return (lines.includes(choice) ? lines : [...lines, choice]).join("\n");
}

/** How far it is: what is needed and answered, of all that is needed. */
export function standing(questions: readonly Question[]): { done: number; needed: number } {
	const needed = questions.filter((one) => one.needed || one.open);
	return { done: needed.filter(({ open }) => !open).length, needed: needed.length };
}

/** What is put next: first what the map needs, then what is not settled, then nothing. */
export const nextOf = (questions: readonly Question[]): Question | undefined =>
	questions.find(({ open, needed, unsettled }) => open && needed && !unsettled) ??
	questions.find(({ open }) => open);
