import { en } from "./en";

type Catalogue = typeof en;
export type Key = keyof Catalogue;

/** The names between braces of a text, so that a missing one does not compile. */
type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
	? Name | Names<Rest>
	: never;
type Values<K extends Key> = { [Name in Names<Catalogue[K]>]: string | number };
type Given<K extends Key> = Names<Catalogue[K]> extends never ? [] : [values: Values<K>];

/** A key whose text has nothing to fill in. */
export type Plain = { [K in Key]: Names<Catalogue[K]> extends never ? K : never }[Key];

type Stem<K> = K extends `${infer Base}.other` ? (`${Base}.one` extends Key ? Base : never) : never;
/** What is said of one in one way and of several in another. */
export type Counted = Stem<Key>;
type CountedValues<K extends Counted> = Omit<Values<`${K}.other`>, "n">;
type CountedGiven<K extends Counted> = keyof CountedValues<K> extends never
	? []
	: [values: CountedValues<K>];

/** The one language there is so far. Dates, numbers and plurals follow it too. */
export const language = "en-GB";
const plural = new Intl.PluralRules(language);
const whole = new Intl.NumberFormat(language);

function filled(text: string, values: Readonly<Record<string, string | number>>): string {
	return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
		const value = values[name];
		if (value === undefined) return hole;
		return typeof value === "number" ? whole.format(value) : value;
	});
}

/** A text of the catalogue. */
export function say<K extends Key>(key: K, ...[values]: Given<K>): string {
	return filled(en[key], values ?? {});
}

/** A text of the catalogue by a number of things, which is `{n}` in it. */
export function count<K extends Counted>(key: K, n: number, ...[values]: CountedGiven<K>): string {
	const form = plural.select(n) === "one" ? "one" : "other";
	const all = en as Readonly<Record<string, string>>;
	return filled(all[`${key}.${form}`] ?? "", { ...(values ?? {}), n });
}

/** A text whose key is put together; one that is not in the catalogue is shown as its name. */
export function named(prefix: string, name: string): string {
	const all = en as Readonly<Record<string, string>>;
	return all[`${prefix}.${name}`] ?? name;
}
