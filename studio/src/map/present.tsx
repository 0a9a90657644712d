import { useEffect, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { DrawnMap } from "../api/workshop";
import { Button } from "../parts";
import { Inert, Said as Sentence } from "../parts/text";
import { named, say } from "../text";
import { Icon } from "./nodes";
import { saidOf, waysFrom } from "./steps";
import "./present.css";

/** The map one step at a time on the whole screen, for people who look at it together. */
export function Present({
	map,
	title,
	from,
	close,
}: {
	map: DrawnMap;
	title: string;
	from: string | undefined;
	close: () => void;
}) {
	const begin = map.steps.findIndex(({ step }) => step === from);
	const [at, setAt] = useState(begin + 1);
	const last = map.steps.length;
	const go = (to: number) => setAt(Math.min(Math.max(0, to), last));
	useEffect(() => {
		// A browser that allows no whole screen shows it over the page.
		document.documentElement.requestFullscreen?.().catch(() => {});
		return () => {
			if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
		};
	}, []);
	useEffect(() => {
		const pressed = (event: KeyboardEvent) => {
			const moves: Record<string, number> = {
				ArrowRight: at + 1,
				ArrowDown: at + 1,
				PageDown: at + 1,
				ArrowLeft: at - 1,
				ArrowUp: at - 1,
				PageUp: at - 1,
				Home: 0,
				End: last,
			};
			const to = moves[event.key];
			if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
			event.preventDefault();
			setAt(Math.min(Math.max(0, to), last));
		};
		document.addEventListener("keydown", pressed);
		return () => document.removeEventListener("keydown", pressed);
	}, [at, last]);
	const step = map.steps[at - 1];
	return (
		<ModalOverlay className="present-veil" isOpen onOpenChange={(open) => !open && close()}>
			<Modal className="present">
				<Dialog>
					<div className="present-head">
						<span className="soft numbers">{say("map.present.at", { n: at, all: last })}</span>
						<div className="actions">
							<Button slim isDisabled={at === 0} onPress={() => go(at - 1)}>
								{say("map.present.back")}
							</Button>
							<Button slim look="primary" isDisabled={at === last} onPress={() => go(at + 1)}>
								{say("map.present.on")}
							</Button>
							<Button slim onPress={close}>
								{say("map.present.end")}
							</Button>
						</div>
					</div>
					<div className="present-one" aria-live="polite">
						<Heading slot="title" level={2}>
							{step && <Icon kind={step.kind} />}
							<Inert text={step?.step ?? title} />
						</Heading>
						{step && (
							<p className="present-who">
								{named("map.kind", step.kind)}
								{step.by !== "" && " · "}
								<Inert text={step.by} />
							</p>
						)}
						{(step?.says ?? map.says).map((text) => (
							<p key={text}>
								<Sentence text={text} />
							</p>
						))}
						{step && (
							<ul>
								{waysFrom(map, step.step).map((way, n) => {
									const key = `${n}`;
									return (
										<li key={key}>
											<Sentence text={saidOf(way)} />
										</li>
									);
								})}
							</ul>
						)}
					</div>
				</Dialog>
			</Modal>
		</ModalOverlay>
	);
}
