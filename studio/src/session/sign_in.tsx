import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { api, held, Refused, type SignedIn } from "../api/client";
import { sessionQuery, waysQuery } from "../api/queries";
import { Button, Problem, Read } from "../parts";
import { Field } from "../parts/form";
import { useTitle } from "../parts/now";
import { Said } from "../parts/text";
import { Brand } from "../shell/brand";
import { say } from "../text";
import "./session.css";

/** Begins a session. What was known to whoever sat here before is forgotten. */
function useEnter<Given>(enter: (given: Given) => Promise<SignedIn>, entered: () => void) {
	const client = useQueryClient();
	return useMutation({
		mutationFn: enter,
		onSuccess: (session) => {
			client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
			client.setQueryData(sessionQuery.queryKey, session);
			entered();
		},
	});
}

interface Entered {
	entered: () => void;
}

export function SignIn({ link, entered }: Entered & { link: string }) {
	useTitle(`${say("sign.title")} · ${say("app.name")}`);
	return (
		<main className="sign">
			<div className="sign-card">
				<Brand />
				<p className="soft">{say("sign.about")}</p>
				{link ? <ByLink link={link} entered={entered} /> : <Ways entered={entered} />}
			</div>
		</main>
	);
}

function Ways({ entered }: Entered) {
	const ways = useQuery(waysQuery);
	return (
		<Read from={ways}>
			{({ passwords, provider }) => (
				<>
					<h1>{say("sign.title")}</h1>
					{passwords && <ByPassword entered={entered} />}
					{provider && (
						<a className="button" href={provider}>
							{say("sign.provider")}
						</a>
					)}
					{!passwords && !provider && <p>{say("sign.none")}</p>}
					{passwords && (
						<p className="soft small">
							<Said text={say("sign.first")} />
						</p>
					)}
				</>
			)}
		</Read>
	);
}

function ByPassword({ entered }: Entered) {
	const enter = useEnter(
		(body: { person: string; password: string }) => held(api.POST("/api/v1/sign-in", { body })),
		entered,
	);
	const [person, setPerson] = useState("");
	const [password, setPassword] = useState("");
	const send = (event: FormEvent) => {
		event.preventDefault();
		enter.mutate({ person, password });
	};
	return (
		<Form className="sign-form" onSubmit={send}>
			<Field
				label={say("sign.person")}
				name="person"
				autoComplete="username"
				isRequired
				value={person}
				onChange={setPerson}
			/>
			<Field
				label={say("sign.password")}
				name="password"
				type="password"
				autoComplete="current-password"
				isRequired
				value={password}
				onChange={setPassword}
			/>
			{enter.error && <Problem error={enter.error} />}
			<Button look="primary" type="submit" pending={enter.isPending}>
				{say("sign.in")}
			</Button>
		</Form>
	);
}

function ByLink({ link, entered }: Entered & { link: string }) {
	const enter = useEnter(
		(body: { link: string; password: string }) => held(api.POST("/api/v1/sign-in/link", { body })),
		entered,
	);
	const [password, setPassword] = useState("");
	const [again, setAgain] = useState("");
	const [differs, setDiffers] = useState(false);
	const send = (event: FormEvent) => {
		event.preventDefault();
		setDiffers(password !== again);
		if (password === again) enter.mutate({ link, password });
	};
	const two = new Refused(0, "", say("sign.differs"), undefined);
	return (
		<Form className="sign-form" onSubmit={send}>
			<h1>{say("sign.link.title")}</h1>
			<Field
				label={say("sign.link.new")}
				help={say("sign.link.help")}
				type="password"
				autoComplete="new-password"
				minLength={12}
				isRequired
				value={password}
				onChange={setPassword}
			/>
			<Field
				label={say("sign.link.again")}
				type="password"
				autoComplete="new-password"
				isRequired
				value={again}
				onChange={setAgain}
			/>
			{differs && <Problem error={two} />}
			{enter.error && !differs && <Problem error={enter.error} />}
			<Button look="primary" type="submit" pending={enter.isPending}>
				{say("sign.link.set")}
			</Button>
		</Form>
	);
}
