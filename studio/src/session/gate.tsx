import { useIsMutating, useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import { Refused, type Right, type SignedIn } from "../api/client";
import { LEAVING, sessionQuery } from "../api/queries";
import { Loading, Problem } from "../parts";
import { SignIn } from "./sign_in";

const Session = createContext<SignedIn | undefined>(undefined);

/** Who is signed in. Everything within the gate knows. */
export function useSession(): SignedIn {
	const session = useContext(Session);
	if (!session) throw new Error("outside of the gate");
	return session;
}

/** What somebody may do in a workspace. The installation decides; this only spares a useless try. */
export function useMay(workspace: string): (right: Right) => boolean {
	const known = useSession().workspaces.find((one) => one.name === workspace);
	return (right) => known?.rights.includes(right) ?? false;
}

/** A link that was made for somebody. It is read once and leaves the address bar at once. */
const given = location.hash.slice(1);
if (given) history.replaceState(null, "", location.pathname);

/** Shows what is within to whoever is signed in, and the sign-in to everybody else. */
export function Gate({ children }: { children: ReactNode }) {
	const session = useQuery(sessionQuery);
	const leaving = useIsMutating({ mutationKey: LEAVING }) > 0;
	const [link, setLink] = useState(given);
	const outside = session.error instanceof Refused && session.error.status === 401;
	if (outside || link) return <SignIn link={link} entered={() => setLink("")} />;
	if (session.data && !leaving) return <Session value={session.data}>{children}</Session>;
	return (
		<main className="sign">
			{session.error ? (
				<Problem error={session.error} retry={() => session.refetch()} />
			) : (
				<Loading />
			)}
		</main>
	);
}
