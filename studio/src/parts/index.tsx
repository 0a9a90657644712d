import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components";
import { type CaseStatus, Refused } from "../api/client";
import { named, say } from "../text";
import { at, fromNow } from "../text/format";
import { Copyable } from "./copy";
import { useNow } from "./now";
import { Said } from "./text";

type Look = "primary" | "danger" | "danger-quiet" | "quiet";

/** While what it began goes on it does nothing more, and keeps the keyboard where it is. */
export function Button({
	look,
	slim,
	pending = false,
	onPress,
	type = "button",
	...props
}: Omit<ButtonProps, "className"> & { look?: Look; slim?: boolean; pending?: boolean }) {
	const names = ["button", look, slim && "slim", pending && "pending"].filter(Boolean);
	return (
		<AriaButton
			{...props}
			className={names.join(" ")}
			type={pending ? "button" : type}
			onPress={(event) => !pending && onPress?.(event)}
		/>
	);
}

export function Page({
	title,
	intro,
	side,
	children,
}: {
	title: ReactNode;
	intro?: ReactNode;
	side?: ReactNode;
	children: ReactNode;
}) {
	return (
		<div className="page">
			<header className="page-head">
				<div>
					<h1>{title}</h1>
					{intro && <p>{typeof intro === "string" ? <Said text={intro} /> : intro}</p>}
				</div>
				{side}
			</header>
			{children}
		</div>
	);
}

export function Panel({
	title,
	side,
	children,
}: {
	title?: ReactNode;
	side?: ReactNode;
	children: ReactNode;
}) {
	return (
		<section className="panel">
			{title && (
				<div className="panel-head">
					<h2>{title}</h2>
					{side}
				</div>
			)}
			<div className="panel-body">{children}</div>
		</section>
	);
}

const TONES: Readonly<Record<CaseStatus, string>> = {
	running: "info",
	sleeping: "",
	waiting: "warn",
	paused: "warn",
	halted: "bad",
	done: "good",
	failed: "bad",
	rejected: "bad",
	duplicate: "",
	cancelled: "",
};

export function Status({ status }: { status: CaseStatus }) {
	return <span className={`chip ${TONES[status] ?? ""}`}>{named("status", status)}</span>;
}

/** A moment by its distance from now; the exact one is its title. */
export function When({ at: time }: { at: string }) {
	const now = useNow();
	return (
		<time dateTime={time} title={at(time)}>
			{fromNow(time, now)}
		</time>
	);
}

/** Why something was not done, in the installation's own words. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
	const known = error instanceof Refused;
	const detail = known ? error.detail : say("problem.unknown");
	return (
		<div className="notice bad" role="alert">
			<div>
				<p>
					<Said text={detail} />
				</p>
				{known && error.help && (
					<p>
						<Said text={error.help} />
					</p>
				)}
			</div>
			{retry && (
				<Button slim onPress={retry}>
					{say("common.retry")}
				</Button>
			)}
		</div>
	);
}

export function Empty({
	title,
	help,
	command,
	children,
}: {
	title: string;
	/** What would be here, and why there is none of it. */
	help: string;
	/** What somebody types at a terminal, where nothing here does the same. */
	command?: string | undefined;
	children?: ReactNode;
}) {
	return (
		<div className="empty">
			<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
				<path d="M4 20 28 5l-7 21-6-8z" strokeLinejoin="round" />
				<path d="M15 18 28 5" />
			</svg>
			<h2>{title}</h2>
			<p>
				<Said text={help} />
			</p>
			{children && <div className="actions">{children}</div>}
			{command && (
				<p className="empty-command">
					<span>{say(children ? "common.or_type" : "common.type")}</span>{" "}
					<Copyable text={command} />
				</p>
			)}
		</div>
	);
}

export function Loading() {
	return (
		<div className="placeholder" role="status" aria-label={say("common.loading")}>
			<span />
			<span />
			<span />
		</div>
	);
}

interface Asked<T> {
	data: T | undefined;
	error: unknown;
	refetch: () => unknown;
}

/** What was read, or that it is on its way, or why it is not there. */
export function Read<T>({ from, children }: { from: Asked<T>; children: (data: T) => ReactNode }) {
	const { data, error, refetch } = from;
	if (data !== undefined) return children(data);
	return error ? <Problem error={error} retry={() => refetch()} /> : <Loading />;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	);
}

/** The key that does the same, for those who see it; others have the list in the settings. */
export function KeyHint({ of }: { of: string }) {
	return (
		<span className="key" aria-hidden="true">
			{of}
		</span>
	);
}
