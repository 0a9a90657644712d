import { expect, test } from "vitest";
import type { Question, QuestionForm } from "../api/described";
import { answered, answerOf, isAnswer, nextOf, standing, suggested, textOfAnswer } from "./answers";

const question = (form: QuestionForm, answer?: unknown): Question => ({
	id: "x",
	words: "What?",
	why: "So.",
	form,
	choices: form === "choice" ? ["low", "high"] : [],
	columns: [
		{ key: "does", words: "Does", form: "text", choices: [] },
		{ key: "becomes", words: "Becomes", form: "lines", choices: [] },
	],
	answer,
	open: true,
	needed: true,
});

test("an answer is written down as it was given", () => {
	expect(textOfAnswer(question("lines", ["a", "b"]))).toBe("a\nb");
	expect(textOfAnswer(question("yes_no", true))).toBe("true");
	expect(textOfAnswer(question("choice"))).toBe("");
	expect(textOfAnswer(question("choice", "high"))).toBe("high");
	expect(textOfAnswer(question("text", null))).toBe("");
});

test("what is sent has the form of its question", () => {
	expect(answerOf(question("yes_no"), "false", [])).toBe(false);
	expect(answerOf(question("lines"), "a\n\n b ", [])).toEqual(["a", "b"]);
	expect(answerOf(question("duration"), " 8 working hours ", [])).toBe("8 working hours");
});

test("a table has its rows by column, without those that say nothing", () => {
	const table = question("table", [{ does: "open the mail", becomes: ["read", "match"] }]);
	const rows = answered(table);
	expect(rows).toEqual([{ does: "open the mail", becomes: "read\nmatch" }]);
	expect(answerOf(table, "", [...rows, { does: " ", becomes: "" }])).toEqual([
		{ does: "open the mail", becomes: ["read", "match"] },
	]);
	expect(answered(question("table"))).toEqual([{ does: "", becomes: "" }]);
});

test("nothing is sent where nothing is answered, but no rows are an answer", () => {
	expect(isAnswer(question("choice"), " ")).toBe(false);
	expect(isAnswer(question("yes_no"), "false")).toBe(true);
	expect(isAnswer(question("lines"), "")).toBe(true);
});

test("a suggestion is the answer, or one more line of it", () => {
	expect(suggested(question("role"), "me", "clerk")).toBe("clerk");
	expect(suggested(question("lines"), "a", "b")).toBe("a\nb");
	expect(suggested(question("lines"), "a\nb", "b")).toBe("a\nb");
});

test("what nobody knows yet is put after what nobody was told of", () => {
	const [unknown, bare, done] = [
		{ ...question("text"), id: "unknown", unsettled: "Nobody knew." },
		{ ...question("text"), id: "bare" },
		{ ...question("text", "x"), id: "done", open: false },
	];
	expect(nextOf([unknown, bare, done])?.id).toBe("bare");
	expect(nextOf([unknown, done])?.id).toBe("unknown");
	expect(nextOf([done])).toBeUndefined();
	expect(standing([unknown, bare, done])).toEqual({ done: 1, needed: 3 });
});
