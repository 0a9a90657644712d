import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import {
	type Policies as All,
	type PolicyLine,
	policiesQuery,
	useTryPolicies,
} from "../api/standing";
import { Button, Empty, Page, Panel, Problem, Read } from "../parts";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { byFile, sentence } from "./words";
import "./policies.css";

export default function Policies() {
	useTitle(`${say("policies.title")} · ${say("app.name")}`);
	const policies = useQuery(policiesQuery(useWorkspace()));
	return (
		<Page title={say("policies.title")} intro={say("policies.intro")}>
			<Read from={policies}>
				{(all) => (
					<>
						{all.unfit.length > 0 && (
							<p className="notice warn">
								{say("policies.unfit", { which: all.unfit.join(", ") })}
							</p>
						)}
						<Compared all={all.compared} />
						<Cases all={all} />
						{byFile(all.policies).map(([file, policies]) => (
							<Panel key={file} title={file}>
								{policies[0]?.standard && <p className="soft">{say("policies.standard")}</p>}
								<ul className="policies-list">
									{policies.map((policy) => (
										<li key={policy.id}>
											<Policy policy={policy} />
										</li>
									))}
								</ul>
							</Panel>
						))}
					</>
				)}
			</Read>
		</Page>
	);
}

/** In words on one side, as it is written on the other. */
function Policy({ policy }: { policy: PolicyLine }) {
	return (
		<article className="policy" aria-label={policy.id}>
			<div className="policy-words">
				<h3>
					<Inert text={policy.id} />
				</h3>
				<p>
					<Said text={sentence(policy)} />
				</p>
				{policy.reason && (
					<p>
						{say("policies.reason")} <Inert text={policy.reason} />
					</p>
				)}
				<h4>{say("policies.matters")}</h4>
				{policy.matters_for.length > 0 ? (
					<ul className="policy-acts">
						{policy.matters_for.map((act) => (
							<li key={act}>{act}</li>
						))}
					</ul>
				) : (
					<p className="soft">{say("policies.matters.none")}</p>
				)}
			</div>
			<section
				className="policy-text mono"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
				tabIndex={0}
				aria-label={say("policies.text", { of: policy.id })}
			>
				<Inert text={policy.text} />
			</section>
		</article>
	);
}

function Compared({ all }: { all: readonly Schemas["PoliciesCompared"][] }) {
	if (all.length === 0) return null;
	return (
		<Panel title={say("policies.compared")}>
			<p className="soft">{say("policies.compared.help")}</p>
			{all.map((one) => (
				<section key={one.workflow} className="policies-compared">
					<h3>{say("policies.compared.of", { workflow: one.workflow })}</h3>
					{one.wider.length + one.narrower.length === 0 && (
						<p>{one.tried > 0 ? count("policies.same", one.tried) : say("policies.alike")}</p>
					)}
					{one.wider.map((found) => (
						<Otherwise key={`w${found.step}${found.act}`} found={found} wider />
					))}
					{one.narrower.map((found) => (
						<Otherwise key={`n${found.step}${found.act}`} found={found} />
					))}
					{one.cut.map((act) => (
						<p key={act} className="soft">
							{say("policies.cut", { act })}
						</p>
					))}
				</section>
			))}
		</Panel>
	);
}

function Otherwise({ found, wider }: { found: Schemas["PolicyCase"]; wider?: boolean }) {
	return (
		<div className={wider ? "notice bad" : "notice"}>
			<div>
				<p>
					<strong>
						{say(wider ? "policies.wider" : "policies.narrower", {
							step: found.step,
							act: found.act,
						})}
					</strong>
				</p>
				<p>
					<Said
						text={
							found.given.length > 0
								? say("policies.given", { what: found.given.join(", ") })
								: say("policies.given.always")
						}
					/>
				</p>
				<p>
					<Said text={say("policies.turned", { before: found.before, after: found.after })} />
				</p>
			</div>
		</div>
	);
}

function Cases({ all }: { all: All }) {
	const tried = useTryPolicies(useWorkspace());
	const there = typeof all.cases === "number";
	return (
		<Panel
			title={say("policies.cases")}
			side={
				there && (
					<Button slim pending={tried.isPending} onPress={() => tried.mutate()}>
						{say("policies.try")}
					</Button>
				)
			}
		>
			{there ? (
				<p className="soft">{count("policies.cases.count", all.cases ?? 0)}</p>
			) : (
				<Empty
					title={say("policies.cases.none")}
					help={say("policies.cases.none.help")}
					command={say("policies.cases.none.command")}
				/>
			)}
			{tried.error && <Problem error={tried.error} />}
			{tried.data && (
				<>
					<p role="status">
						{say("policies.held", { held: tried.data.held, all: tried.data.cases.length })}
					</p>
					<ul className="policies-tried">
						{tried.data.cases.map(({ case: name, held, told }) => (
							<li key={name}>
								<span className={`chip ${held ? "good" : "bad"}`}>
									{say(held ? "policies.case.held" : "policies.case.failed")}
								</span>
								<span>
									<Inert text={name} />
									<span className="soft">
										{": "}
										<Said text={told} />
									</span>
								</span>
							</li>
						))}
					</ul>
				</>
			)}
		</Panel>
	);
}
