import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { Refused, type Schemas } from "../api/client";
import { queries } from "../api/queries";
import { useSaveWritten, writtenQuery } from "../api/standing";
import { fileQuery } from "../api/workshop";
import { Button, Problem } from "../parts";
import { Conflict } from "../parts/conflict";
import { Field } from "../parts/form";
import { SavedBy } from "../parts/saved";
import { tell } from "../parts/toasts";
import { useWorkspace } from "../shell/workspace";
import { say } from "../text";

type FileText = Schemas["FileText"];

/** Changes a file. Where somebody else saved it meanwhile, nothing is lost: both are shown. */
export function Change({ file, done }: { file: FileText; done: () => void }) {
	const workspace = useWorkspace();
	const save = useSaveWritten(workspace, file.path);
	const [text, setText] = useState(file.text);
	/** The version that is changed: the one that was there when it was begun. */
	const [from, setFrom] = useState(file.version);
	const [saved, setTheirs] = useState<FileText>();
	const [looking, setLooking] = useState(false);
	// It is looked whether somebody else saves it meanwhile, as on a map.
	const now = useQuery({ ...fileQuery(workspace, file.path), enabled: !save.isPending });
	const theirs =
		saved ??
		(now.isFetchedAfterMount && now.data && now.data.version !== from ? now.data : undefined);
	const send = (event: FormEvent) => {
		event.preventDefault();
		save.mutate(
			{ text, from },
			{
				onSuccess: () => {
					tell(say("instructions.saved", { file: file.path }));
					done();
				},
				onError: async (error) => {
					if (!(error instanceof Refused && error.status === 409)) return;
					const latest = { ...writtenQuery(workspace, file.path), staleTime: 0 };
					const found = await queries.fetchQuery(latest).catch(() => undefined);
					if (found) setTheirs(found);
				},
			},
		);
	};
	/** Goes on with a text over the version that was looked at. */
	const over = (next: string) => {
		if (!theirs) return;
		setText(next);
		setFrom(theirs.version);
		setTheirs(undefined);
		setLooking(false);
		save.reset();
	};
	return (
		<Form className="stop-form instructions-change" onSubmit={send}>
			<Field
				label={say("instructions.text", { file: file.path })}
				help={say("instructions.change.help")}
				long
				autoFocus
				value={text}
				onChange={setText}
			/>
			{save.error && !theirs && <Problem error={save.error} />}
			{theirs && (
				<div className="notice warn" role="alert">
					<div>
						<p>{say("map.other")}</p>
						<SavedBy path={file.path} version={theirs.version} />
						<p>{say("map.other.help")}</p>
					</div>
					<Button slim look="primary" onPress={() => setLooking(true)}>
						{say("map.other.show")}
					</Button>
				</div>
			)}
			<div className="actions">
				<Button
					look="primary"
					type="submit"
					pending={save.isPending}
					isDisabled={text === file.text || theirs !== undefined}
				>
					{say("instructions.save")}
				</Button>
				<Button onPress={done}>{say("common.cancel")}</Button>
			</div>
			{theirs && (
				<Conflict
					key={theirs.version}
					theirs={theirs.text}
					mine={text}
					saved={<SavedBy path={file.path} version={theirs.version} />}
					note={say("instructions.conflict.note")}
					open={looking}
					close={() => setLooking(false)}
					take={() => over(theirs.text)}
					keep={over}
				/>
			)}
		</Form>
	);
}
