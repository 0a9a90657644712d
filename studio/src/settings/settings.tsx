import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../api/queries";
import { Button, Page, Panel, Read } from "../parts";
import { OneOf, Tick } from "../parts/form";
import { useTitle } from "../parts/now";
import { Said } from "../parts/text";
import { useSession } from "../session/gate";
import { useSignOut } from "../shell/account";
import { setKeys, useKeysOn } from "../shell/keys";
import { setTheme, THEMES, useTheme } from "../shell/theme";
import { useWorkspace } from "../shell/workspace";
import { named, type Plain, say } from "../text";
import { at } from "../text/format";
import "./settings.css";

export default function Settings() {
	useTitle(`${say("settings.title")} · ${say("app.name")}`);
	return (
		<Page title={say("settings.title")}>
			<div className="settings">
				<div>
					<You />
					<Keys />
				</div>
				<div>
					<Look />
					<Installation />
				</div>
			</div>
		</Page>
	);
}

function You() {
	const { person, until, workspaces } = useSession();
	const workspace = useWorkspace();
	const out = useSignOut();
	const rights = workspaces.find(({ name }) => name === workspace)?.rights ?? [];
	return (
		<Panel title={say("settings.you")}>
			<p>{say("settings.signed_in", { who: person })}</p>
			{until && <p className="soft">{say("settings.until", { when: at(until) })}</p>}
			<p className="settings-list">{say("settings.rights", { workspace })}</p>
			<ul className="settings-rights">
				{rights.map((right) => (
					<li key={right}>{named("right", right)}</li>
				))}
			</ul>
			<Button onPress={out}>{say("nav.sign_out")}</Button>
		</Panel>
	);
}

function Look() {
	const theme = useTheme();
	return (
		<Panel title={say("settings.look")}>
			<OneOf
				label={say("settings.theme")}
				value={theme}
				options={THEMES.map((id) => ({ id, name: named("settings.theme", id) }))}
				onChange={(id) => setTheme(THEMES.find((one) => one === id) ?? "system")}
			/>
		</Panel>
	);
}

const GLOBAL: readonly [string, Plain][] = [
	["1", "settings.key.fleet"],
	["2", "settings.key.cases"],
	["3", "settings.key.reviews"],
	["4", "nav.maps"],
];

const REVIEWS: readonly [string, Plain][] = [
	["a", "settings.key.approve"],
	["e", "settings.key.edit"],
	["r", "settings.key.reject"],
	["j", "settings.key.next"],
	["k", "settings.key.previous"],
];

function Keys() {
	const on = useKeysOn();
	return (
		<Panel title={say("settings.keys")}>
			<Tick isSelected={on} onChange={setKeys}>
				{say("settings.keys.on")}
			</Tick>
			<p className="soft small">{say("settings.keys.note")}</p>
			<div className="settings-keys">
				<List title={say("settings.keys.global")} keys={GLOBAL} />
				<List title={say("settings.keys.reviews")} keys={REVIEWS} />
			</div>
		</Panel>
	);
}

function List({ title, keys }: { title: string; keys: readonly [string, Plain][] }) {
	return (
		<section>
			<h3>{title}</h3>
			<dl>
				{keys.map(([key, text]) => (
					<div key={key}>
						<dt>
							<kbd>{key}</kbd>
						</dt>
						<dd>{say(text)}</dd>
					</div>
				))}
			</dl>
		</section>
	);
}

function Installation() {
	const health = useQuery(healthQuery);
	return (
		<Panel title={say("settings.installation")}>
			<Read from={health}>
				{({ ok, trouble, version }) => (
					<>
						<p>{say("settings.version", { version })}</p>
						{ok ? (
							<p className="soft">{say("settings.ok")}</p>
						) : (
							<div className="notice warn">
								<div>
									<p>{say("settings.trouble")}</p>
									{trouble.map((what) => (
										<p key={what}>
											<Said text={what} />
										</p>
									))}
								</div>
							</div>
						)}
						<p className="soft">{say("settings.api", { path: "/openapi.json" })}</p>
					</>
				)}
			</Read>
		</Panel>
	);
}
