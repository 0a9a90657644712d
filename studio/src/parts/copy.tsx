import { useRef } from "react";
import { say } from "../text";
import { Button } from ".";
import { tell } from "./toasts";

/** A text to be used elsewhere, as it is. Without HTTPS no page may copy; then it is marked. */
export function Copyable({ text, of }: { text: string; of?: string }) {
	const shown = useRef<HTMLElement>(null);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(text);
			tell(say("common.copied"));
		} catch {
			if (shown.current) getSelection()?.selectAllChildren(shown.current);
			tell(say("common.marked"));
		}
	};
	return (
		<span className="copyable">
			<code ref={shown} className={of}>
				{text}
			</code>
			<Button slim aria-label={say("common.copy.what", { what: text })} onPress={copy}>
				{say("common.copy")}
			</Button>
		</span>
	);
}
