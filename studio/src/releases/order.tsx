import { type FormEvent, type ReactNode, useState } from "react";
import { Form } from "react-aria-components";
import type { Schemas } from "../api/client";
import { useDeploy, usePromote, useRollBack } from "../api/queries";
import { Button, Problem } from "../parts";
import { Field, OneOf, Pick, Tick } from "../parts/form";
import { Sheet } from "../parts/sheet";
import { Said } from "../parts/text";
import { tell } from "../parts/toasts";
import { useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { type Standing, shareOf } from "./standing";

export type OrderOf = "deploy" | "promote" | "back";
const REASON_MAX = 4_000;

/** The one dialog in which releases are put to work, made live or left. */
export function Order({
	order,
	of,
	done,
}: {
	order: OrderOf | undefined;
	of: Standing;
	done: () => void;
}) {
	const title = order ? named("releases.order", order) : "";
	return (
		<Sheet title={title} open={order !== undefined} onClose={done}>
			{order === "deploy" && <Deploy of={of} done={done} />}
			{order === "promote" && <Promote of={of} done={done} />}
			{order === "back" && <Back of={of} done={done} />}
		</Sheet>
	);
}

interface Given {
	of: Standing;
	done: () => void;
}

function Sent({
	label,
	look = "primary",
	pending,
	ready = true,
	error,
	submit,
	children,
}: {
	label: string;
	look?: "primary" | "danger";
	pending: boolean;
	ready?: boolean;
	error: unknown;
	submit: () => void;
	children: ReactNode;
}) {
	const sent = (event: FormEvent) => {
		event.preventDefault();
		submit();
	};
	return (
		<Form className="release-form" onSubmit={sent}>
			{children}
			{error !== null && error !== undefined && <Problem error={error} />}
			<Button look={look} type="submit" pending={pending} isDisabled={!ready}>
				{label}
			</Button>
		</Form>
	);
}

/** What a person said of it; nothing is not sent. */
const why = (reason: string): { reason?: string } => (reason.trim() === "" ? {} : { reason });

const LIVE_AT = ["settings", "all", "share"] as const;
type LiveAt = (typeof LIVE_AT)[number];

function Deploy({ of: { name }, done }: Given) {
	const deploy = useDeploy(useWorkspace());
	const [at, setAt] = useState<LiveAt>("settings");
	const [share, setShare] = useState("10 %");
	const [untried, setUntried] = useState(false);
	const [reason, setReason] = useState("");
	const part = at === "all" ? 1_000_000 : at === "share" ? shareOf(share) : undefined;
	const sends = untried ? "releases.deploy.untried" : "releases.deploy.send";
	const label = deploy.isPending && !untried ? "releases.deploy.trying" : sends;
	const whole = at !== "share" || part !== undefined;
	const submit = () => {
		const wanted = part === undefined ? {} : { share: part };
		deploy.mutate({ workflow: name, untried, ...wanted, ...why(reason) });
	};
	if (deploy.data) return <Done of={deploy.data} done={done} />;
	return (
		<Sent
			label={say(label)}
			pending={deploy.isPending}
			ready={whole && !(untried && reason.trim() === "")}
			error={deploy.error}
			submit={submit}
		>
			<p className="soft">{say("releases.deploy.help")}</p>
			<OneOf
				label={say("releases.share")}
				value={at}
				options={LIVE_AT.map((id) => ({ id, name: named("releases.share", id) }))}
				onChange={(id) => setAt(LIVE_AT.find((one) => one === id) ?? "settings")}
			/>
			{at === "share" && (
				<Field
					label={say("releases.share.part")}
					help={say("releases.share.help")}
					isInvalid={!whole}
					value={share}
					onChange={setShare}
				/>
			)}
			<Tick isSelected={untried} onChange={setUntried}>
				{say("releases.untried")}
			</Tick>
			<Field
				label={say("common.reason")}
				help={say(untried ? "releases.untried.help" : "releases.reason.help")}
				long
				isRequired={untried}
				maxLength={REASON_MAX}
				value={reason}
				onChange={setReason}
			/>
		</Sent>
	);
}

/** What came of it is read before the dialog is closed. */
function Done({ of, done }: { of: Schemas["Rolled"]; done: () => void }) {
	const { changed, live, canary, tried } = of;
	const text = !changed
		? "releases.done.same"
		: canary
			? "releases.done.canary"
			: "releases.done.live";
	return (
		<div className="release-form" role="status">
			<p>{say(text, { release: (canary ?? live).slice(0, 12) })}</p>
			{tried && <p>{say("releases.tried.of", { right: tried.right, cases: tried.cases })}</p>}
			{of.new.length > 0 && (
				<>
					<h3>{say("releases.done.new")}</h3>
					<ul className="release-new">
						{of.new.map((line) => (
							<li key={line}>
								<Said text={line} />
							</li>
						))}
					</ul>
				</>
			)}
			<Button look="primary" onPress={done}>
				{say("common.close")}
			</Button>
		</div>
	);
}

function Promote({ of: { name }, done }: Given) {
	const promote = usePromote(useWorkspace());
	const [reason, setReason] = useState("");
	const submit = () => {
		const made = () => {
			tell(say("releases.promoted"));
			done();
		};
		promote.mutate({ workflow: name, ...why(reason) }, { onSuccess: made });
	};
	return (
		<Sent
			label={say("releases.promote.send")}
			pending={promote.isPending}
			error={promote.error}
			submit={submit}
		>
			<p className="soft">{say("releases.promote.help")}</p>
			<Field
				label={say("common.reason")}
				help={say("releases.reason.help")}
				long
				maxLength={REASON_MAX}
				value={reason}
				onChange={setReason}
			/>
		</Sent>
	);
}

const LAST = "last";

function Back({ of: { name, canary, before }, done }: Given) {
	const back = useRollBack(useWorkspace());
	const [to, setTo] = useState(LAST);
	const [reason, setReason] = useState("");
	const submit = () => {
		const made = () => {
			tell(say("releases.left"));
			done();
		};
		const target = to === LAST ? {} : { to };
		back.mutate({ workflow: name, reason, ...target }, { onSuccess: made });
	};
	const ids = [...new Set(before.map(({ release }) => release))];
	return (
		<Sent
			label={say("releases.back.send")}
			look="danger"
			pending={back.isPending}
			ready={reason.trim() !== ""}
			error={back.error}
			submit={submit}
		>
			<p className="soft">{say("releases.back.help")}</p>
			{ids.length > 0 && (
				<Pick
					label={say("releases.back.to")}
					value={to}
					options={[
						{ id: LAST, name: say(canary ? "releases.back.to.canary" : "releases.back.to.last") },
						...ids.map((id) => ({ id, name: id.slice(0, 12) })),
					]}
					onChange={setTo}
				/>
			)}
			<Field
				label={say("common.reason")}
				help={say("releases.reason.help")}
				long
				isRequired
				maxLength={REASON_MAX}
				value={reason}
				onChange={setReason}
			/>
		</Sent>
	);
}
