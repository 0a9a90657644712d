import { Said } from "../parts/text";
import { named, say } from "../text";
import { type Compared, type Difference, outcome, scale } from "./standing";

const TONES: Readonly<Record<Compared["verdict"], string>> = {
	goes: "info",
	ready: "good",
	worse: "bad",
	time_over: "warn",
};

/** How a release that is tried comes out beside the live one, and what follows from it. */
export function Beside({ of }: { of: Compared }) {
	const { canary, live, looked_at } = of;
	return (
		<section className="compared">
			<p>
				<span className={`chip ${TONES[of.verdict]}`}>{named("releases.verdict", of.verdict)}</span>{" "}
				{named("releases.verdict", `${of.verdict}.means`)}
			</p>
			<p className="soft small numbers">
				{say("releases.compared", { canary, live, looked: looked_at })}
			</p>
			<ul className="compared-figures">
				{of.figures.map((figure) => (
					<li key={figure.says}>
						<Figure of={figure} />
					</li>
				))}
			</ul>
		</section>
	);
}

const COLOURS = { fine: "good", open: "", worse: "bad" } as const;

/** The sentence says all of it; the picture shows how near it is to too much. */
function Figure({ of }: { of: Difference }) {
	const { from, wide, zero, most } = scale(of);
	const how = outcome(of);
	return (
		<>
			<p>
				<span className={`chip ${COLOURS[how]}`}>{named("releases.outcome", how)}</span>{" "}
				<Said text={of.says} />
			</p>
			<svg
				className="compared-range"
				viewBox="0 0 100 10"
				preserveAspectRatio="none"
				aria-hidden="true"
			>
				<path className="axis" d="M0 5h100" />
				<rect className={how} x={from} y="2.5" width={Math.max(wide, 0.75)} height="5" />
				<path className="zero" d={`M${zero} 0v10`} />
				<path className="most" d={`M${most} 0v10`} />
			</svg>
		</>
	);
}
