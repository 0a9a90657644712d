import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useNavigate } from "react-router";
import { api } from "../api/client";
import { LEAVING, sessionQuery } from "../api/queries";
import { Button } from "../parts";
import { useSession } from "../session/gate";
import { say } from "../text";
import { useTour } from "../tour/tour";
import { pageOf, useWorkspace } from "./workspace";
import "../parts/form.css";

const TICK = 50;
const TICKS_MOST = 40;

/** Waits until nothing that was asked for is on its way any more; not for ever. */
async function quiet(client: QueryClient): Promise<void> {
	const wait = () => new Promise((done) => setTimeout(done, TICK));
	await wait();
	for (let n = 0; n < TICKS_MOST && client.isFetching() > 0; n += 1) await wait();
}

/**
 * Ends the session, and forgets what was shown in it. The pages go first, so that none of them asks
 * for what it may not see any more.
 */
export function useSignOut(): () => void {
	const client = useQueryClient();
	const out = useMutation({
		mutationKey: LEAVING,
		mutationFn: async () => {
			await quiet(client);
			await api.DELETE("/api/v1/session");
		},
		onSettled: async () => {
			await client.resetQueries({ queryKey: sessionQuery.queryKey });
			client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
		},
	});
	return () => out.mutate();
}

export function Account() {
	const { person } = useSession();
	const workspace = useWorkspace();
	const go = useNavigate();
	const out = useSignOut();
	const tour = useTour();
	return (
		<MenuTrigger>
			<Button look="quiet" aria-label={`${say("nav.account")}: ${person}`}>
				<span className="face" aria-hidden="true">
					{person.slice(0, 1).toUpperCase()}
				</span>
			</Button>
			<Popover className="popover" placement="bottom end">
				<p className="account-who">{person}</p>
				<Menu aria-label={say("nav.account")}>
					<MenuItem className="option" onAction={() => go(pageOf(workspace, "settings"))}>
						{say("nav.settings")}
					</MenuItem>
					<MenuItem className="option" onAction={tour.begin}>
						{say(tour.left ? "tour.resume" : "tour.begin")}
					</MenuItem>
					<MenuItem className="option" onAction={out}>
						{say("nav.sign_out")}
					</MenuItem>
				</Menu>
			</Popover>
		</MenuTrigger>
	);
}
