import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { interview, interviewQuery, type Question } from "../api/described";
import { Button, Problem, Read } from "../parts";
import { Field, Pick } from "../parts/form";
import { Said as Sentence } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { answered, answerOf, blank, type Row, textOfAnswer } from "./answers";

/** The questions that a map has to answer, one after the other, while the map grows beside it. */
export function Interview({
	path,
	text,
	replace,
}: {
	path: string;
	text: string;
	replace: (text: string) => void;
}) {
	const workspace = useWorkspace();
	const asked = useQuery({
		...interviewQuery(workspace, path, text),
		placeholderData: keepPreviousData,
	});
	const [at, setAt] = useState<string>();
	return (
		<Read from={asked}>
			{({ questions }) => {
				const first = questions.find(({ open, needed }) => open && needed);
				const waiting = questions.find(({ open }) => open);
				const shown = questions.find(({ id }) => id === at) ?? first ?? waiting;
				const left = questions.filter(({ open, needed }) => open && needed).length;
				return (
					<div className="map-form">
						<p role="status">
							{left === 0 ? say("interview.done") : count("interview.left", left)}
						</p>
						{shown && (
							<One
								key={shown.id}
								question={shown}
								send={async (value) => {
									const answer = { question: shown.id, value };
									const next = await interview(workspace, path, text, answer);
									setAt(undefined);
									replace(next.text);
								}}
							/>
						)}
						<All questions={questions} shown={shown?.id} show={setAt} />
					</div>
				);
			}}
		</Read>
	);
}

function One({ question, send }: { question: Question; send: (value: unknown) => Promise<void> }) {
	const [text, setText] = useState(() => textOfAnswer(question));
	const [rows, setRows] = useState<Row[]>(() => answered(question));
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const give = async (value: unknown) => {
		setBusy(true);
		setError(undefined);
		try {
			await send(value);
		} catch (error) {
			setError(error);
		}
		setBusy(false);
	};
	const submit = (event: FormEvent) => {
		event.preventDefault();
		give(answerOf(question, text, rows));
	};
	return (
		<Form className="stop-form" onSubmit={submit}>
			<h3>
				<Sentence text={question.words} />
			</h3>
			<p className="soft">
				<Sentence text={question.why} />
			</p>
			{question.unsettled && (
				<p className="notice warn">
					<Sentence text={question.unsettled} />
				</p>
			)}
			{question.form === "table" ? (
				<Rows question={question} rows={rows} setRows={setRows} />
			) : (
				<Answer question={question} text={text} setText={setText} />
			)}
			{error !== undefined && <Problem error={error} />}
			<div className="actions">
				<Button look="primary" type="submit" pending={busy}>
					{say("interview.send")}
				</Button>
				<Button pending={busy} onPress={() => give(null)}>
					{say("interview.unknown")}
				</Button>
			</div>
		</Form>
	);
}

function Answer({
	question,
	text,
	setText,
}: {
	question: Question;
	text: string;
	setText: (text: string) => void;
}) {
	const { form, choices } = question;
	const yes = [
		{ id: "true", name: say("common.yes") },
		{ id: "false", name: say("common.no") },
	];
	const options = form === "yes_no" ? yes : choices.map((id) => ({ id, name: id }));
	return (
		<>
			{options.length > 0 && (
				<Pick label={say("interview.choose")} value={text} options={options} onChange={setText} />
			)}
			{form !== "yes_no" && (
				<Field
					label={say(options.length > 0 ? "interview.or" : "interview.answer")}
					value={text}
					onChange={setText}
					{...(form === "text" || form === "lines" ? { long: true } : {})}
					{...(form === "lines" ? { help: say("map.field.lines") } : {})}
				/>
			)}
		</>
	);
}

function Rows({
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
							{question.columns.map(({ key, words, form }) => (
								<Field
									key={key}
									label={words}
									value={row[key] ?? ""}
									onChange={(text) => put(n, key, text)}
									{...(form === "lines" ? { long: true, help: say("map.field.lines") } : {})}
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

/** Every question with how it stands, so that any of them can be come back to. */
function All({
	questions,
	shown,
	show,
}: {
	questions: readonly Question[];
	shown: string | undefined;
	show: (id: string) => void;
}) {
	return (
		<details className="map-others">
			<summary>{say("interview.all", { n: questions.length })}</summary>
			<ol className="interview-all">
				{questions.map(({ id, words, open, needed }) => (
					<li key={id}>
						<button
							type="button"
							className="map-list-name"
							aria-current={id === shown ? "true" : undefined}
							onClick={() => show(id)}
						>
							<Sentence text={words} />
						</button>
						{open && <span className="chip warn">{say("interview.open")}</span>}
						{!open && !needed && <span className="chip">{say("interview.may")}</span>}
					</li>
				))}
			</ol>
		</details>
	);
}
