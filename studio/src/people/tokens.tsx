import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import type { Right, Schemas, Token } from "../api/client";
import { tokensQuery, useEndToken, useMakeToken } from "../api/queries";
import { Button, Empty, Panel, Problem, Read, When } from "../parts";
import { Copyable } from "../parts/copy";
import { Field, SomeOf } from "../parts/form";
import { useNow } from "../parts/now";
import { Sheet } from "../parts/sheet";
import { Inert } from "../parts/text";
import { useSession } from "../session/gate";
import { useWorkspace } from "../shell/workspace";
import { named, say } from "../text";

type Made = Schemas["MadeToken"];

export function Tokens() {
	const tokens = useQuery(tokensQuery(useWorkspace()));
	const [making, setMaking] = useState(false);
	const [ending, setEnding] = useState<Token>();
	return (
		<Panel
			title={say("tokens.title")}
			side={<Button onPress={() => setMaking(true)}>{say("tokens.make")}</Button>}
		>
			<p className="soft">{say("tokens.intro")}</p>
			<Read from={tokens}>
				{({ tokens }) =>
					tokens.length === 0 ? (
						<Empty title={say("tokens.none")} help={say("tokens.none.help")}>
							<Button onPress={() => setMaking(true)}>{say("tokens.none.next")}</Button>
						</Empty>
					) : (
						<Listed tokens={tokens} end={setEnding} />
					)
				}
			</Read>
			<Sheet title={say("tokens.make")} open={making} onClose={() => setMaking(false)}>
				<Make done={() => setMaking(false)} />
			</Sheet>
			<Sheet
				title={say("tokens.end.confirm")}
				open={ending !== undefined}
				onClose={() => setEnding(undefined)}
				alert
			>
				{ending && <End token={ending} done={() => setEnding(undefined)} />}
			</Sheet>
		</Panel>
	);
}

function Listed({ tokens, end }: { tokens: readonly Token[]; end: (token: Token) => void }) {
	const now = useNow();
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
		<section className="scroll-x" tabIndex={0} aria-label={say("tokens.title")}>
			<table className="table">
				<thead>
					<tr>
						<th scope="col">{say("tokens.for")}</th>
						<th scope="col">{say("tokens.person")}</th>
						<th scope="col">{say("tokens.rights")}</th>
						<th scope="col">{say("tokens.used")}</th>
						<th scope="col">{say("tokens.until")}</th>
						<th scope="col">
							<span className="unseen">{say("tokens.end")}</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{tokens.map((token) => {
						const over = token.ended ?? (Date.parse(token.until) < now ? token.until : undefined);
						return (
							<tr key={token.id} className={over ? "soft" : ""}>
								<th scope="row">
									<Inert text={token.label} />
								</th>
								<td>{token.person}</td>
								<td>{token.rights.map((right) => named("right", right)).join(", ")}</td>
								<td>{token.used ? <When at={token.used} /> : say("tokens.never")}</td>
								<td>
									<When at={over ?? token.until} />
								</td>
								<td className="right">
									{!over && (
										<Button slim look="danger-quiet" onPress={() => end(token)}>
											{say("tokens.end")}
										</Button>
									)}
								</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</section>
	);
}

function Make({ done }: { done: () => void }) {
	const workspace = useWorkspace();
	const own = useSession().workspaces.find((one) => one.name === workspace)?.rights ?? [];
	const make = useMakeToken(workspace);
	const [label, setLabel] = useState("");
	const [rights, setRights] = useState<string[]>(["read"]);
	const [days, setDays] = useState("90");
	if (make.data) return <Shown made={make.data} done={done} />;
	const send = (event: FormEvent) => {
		event.preventDefault();
		make.mutate({ label, rights: rights as Right[], days: Number(days) });
	};
	return (
		<Form className="stop-form" onSubmit={send}>
			<Field
				label={say("tokens.for")}
				isRequired
				autoFocus
				maxLength={100}
				value={label}
				onChange={setLabel}
			/>
			<SomeOf
				label={say("tokens.rights")}
				value={rights}
				options={own.map((id) => ({ id, name: named("right", id) }))}
				onChange={setRights}
			/>
			<Field
				label={say("tokens.days")}
				inputMode="numeric"
				pattern="[0-9]{1,3}"
				isRequired
				value={days}
				onChange={setDays}
			/>
			{make.error && <Problem error={make.error} />}
			<Button
				look="primary"
				type="submit"
				pending={make.isPending}
				isDisabled={rights.length === 0}
			>
				{say("tokens.make")}
			</Button>
		</Form>
	);
}

function Shown({ made, done }: { made: Made; done: () => void }) {
	return (
		<>
			<h3>{say("tokens.made")}</h3>
			<p className="soft">{say("tokens.made.help")}</p>
			<Copyable text={made.token} of="token" />
			<div className="actions">
				<Button onPress={done}>{say("common.close")}</Button>
			</div>
		</>
	);
}

function End({ token, done }: { token: Token; done: () => void }) {
	const end = useEndToken(useWorkspace());
	return (
		<>
			<p>
				<strong>
					<Inert text={token.label} />
				</strong>
			</p>
			<p>{say("tokens.end.help")}</p>
			{end.error && <Problem error={end.error} />}
			<div className="actions">
				<Button
					look="danger"
					pending={end.isPending}
					onPress={() => end.mutate(token.id, { onSuccess: done })}
				>
					{say("tokens.end.confirm")}
				</Button>
				<Button onPress={done}>{say("common.cancel")}</Button>
			</div>
		</>
	);
}
