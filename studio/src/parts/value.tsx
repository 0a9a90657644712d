import { useState } from "react";
import { Button } from "react-aria-components";
import { say } from "../text";
import { money } from "./money";
import { Inert, Words } from "./text";

const ITEMS = 20;
/** Deeper than this it is shown as it is written. */
const DEEP = 6;

type Json = unknown;

/** A value as people read it. It is a text to look at, whatever it holds. */
export function Value({ value, depth = 0 }: { value: Json; depth?: number }) {
	if (value === null || value === undefined || value === "")
		return <span className="soft">{say("common.nothing")}</span>;
	if (typeof value === "boolean") return value ? say("common.yes") : say("common.no");
	if (typeof value === "string") return <Words text={value} />;
	if (typeof value === "number") return <span className="numbers">{String(value)}</span>;
	if (depth >= DEEP) return <Words text={JSON.stringify(value, null, 2)} />;
	if (Array.isArray(value)) return <List items={value} depth={depth} />;
	const fields = value as Record<string, Json>;
	const amount = money(fields);
	if (amount) return <span className="numbers">{amount}</span>;
	return <Fields fields={fields} depth={depth} />;
}

interface Part {
	depth: number;
}

function Fields({ fields, depth }: Part & { fields: Record<string, Json> }) {
	const { shown, more } = useFew(Object.entries(fields));
	return (
		<>
			<dl className="value-table">
				{shown.map(([name, value]) => (
					<Pair key={name} name={name} value={value} depth={depth} />
				))}
			</dl>
			{more}
		</>
	);
}

function Pair({ name, value, depth }: Part & { name: string; value: Json }) {
	return (
		<>
			<dt>
				<Inert text={name.replaceAll("_", " ")} />
			</dt>
			<dd>
				<Value value={value} depth={depth + 1} />
			</dd>
		</>
	);
}

function List({ items, depth }: Part & { items: readonly Json[] }) {
	const { shown, more } = useFew(items);
	if (items.length === 0) return <span className="soft">{say("common.nothing")}</span>;
	return (
		<>
			<ol className="value-list">
				{shown.map((item, n) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: the items of a value have no other name.
					<li key={n}>
						<Value value={item} depth={depth + 1} />
					</li>
				))}
			</ol>
			{more}
		</>
	);
}

function useFew<T>(all: readonly T[]) {
	const [most, setMost] = useState(ITEMS);
	const left = all.length - most;
	const more = left > 0 && (
		<Button className="button quiet slim" onPress={() => setMost(most + 10 * ITEMS)}>
			{say("common.more_items", { n: left })}
		</Button>
	);
	return { shown: all.slice(0, most), more };
}
