import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { useNavigate } from "react-router";
import type { CaseLine } from "../api/client";
import { olderCases } from "../api/queries";
import { Button } from "../parts";
import { Field } from "../parts/form";
import { pageOf, useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { asked, found, isWhole } from "./find";

/** How many cases are gone through for one that is not in the list: five times what one sees. */
const LOOKED = 5;

/** To a case by the beginning of its id, or by its title. */
export function Jump({ loaded }: { loaded: readonly CaseLine[] }) {
	const workspace = useWorkspace();
	const go = useNavigate();
	const [text, setText] = useState("");
	const [missed, setMissed] = useState(false);
	const [pending, setPending] = useState(false);
	const open = (id: string) => go(pageOf(workspace, "cases", id));
	const send = async (event: FormEvent) => {
		event.preventDefault();
		if (isWhole(text)) return open(asked(text).begins);
		setPending(true);
		const line = found(text, loaded)[0] ?? (await older(workspace, text));
		setPending(false);
		if (line) open(line.id);
		else setMissed(true);
	};
	return (
		<Form className="cases-jump" onSubmit={send}>
			<Field
				label={say("cases.jump")}
				{...(missed ? { help: say("cases.jump.none") } : {})}
				value={text}
				onChange={(value) => {
					setText(value);
					setMissed(false);
				}}
			/>
			<Button type="submit" pending={pending} isDisabled={text.trim() === ""}>
				{say("cases.jump.go")}
			</Button>
		</Form>
	);
}

async function older(workspace: string, text: string): Promise<CaseLine | undefined> {
	let after: string | undefined;
	for (let page = 0; page < LOOKED; page += 1) {
		const { cases, next } = await olderCases(workspace, after);
		const [line] = found(text, cases);
		if (line || !next) return line;
		after = next;
	}
	return undefined;
}
