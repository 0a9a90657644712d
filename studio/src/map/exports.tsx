import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { type DrawnMap, handedOn } from "../api/workshop";
import { Button } from "../parts";
import { tell } from "../parts/toasts";
import { useWorkspace } from "../shell/workspace";
import { count, say } from "../text";
import { at } from "../text/format";
import { type Direction, outlineOf, place } from "./layout";
import { mermaid } from "./mermaid";
import { picture, sheet } from "./picture";

/** Gives a text to the browser to be kept as a file. Nothing leaves the device. */
function download(name: string, type: string, text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The map as files that others read without Studio. */
export function Exports({
	map,
	name,
	direction,
}: {
	map: DrawnMap;
	name: string;
	direction: Direction;
}) {
	const workspace = useWorkspace();
	const handOn = async () => {
		try {
			const { map: file, lines } = await handedOn(workspace, name);
			download(`${name}.json`, "application/json", JSON.stringify(file, null, 2));
			tell(count("map.export.left", lines.filter(({ carried }) => !carried).length));
		} catch (error) {
			tell(error instanceof Error ? error.message : String(error));
		}
	};
	const make = (what: string) => {
		if (what === "wfos") return void handOn();
		if (what === "mermaid") return download(`${name}.mmd`, "text/plain", mermaid(map));
		if (what === "text") return download(`${name}.md`, "text/markdown", map.text);
		const placed = place(outlineOf(map, direction));
		if (what === "svg") return download(`${name}.svg`, "image/svg+xml", picture(map, placed, name));
		const when = at(new Date().toISOString());
		download(`${name}.html`, "text/html", sheet(map, placed, name, when));
	};
	return (
		<MenuTrigger>
			<Button slim>{say("map.export")}</Button>
			<Popover className="popover">
				<Menu onAction={(key) => make(String(key))}>
					<MenuItem id="html" className="option">
						{say("map.export.html")}
					</MenuItem>
					<MenuItem id="svg" className="option">
						{say("map.export.svg")}
					</MenuItem>
					<MenuItem id="mermaid" className="option">
						{say("map.export.mermaid")}
					</MenuItem>
					<MenuItem id="wfos" className="option">
						{say("map.export.wfos")}
					</MenuItem>
					<MenuItem id="text" className="option">
						{say("map.export.text")}
					</MenuItem>
				</Menu>
			</Popover>
		</MenuTrigger>
	);
}
