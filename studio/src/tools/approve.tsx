import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import type { Declared, Effect, Offer } from "../api/standing";
import { usePin } from "../api/standing";
import { Button, Problem } from "../parts";
import { Field, OneOf, Pick, Tick } from "../parts/form";
import { Inert, Words } from "../parts/text";
import { tell } from "../parts/toasts";
import { useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { Changed } from "./probe";
import { EFFECTS, PARTS, withPart } from "./search";

const CONTENT = "content";
const NONE = "none";

/**
 * Says what a tool may do, and approves the very definition that is shown. What was guessed is only
 * where the form begins: whoever sends it has said it.
 */
export function Approve({
	server,
	offer,
	done,
	leave,
}: {
	server: string;
	offer: Offer;
	done: () => void;
	leave: () => void;
}) {
	const pin = usePin(useWorkspace(), server);
	const [declared, setDeclared] = useState<Declared>(offer.proposed);
	const [reason, setReason] = useState("");
	const [read, setRead] = useState(false);
	const acts = declared.effect !== "read";
	const set = (some: Partial<Declared>) => setDeclared({ ...declared, ...some });
	const send = (event: FormEvent) => {
		event.preventDefault();
		const tools = [{ tool: offer.tool, digest: offer.digest, declared }];
		const body = reason.trim() ? { tools, reason } : { tools };
		pin.mutate(body, {
			onSuccess: () => {
				tell(say("approve.done", { tool: offer.tool }));
				done();
			},
		});
	};
	return (
		<Form className="stop-form" onSubmit={send}>
			<p>
				<strong className="mono">
					<Inert text={offer.tool} />
				</strong>
			</p>
			<Words text={offer.description || say("probe.says.nothing")} />
			<Changed offer={offer} />
			<OneOf
				label={say("approve.effect")}
				value={declared.effect ?? ""}
				options={EFFECTS.map((id) => ({
					id,
					name: named("tools.does", id),
					means: named("tools.means", id),
				}))}
				onChange={(id) => set({ effect: id as Effect })}
			/>
			{offer.args.length > 0 && (
				<fieldset className="approve-parts">
					<legend className="field-label">{say("approve.parts")}</legend>
					<p className="field-help">{say("approve.parts.help")}</p>
					{offer.args.map(({ name }) => (
						<Pick
							key={name}
							label={name}
							value={declared.parts?.[name] ?? CONTENT}
							options={[CONTENT, ...PARTS].map((id) => ({ id, name: named("tools.part", id) }))}
							onChange={(id) =>
								setDeclared(
									withPart(
										declared,
										name,
										PARTS.find((part) => part === id),
									),
								)
							}
						/>
					))}
				</fieldset>
			)}
			{acts && (
				<>
					<Pick
						label={say("approve.key")}
						value={declared.key ?? NONE}
						options={[
							{ id: NONE, name: say("approve.key.none") },
							...offer.args.map(({ name }) => ({ id: name, name })),
						]}
						onChange={(id) => set({ key: id === NONE ? null : id })}
					/>
					<Tick
						isSelected={declared.repeatable ?? false}
						onChange={(repeatable) => set({ repeatable })}
					>
						{say("approve.repeatable")}
					</Tick>
					<Tick
						isSelected={declared.reversible ?? false}
						onChange={(reversible) => set({ reversible })}
					>
						{say("approve.reversible")}
					</Tick>
				</>
			)}
			<Tick isSelected={declared.trusted ?? false} onChange={(trusted) => set({ trusted })}>
				{say("approve.trusted")}
			</Tick>
			<Field
				label={say("common.reason")}
				help={say("approve.reason.help")}
				long
				maxLength={4_000}
				value={reason}
				onChange={setReason}
			/>
			<Tick isSelected={read} onChange={setRead}>
				{say(offer.change ? "approve.read.change" : "approve.read")}
			</Tick>
			{pin.error && <Problem error={pin.error} />}
			<div className="actions">
				<Button
					look="primary"
					type="submit"
					pending={pin.isPending}
					isDisabled={!read || !declared.effect}
				>
					{say("approve.send")}
				</Button>
				<Button onPress={leave}>{say("common.cancel")}</Button>
			</div>
		</Form>
	);
}
