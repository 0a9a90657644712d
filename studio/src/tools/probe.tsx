import { useEffect, useState } from "react";
import type { Offer, Probed } from "../api/standing";
import { useProbe } from "../api/standing";
import { Button, Loading, Problem } from "../parts";
import { Sheet } from "../parts/sheet";
import { Inert, Said, Words } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { Approve } from "./approve";
import { ordered } from "./search";
import { Does } from "./tools";

/** What a server offers now, beside what was approved. It is looked at when this is opened. */
export function Probe({ server, done }: { server: string; done: () => void }) {
	const probe = useProbe(useWorkspace());
	const { mutate, data, error, isPending } = probe;
	useEffect(() => mutate(server), [mutate, server]);
	return (
		<section className="probe" aria-label={say("probe.title", { server })}>
			<header className="probe-head">
				<h3>{say("probe.title", { server })}</h3>
				<div className="actions">
					<Button slim pending={isPending} onPress={() => mutate(server)}>
						{say("probe.again")}
					</Button>
					<Button slim look="quiet" onPress={done}>
						{say("common.close")}
					</Button>
				</div>
			</header>
			{error && <Problem error={error} />}
			{!data && !error && <Loading />}
			{data && <Offers probed={data} again={() => mutate(server)} />}
		</section>
	);
}

function Offers({ probed, again }: { probed: Probed; again: () => void }) {
	const [approving, setApproving] = useState<Offer>();
	const news = probed.gone.length + probed.tools.filter((o) => o.standing !== "approved").length;
	const close = () => setApproving(undefined);
	return (
		<>
			<p className="soft">
				{say(news === 0 ? "probe.same" : "probe.differs")}{" "}
				{say("probe.protocol", { version: probed.protocol })}
			</p>
			{probed.gone.map(({ tool, other }) => (
				<div key={tool} className="notice bad">
					<p>
						<Said
							text={other ? say("probe.gone.other", { tool, other }) : say("probe.gone", { tool })}
						/>
					</p>
				</div>
			))}
			<ul className="tools-list">
				{ordered(probed.tools).map((offer) => (
					<li key={`${offer.tool} ${offer.digest}`}>
						<Offered offer={offer} approve={() => setApproving(offer)} />
					</li>
				))}
			</ul>
			<Sheet title={say("approve.title")} open={approving !== undefined} onClose={close} alert>
				{approving && (
					<Approve
						server={probed.server}
						offer={approving}
						done={() => {
							close();
							again();
						}}
						leave={close}
					/>
				)}
			</Sheet>
		</>
	);
}

const TONES: Readonly<Record<Offer["standing"], string>> = {
	new: "info",
	changed: "bad",
	approved: "good",
};

function Offered({ offer, approve }: { offer: Offer; approve: () => void }) {
	return (
		<details open={offer.standing === "changed"}>
			<summary>
				<strong className="mono">
					<Inert text={offer.tool} />
				</strong>
				<span className={`chip ${TONES[offer.standing]}`}>
					{named("probe.standing", offer.standing)}
				</span>
				{offer.standing === "approved" && <Does effect={offer.proposed.effect} />}
			</summary>
			<div className="tools-tool">
				<Changed offer={offer} />
				<Sentences title={say("probe.can")} all={offer.can} />
				<Sentences title={say("probe.risks")} all={offer.risks} bad />
				<h4>{say("probe.says")}</h4>
				<Words text={offer.description || say("probe.says.nothing")} />
				<details>
					<summary>{say("probe.schema")}</summary>
					<Words text={JSON.stringify(offer.input, null, 2)} />
					{offer.output !== null && offer.output !== undefined && (
						<Words text={JSON.stringify(offer.output, null, 2)} />
					)}
				</details>
				{offer.refused ? (
					<div className="notice bad">
						<p>
							<Said text={say("probe.refused", { why: offer.refused })} />
						</p>
					</div>
				) : (
					<div className="actions">
						<Button onPress={approve} look={offer.standing === "approved" ? "quiet" : "primary"}>
							{named("probe.approve", offer.standing)}
						</Button>
					</div>
				)}
			</div>
		</details>
	);
}

/** The lines that went away and came, and what follows from it. */
export function Changed({ offer }: { offer: Offer }) {
	const { change } = offer;
	if (!change) return null;
	return (
		<>
			<Sentences title={say("probe.means")} all={change.means} bad />
			<h4>{say("probe.lines")}</h4>
			<ul className="lines">
				{change.gone.map((line) => (
					<li key={`-${line}`} className="gone">
						<span className="unseen">{say("probe.line.gone")}</span>
						<del>
							<Inert text={line} />
						</del>
					</li>
				))}
				{change.come.map((line) => (
					<li key={`+${line}`} className="come">
						<span className="unseen">{say("probe.line.come")}</span>
						<ins>
							<Inert text={line} />
						</ins>
					</li>
				))}
			</ul>
		</>
	);
}

function Sentences({ title, all, bad }: { title: string; all: readonly string[]; bad?: boolean }) {
	if (all.length === 0) return null;
	return (
		<div className={bad ? "sentences bad" : "sentences"}>
			<h4>{title}</h4>
			<ul>
				{all.map((text) => (
					<li key={text}>
						<Said text={text} />
					</li>
				))}
			</ul>
		</div>
	);
}
