import { KeyHint } from "../parts";
import { Sheet } from "../parts/sheet";
import { type Plain, say } from "../text";

const KEYS: readonly (readonly [string, Plain])[] = [
	["↑ ↓", "map.key.along"],
	["← →", "map.key.order"],
	["Enter", "map.key.open"],
	["U D", "map.key.move"],
	["Delete", "map.key.remove"],
	["Ctrl Z", "map.undo"],
	["Ctrl ⇧ Z", "map.redo"],
	["Ctrl S", "map.save"],
	["+ − 0", "map.key.zoom"],
	["P", "map.present"],
	["?", "map.keys"],
];

export function MapKeys({ close }: { close: () => void }) {
	return (
		<Sheet title={say("map.keys")} open onClose={close}>
			<dl className="map-keys">
				{KEYS.map(([key, text]) => (
					<div key={key}>
						<dt>
							<KeyHint of={key} />
							<span className="unseen">{key}</span>
						</dt>
						<dd>{say(text)}</dd>
					</div>
				))}
			</dl>
			<p className="soft small">{say("settings.keys.note")}</p>
		</Sheet>
	);
}
