import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { peopleQuery } from "../api/queries";
import { Page, Panel, Read } from "../parts";
import { useTitle } from "../parts/now";
import { Said } from "../parts/text";
import { useMay, useSession } from "../session/gate";
import { useWorkspace } from "../shell/workspace";
import { named, say } from "../text";
import { Tokens } from "./tokens";
import "./people.css";

const ROLES: readonly Schemas["RoleName"][] = [
	"viewer",
	"operator",
	"reviewer",
	"auditor",
	"owner",
];

export default function People() {
	useTitle(`${say("people.title")} · ${say("app.name")}`);
	const may = useMay(useWorkspace());
	return (
		<Page title={say("people.title")} intro={say("people.intro")}>
			<div className="people-columns">
				<Panel title={say("people.title")}>
					{may("access") ? <Everybody /> : <p className="soft">{say("people.cannot")}</p>}
				</Panel>
				<Panel title={say("people.roles.title")}>
					<dl className="people-roles">
						{ROLES.map((role) => (
							<div key={role}>
								<dt>{named("people.role", role)}</dt>
								<dd className="soft">{named("people.role", `${role}.means`)}</dd>
							</div>
						))}
					</dl>
					<p className="soft small">
						<Said text={say("people.link.help")} />
					</p>
				</Panel>
			</div>
			<Tokens />
		</Page>
	);
}

function Everybody() {
	const people = useQuery(peopleQuery(useWorkspace()));
	const me = useSession().person;
	return (
		<Read from={people}>
			{({ people }) => (
				<table className="table">
					<thead>
						<tr>
							<th scope="col">{say("people.person")}</th>
							<th scope="col">{say("people.roles")}</th>
						</tr>
					</thead>
					<tbody>
						{people.map(({ person, roles }) => (
							<tr key={person}>
								<th scope="row">
									{person}
									{person === me && <span className="soft"> ({say("people.you")})</span>}
								</th>
								<td>{roles.map((role) => named("people.role", role)).join(", ")}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</Read>
	);
}
