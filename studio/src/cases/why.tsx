import type { Case } from "../api/client";
import { Panel } from "../parts";
import { Copyable } from "../parts/copy";
import { Said } from "../parts/text";
import { say } from "../text";

/** Where nothing is wrong and nobody is waited for, there is nothing to explain. */
const PLAIN: readonly Case["status"][] = ["running", "sleeping", "done", "duplicate"];

export const isPlain = ({ status, why }: Case): boolean =>
	PLAIN.includes(status) && why.cause.length === 0;

/** Why a case stands where it stands, and what somebody can do now without making it worse. */
export function Why({ of: { headline, cause, code, next } }: { of: Case["why"] }) {
	return (
		<Panel title={say("case.why")}>
			<div className="case-why">
				<p className="case-headline">
					<Said text={headline} />
				</p>
				{cause.length > 0 && (
					<section>
						<h3>{say("case.why.cause")}</h3>
						<ul className="case-cause">
							{cause.map((line, n) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: the lines of a cause are one text.
								<li key={n}>
									<Said text={line} />
								</li>
							))}
						</ul>
						{code && (
							<p className="soft small">
								<Said text={say("case.trouble.help", { code })} />
							</p>
						)}
					</section>
				)}
				{next.length > 0 && (
					<section>
						<h3>{say("case.why.next")}</h3>
						<ul className="case-next">
							{next.map(({ command, does }) => (
								<li key={command}>
									<Said text={does} />
									<Copyable text={command} />
								</li>
							))}
						</ul>
					</section>
				)}
			</div>
		</Panel>
	);
}
