import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { type VendorLine, vendorsQuery } from "../api/standing";
import { Empty, Fact, Page, Panel, Read } from "../parts";
import { useTitle } from "../parts/now";
import { Inert, Said } from "../parts/text";
import { useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import "./vendors.css";

export default function Vendors() {
	useTitle(`${say("vendors.title")} · ${say("app.name")}`);
	const vendors = useQuery(vendorsQuery(useWorkspace()));
	return (
		<Page title={say("vendors.title")} intro={say("vendors.intro")}>
			<Read from={vendors}>
				{({ vendors, currency, published }) =>
					vendors.length === 0 ? (
						<section className="panel">
							<Empty
								title={say("vendors.none")}
								help={say("vendors.none.help")}
								command={say("vendors.none.command")}
							/>
						</section>
					) : (
						<>
							{vendors.map((one) => (
								<Vendor key={one.vendor} one={one} currency={currency ?? ""} />
							))}
							<p className="soft small">{say("vendors.published", { on: published })}</p>
						</>
					)
				}
			</Read>
		</Page>
	);
}

function Vendor({ one, currency }: { one: VendorLine; currency: string }) {
	const side =
		one.stops > 0 ? (
			<span className="chip warn">{count("vendors.stops", one.stops)}</span>
		) : (
			<span className="chip good">{say("vendors.stops.none")}</span>
		);
	return (
		<Panel title={one.vendor} side={side}>
			<div className="vendor">
				{one.wants.map((want) => (
					<div key={want} className="notice warn">
						<p>
							<Said text={want} />
						</p>
					</div>
				))}
				<dl className="told">
					<Fact name={say("vendors.provides")}>
						{one.provides.length > 0 ? one.provides.join(", ") : say("common.nothing")}
					</Fact>
					{one.registered ? (
						<Register of={one.registered} />
					) : (
						<Fact name={say("vendors.register")}>{say("vendors.register.none")}</Fact>
					)}
				</dl>
				{one.models.length > 0 && <Models all={one.models} currency={currency} of={one.vendor} />}
				{one.steps.length > 0 && (
					<>
						<h3>{say("vendors.without")}</h3>
						<dl className="told">
							{one.steps.map(({ step, then }) => (
								<Fact key={step} name={step}>
									<Said text={then} />
								</Fact>
							))}
						</dl>
					</>
				)}
			</div>
		</Panel>
	);
}

function Register({ of }: { of: Schemas["Registered"] }) {
	const said = (text: string | null | undefined) =>
		text ? <Inert text={text} /> : say("vendors.unsaid");
	return (
		<>
			<Fact name={say("vendors.region")}>{said(of.region)}</Fact>
			<Fact name={say("vendors.terms")}>{said(of.terms)}</Fact>
			<Fact name={say("vendors.reviewed")}>
				{said(of.reviewed)}{" "}
				<span className="soft">{count("vendors.every", of.review_every_days)}</span>
			</Fact>
			<Fact name={say("vendors.contact")}>{said(of.contact)}</Fact>
			<Fact name={say("vendors.if_it_goes")}>{said(of.if_it_goes)}</Fact>
		</>
	);
}

function Models({
	all,
	currency,
	of,
}: {
	all: readonly Schemas["VendorModel"][];
	currency: string;
	of: string;
}) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
		<section className="scroll-x" tabIndex={0} aria-label={say("vendors.models", { of })}>
			<table className="table">
				<thead>
					<tr>
						<th scope="col">{say("vendors.model")}</th>
						<th scope="col">{say("vendors.input", { currency })}</th>
						<th scope="col">{say("vendors.output", { currency })}</th>
						<th scope="col">{say("vendors.where")}</th>
						<th scope="col">{say("vendors.hides")}</th>
						<th scope="col">{say("vendors.retires")}</th>
					</tr>
				</thead>
				<tbody>
					{all.map((model) => (
						<tr key={model.name}>
							<th scope="row">
								{model.name} <span className="soft mono">{model.model}</span>
							</th>
							<td className="numbers">
								{model.input}{" "}
								<span className="soft">{say("vendors.cached", { cost: model.cached })}</span>
							</td>
							<td className="numbers">{model.output}</td>
							<td>{model.here ? say("vendors.here") : (model.region ?? say("vendors.unsaid"))}</td>
							<td>{model.hides.length > 0 ? model.hides.join(", ") : say("common.nothing")}</td>
							<td>{model.retires ?? say("vendors.retires.never")}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
