import type { GoneAgain, Parting } from "../api/described";
import { Inert, Said as Sentence } from "../parts/text";
import { Value } from "../parts/value";
import { count, named, say } from "../text";

/** Where a stored case would go otherwise on the text that is open here. */
export function Again({ of }: { of: GoneAgain }) {
	const { apart, ends, rehearsed } = of;
	return (
		<section className="rehearse-apart" aria-label={say("again.title")}>
			<h3>{say("again.title")}</h3>
			<p className={apart.length > 0 ? "notice warn" : "notice good"} role="status">
				<span>{apart.length > 0 ? count("again.apart", apart.length) : say("again.same")}</span>
			</p>
			{apart.length > 0 && (
				<ol>
					{apart.map((one, n) => {
						const key = `${n}`;
						return <Part key={key} of={one} />;
					})}
				</ol>
			)}
			{!rehearsed.over && (
				<p className="soft small">
					<Sentence text={ends ? say("again.ends", { why: ends }) : say("again.waits")} />
				</p>
			)}
			<p className="soft small">{say("again.note")}</p>
		</section>
	);
}

function Part({ of: { step, by, was, now } }: { of: Parting }) {
	return (
		<li>
			<p>
				{step && (
					<strong>
						<Inert text={step} />
					</strong>
				)}{" "}
				<span className="chip warn">{named("again.by", by)}</span>
			</p>
			<dl className="rehearse-apart-both">
				<div>
					<dt>{say("again.was")}</dt>
					<dd>
						<One value={was} />
					</dd>
				</div>
				<div>
					<dt>{say("again.now")}</dt>
					<dd>
						<One value={now} />
					</dd>
				</div>
			</dl>
		</li>
	);
}

function One({ value }: { value: unknown }) {
	if (value === undefined || value === null) {
		return <span className="soft">{say("common.nothing")}</span>;
	}
	return typeof value === "string" ? <Sentence text={value} /> : <Value value={value} />;
}
