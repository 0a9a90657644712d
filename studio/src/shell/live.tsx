import type { LiveState } from "../api/live";
import { Button } from "../parts";
import { named, say } from "../text";

export function LiveMark({ state }: { state: LiveState }) {
	const tone = { live: "good", connecting: "", lost: "bad" }[state];
	return (
		<span className={`chip live-mark ${tone}`} role="status">
			{named("live", state)}
		</span>
	);
}

export function LostNotice({ retry }: { retry: () => void }) {
	return (
		<div className="notice warn strip" role="status">
			<p>
				<strong>{say("live.lost")}.</strong> {say("live.lost.help")}
			</p>
			<Button slim onPress={retry}>
				{say("live.retry")}
			</Button>
		</div>
	);
}
