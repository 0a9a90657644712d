import { say } from "../text";

export function Brand() {
	return (
		<span className="brand">
			<svg viewBox="0 0 32 32" aria-hidden="true">
				<rect width="32" height="32" rx="8" fill="var(--brand)" />
				<path d="M7 21.5 25 9l-5.5 15-4-6z" fill="var(--brand-ink)" />
			</svg>
			<span>{say("app.name")}</span>
		</span>
	);
}
