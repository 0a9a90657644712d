import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Request, Schemas } from "../api/client";
import { alikeQuery } from "../api/queries";
import { shortId } from "../cases/find";
import { When } from "../parts";
import { Inert, Said } from "../parts/text";
import { pageOf, useWorkspace } from "../shell/workspace";
import { named, say } from "../text";

const TONES: Readonly<Record<string, string>> = {
	approved: "good",
	edited: "good",
	rejected: "bad",
};

/** What people said to cases like it. It comes after the request itself, and holds nothing up. */
export function Alike({ request }: { request: Request }) {
	const { data } = useQuery(alikeQuery(useWorkspace(), request.case, request.number));
	if (!data || data.cases.length === 0) return null;
	return (
		<section className="alike">
			<h3>{say("reviews.alike")}</h3>
			<ul>
				{data.cases.map((one) => (
					<li key={one.case}>
						<One of={one} />
					</li>
				))}
			</ul>
		</section>
	);
}

function One({ of: { case: id, title, answer, who, at, reason, same } }: { of: Schemas["Alike"] }) {
	const workspace = useWorkspace();
	return (
		<>
			<p className="alike-line">
				<span className={`chip ${TONES[answer] ?? ""}`}>{named("reviews.alike", answer)}</span>
				<Link to={pageOf(workspace, "cases", id)}>
					<Inert text={title ?? shortId(id)} />
				</Link>
				<span className="soft small">
					<Inert text={who} />, <When at={at} />
				</span>
			</p>
			{reason && (
				<p className="small">
					<Said text={reason} />
				</p>
			)}
			{same.length > 0 && (
				<p className="soft small">
					<Inert text={say("reviews.alike.same", { values: same.map(titled).join(", ") })} />
				</p>
			)}
		</>
	);
}

const titled = (name: string): string => name.replaceAll("_", " ").replaceAll(".", " › ");
