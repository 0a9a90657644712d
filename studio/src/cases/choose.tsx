import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { Case } from "../api/client";
import { casesQuery } from "../api/queries";
import { Button, Read, Status } from "../parts";
import { Field } from "../parts/form";
import { Sheet } from "../parts/sheet";
import { Inert } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { found, shortId } from "./find";

const SHOWN = 30;

/** Chooses the case that another one is compared with: of the same workflow, the newest first. */
export function Choose({ of }: { of: Case }) {
	const [open, setOpen] = useState(false);
	return (
		<>
			<Button onPress={() => setOpen(true)}>{say("case.compare")}</Button>
			<Sheet title={say("case.compare.title")} open={open} onClose={() => setOpen(false)}>
				{open && <Others of={of} />}
			</Sheet>
		</>
	);
}

function Others({ of: { id, workflow } }: { of: Case }) {
	const workspace = useWorkspace();
	const [text, setText] = useState("");
	const list = useInfiniteQuery(casesQuery(workspace, workflow ? { workflow } : {}));
	const others = list.data?.pages.flatMap(({ cases }) => cases).filter((line) => line.id !== id);
	return (
		<>
			<Field
				label={say("case.compare.find")}
				help={say("case.compare.help")}
				autoFocus
				value={text}
				onChange={setText}
			/>
			<Read from={{ ...list, data: others }}>
				{(others) => {
					const all = text.trim() === "" ? others : found(text, others);
					if (all.length === 0) return <p className="soft">{say("case.compare.none")}</p>;
					return (
						<ul className="choose">
							{all.slice(0, SHOWN).map((line) => (
								<li key={line.id}>
									<Link to={pageOf(workspace, "cases", id, "with", line.id)}>
										{line.title ? <Inert text={line.title} /> : shortId(line.id)}
									</Link>
									<span className="mono soft small">{shortId(line.id)}</span>
									<Status status={line.status} />
								</li>
							))}
						</ul>
					);
				}}
			</Read>
		</>
	);
}
