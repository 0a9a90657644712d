import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { Refused, type Schemas } from "../api/client";
import { queries } from "../api/queries";
import { useSaveWritten, writtenQuery } from "../api/standing";
import { Button, Problem } from "../parts";
import { Field } from "../parts/form";
import { Words } from "../parts/text";
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
	const [theirs, setTheirs] = useState<FileText>();
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
					const now = { ...writtenQuery(workspace, file.path), staleTime: 0 };
					const found = await queries.fetchQuery(now).catch(() => undefined);
					if (found) setTheirs(found);
				},
			},
		);
	};
	const over = () => {
		if (!theirs) return;
		setFrom(theirs.version);
		setTheirs(undefined);
		save.reset();
	};
	const take = () => {
		if (theirs) setText(theirs.text);
		over();
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
				<div className="notice bad" role="alert">
					<div className="instructions-theirs">
						<p>{say("instructions.conflict")}</p>
						<Words text={theirs.text} />
						<div className="actions">
							<Button slim onPress={over}>
								{say("instructions.conflict.mine")}
							</Button>
							<Button slim onPress={take}>
								{say("instructions.conflict.theirs")}
							</Button>
						</div>
					</div>
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
		</Form>
	);
}
