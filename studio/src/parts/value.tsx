import { useState } from "react";
import { Button } from "react-aria-components";
import { say } from "../text";
import { Inert, Words } from "./text";

const ITEMS = 20;
/** Deeper than this it is shown as it is written. */
const DEEP = 6;

type Json = unknown;

/** `{ "amount": "1200.00", "currency": "EUR" }` and a text with its currency are both money. */
function money(value: Record<string, Json>): string | undefined {
	const { amount, currency, ...rest } = value;
	const fits = typeof amount === "string" && typeof currency === "string";
	return fits && Object.keys(rest).length === 0 ? `${amount} ${currency}` : undefined;
}

/** A value as people read it. It is a text to look at, whatever it holds. */
export function Value({
	value,
	marks = [],
	depth = 0,
}: {
	value: Json;
	marks?: readonly string[];
	depth?: number;
}) {
	if (value === null || value === undefined)
		return <span className="soft">{say("common.nothing")}</span>;
	if (typeof value === "boolean") return value ? say("common.yes") : say("common.no");
	if (typeof value === "string") return <Words text={value} marks={marks} />;
	if (typeof value === "number") return <span className="numbers">{String(value)}</span>;
	if (depth >= DEEP) return <Words text={JSON.stringify(value, null, 2)} />;
	if (Array.isArray(value)) return <List items={value} marks={marks} depth={depth} />;
	const fields = value as Record<string, Json>;
	const amount = money(fields);
	if (amount) return <span className="numbers">{amount}</span>;
	return <Fields fields={fields} marks={marks} depth={depth} />;
}

interface Part {
	marks: readonly string[];
	depth: number;
}

function Fields({ fields, marks, depth }: Part & { fields: Record<string, Json> }) {
	const { shown, more } = useFew(Object.entries(fields));
	return (
		<>
			<dl className="value-table">
				{shown.map(([name, value]) => (
					<Pair key={name} name={name} value={value} marks={marks} depth={depth} />
				))}
			</dl>
			{more}
		</>
	);
}

function Pair({ name, value, marks, depth }: Part & { name: string; value: Json }) {
	return (
		<>
			<dt>
				<Inert text={name.replaceAll("_", " ")} />
			</dt>
			<dd>
				<Value value={value} marks={marks} depth={depth + 1} />
			</dd>
		</>
	);
}

function List({ items, marks, depth }: Part & { items: readonly Json[] }) {
	const { shown, more } = useFew(items);
	if (items.length === 0) return <span className="soft">{say("common.nothing")}</span>;
	return (
		<>
			<ol className="value-list">
				{shown.map((item, n) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: the items of a value have no other name.
					<li key={n}>
						<Value value={item} marks={marks} depth={depth + 1} />
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

/** Every short text in a value: what may stand in its source word for word. */
export function wordsOf(value: Json, into: string[] = []): string[] {
	if (into.length > 200) return into;
	if (typeof value === "string" && value.length <= 120) into.push(value);
	else if (value !== null && typeof value === "object")
		for (const one of Object.values(value)) wordsOf(one, into);
	return into;
}
