import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form, Meter } from "react-aria-components";
import { interview, interviewQuery, type Question } from "../api/described";
import { Button, Problem, Read } from "../parts";
import { Field, OneOf } from "../parts/form";
import { Said as Sentence } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { count, named, say } from "../text";
import {
	answered,
	answerOf,
	isAnswer,
	nextOf,
	type Row,
	standing,
	suggested,
	textOfAnswer,
} from "./answers";
import { Rows } from "./interview_rows";

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
	const client = useQueryClient();
	const asked = useQuery({
		...interviewQuery(workspace, path, text),
		placeholderData: keepPreviousData,
	});
	const [at, setAt] = useState<string>();
	return (
		<Read from={asked}>
			{({ questions }) => {
				const shown = questions.find(({ id }) => id === at) ?? nextOf(questions);
				return (
					<div className="map-form">
						<Standing questions={questions} />
						{shown && (
							<One
								key={`${shown.id} ${JSON.stringify(shown.answer)}`}
								question={shown}
								send={async (value) => {
									const answer = { question: shown.id, value };
									const next = await interview(workspace, path, text, answer);
									client.setQueryData(interviewQuery(workspace, path, next.text).queryKey, next);
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

/** How many are left, by a figure and by a bar; both say the same. */
function Standing({ questions }: { questions: readonly Question[] }) {
	const { done, needed } = standing(questions);
	const left = needed - done;
	return (
		<div className="interview-standing">
			<p role="status">{left === 0 ? say("interview.done") : count("interview.left", left)}</p>
			<Meter aria-label={say("interview.standing")} value={done} maxValue={Math.max(1, needed)}>
				{({ percentage }) => (
					<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
						<rect width="100" height="4" className="whole" />
						<rect width={percentage} height="4" className="part" />
					</svg>
				)}
			</Meter>
		</div>
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
		if (isAnswer(question, text)) give(answerOf(question, text, rows));
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
					<span>
						<strong>{say("interview.unsettled")}</strong> <Sentence text={question.unsettled} />
					</span>
				</p>
			)}
			{question.form === "table" ? (
				<Rows question={question} rows={rows} setRows={setRows} />
			) : (
				<Answer question={question} text={text} setText={setText} />
			)}
			{error !== undefined && <Problem error={error} />}
			<div className="actions">
				<Button look="primary" type="submit" pending={busy} isDisabled={!isAnswer(question, text)}>
					{say("interview.send")}
				</Button>
				<Button pending={busy} onPress={() => give(null)}>
					{say("interview.unknown")}
				</Button>
			</div>
		</Form>
	);
}

const SAYS_MORE = "says more";

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
	const chosen = form === "yes_no" || (form === "choice" && choices.length > 0);
	const [own, setOwn] = useState(chosen && text !== "" && !choices.includes(text));
	if (form === "yes_no") {
		const yes = { id: "true", name: say("common.yes") };
		const no = { id: "false", name: say("common.no") };
		return (
			<OneOf label={say("interview.choose")} value={text} options={[yes, no]} onChange={setText} />
		);
	}
	const long = form === "text" || form === "lines";
	const field = (
		<Field
			label={say(chosen ? "interview.or" : "interview.answer")}
			value={text}
			onChange={setText}
			long={long}
			{...(form === "lines" ? { help: say("map.field.lines") } : {})}
		/>
	);
	if (chosen) {
		return (
			<>
				<OneOf
					label={say("interview.choose")}
					value={own ? SAYS_MORE : text}
					options={[
						...choices.map((id) => ({ id, name: named("map.end", id) })),
						{ id: SAYS_MORE, name: say("interview.or") },
					]}
					onChange={(id) => {
						setOwn(id === SAYS_MORE);
						if (id !== SAYS_MORE) setText(id);
					}}
				/>
				{own && field}
			</>
		);
	}
	return (
		<>
			{field}
			{choices.length > 0 && (
				<fieldset className="interview-suggested">
					<legend className="field-label">{say("interview.suggested")}</legend>
					<div className="actions">
						{choices.map((one) => (
							<Button key={one} slim onPress={() => setText(suggested(question, text, one))}>
								{one}
							</Button>
						))}
					</div>
				</fieldset>
			)}
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
				{questions.map((question) => (
					<li key={question.id}>
						<button
							type="button"
							className="map-list-name"
							aria-current={question.id === shown ? "true" : undefined}
							onClick={() => show(question.id)}
						>
							<Sentence text={question.words} />
						</button>
						<Stands question={question} />
					</li>
				))}
			</ol>
		</details>
	);
}

function Stands({ question: { open, needed, unsettled, answer } }: { question: Question }) {
	if (unsettled) return <span className="chip warn">{say("interview.unsettled.short")}</span>;
	if (open) return <span className="chip bad">{say("interview.open")}</span>;
	const said = answer !== null && answer !== undefined;
	if (said) return <span className="chip good">{say("interview.answered")}</span>;
	return needed ? null : <span className="chip">{say("interview.may")}</span>;
}
