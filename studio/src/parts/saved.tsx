import { useQuery } from "@tanstack/react-query";
import { changesQuery } from "../api/workshop";
import { useWorkspace } from "../shell/workspace";
import { say } from "../text";
import { When } from ".";
import { Inert } from "./text";

/** Who saved a version of a file that is not one's own, where that is known. */
export function SavedBy({ path, version }: { path: string; version: string }) {
	const { data } = useQuery(changesQuery(useWorkspace(), path, version));
	const [last] = data?.changes ?? [];
	if (!last) return null;
	return (
		<p>
			<Inert text={say("map.other.who", { who: last.who })} /> <When at={last.at} />
			{last.about && (
				<span className="soft">
					{": "}
					<Inert text={last.about} />
				</span>
			)}
		</p>
	);
}
