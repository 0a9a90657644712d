import type { PolicyLine } from "../api/standing";

/** What a policy says as one sentence. */
export function sentence({ does, conditions }: Pick<PolicyLine, "does" | "conditions">): string {
	const whole = [does, ...conditions].join(", ");
	return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}.`;
}

/** Policies by the file they stand in; those of the program come last. */
export function byFile(policies: readonly PolicyLine[]): [string, PolicyLine[]][] {
	const files = new Map<string, PolicyLine[]>();
	for (const policy of policies) {
		const all = files.get(policy.file) ?? [];
		all.push(policy);
		files.set(policy.file, all);
	}
	const standard = ([, all]: [string, PolicyLine[]]) => Number(all[0]?.standard ?? false);
	return [...files].sort((a, b) => standard(a) - standard(b) || a[0].localeCompare(b[0]));
}
