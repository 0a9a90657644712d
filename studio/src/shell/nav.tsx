import { useQuery } from "@tanstack/react-query";
import {
	Header,
	Menu,
	MenuItem,
	MenuSection,
	MenuTrigger,
	Popover,
	Button as RawButton,
} from "react-aria-components";
import { NavLink, useLocation, useNavigate } from "react-router";
import { reviewsQuery } from "../api/queries";
import { count, say } from "../text";
import { GROUPS, MORE } from "./places";
import { pageOf, useWorkspace } from "./workspace";
import "./nav.css";

const to = (workspace: string, path: string): string =>
	pageOf(workspace, ...(path === "" ? [] : [path]));

/** The pages: a list in groups beside them, or a bar with the most used ones below them. */
export function Nav() {
	const workspace = useWorkspace();
	const waiting = useQuery(reviewsQuery(workspace)).data?.requests.length ?? 0;
	return (
		<nav className="nav" aria-label={say("nav.label")}>
			{GROUPS.map(({ text, places }) => (
				<section key={text} aria-label={say(text)}>
					<p className="nav-group" aria-hidden="true">
						{say(text)}
					</p>
					<ul>
						{places.map(({ path, text, icon, quick }) => (
							<li key={path} className={quick ? undefined : "nav-more-place"}>
								<NavLink end={path === ""} to={to(workspace, path)}>
									<Icon of={icon} />
									<span>{say(text)}</span>
									{path === "reviews" && waiting > 0 && (
										<span className="badge">
											<span aria-hidden="true">{waiting > 99 ? "99+" : waiting}</span>
											<span className="unseen">{count("nav.waiting", waiting)}</span>
										</span>
									)}
								</NavLink>
							</li>
						))}
					</ul>
				</section>
			))}
			<More />
		</nav>
	);
}

function Icon({ of }: { of: string }) {
	return (
		<svg viewBox="0 0 24 24" aria-hidden="true">
			<path d={of} />
		</svg>
	);
}

/** On a phone: every page that has no place of its own there. */
function More() {
	const workspace = useWorkspace();
	const go = useNavigate();
	const { pathname } = useLocation();
	const within = MORE.some(({ places }) =>
		places.some(({ path }) => pathname.startsWith(to(workspace, path))),
	);
	return (
		<MenuTrigger>
			<RawButton className={within ? "nav-more current" : "nav-more"}>
				<Icon of="M5 12h.01M12 12h.01M19 12h.01" />
				<span>{say("nav.more")}</span>
			</RawButton>
			<Popover className="popover" placement="top end">
				<Menu aria-label={say("nav.more")}>
					{MORE.map(({ text, places }) => (
						<MenuSection key={text} aria-label={say(text)}>
							<Header className="nav-group">{say(text)}</Header>
							{places.map(({ path, text, icon }) => (
								<MenuItem
									key={path}
									className="option nav-option"
									textValue={say(text)}
									onAction={() => go(to(workspace, path))}
								>
									<Icon of={icon} />
									{say(text)}
								</MenuItem>
							))}
						</MenuSection>
					))}
				</Menu>
			</Popover>
		</MenuTrigger>
	);
}
