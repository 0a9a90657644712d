import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { Step } from "../api/workshop";
import { Inert } from "../parts/text";
import { count, named } from "../text";
import { iconOf } from "./kinds";
import type { Spot } from "./layout";

export type StepNode = Node<
	{ step: Step; problems: number; lit?: boolean | undefined; dropped?: boolean | undefined },
	"step"
>;
export type OtherNode = Node<{ spot: Spot }, "spot">;
export type BranchNode = Node<{ spot: Spot }, "branch">;

/** What stands on something that is no step. */
export const spotName = ({ kind, name }: Spot): string =>
	kind === "jump" ? `→ ${name}` : kind === "missing" ? name : named("map.spot", kind);

export function Icon({ kind }: { kind: string }) {
	return (
		<svg className="map-icon" viewBox="0 0 24 24" aria-hidden="true">
			<path d={iconOf(kind)} />
		</svg>
	);
}

const StepBox = memo(({ data, selected }: NodeProps<StepNode>) => {
	const { step, problems, lit } = data;
	const names = ["map-step", selected && "chosen", problems > 0 && "wrong", lit && "lit"];
	return (
		<div className={names.filter(Boolean).join(" ")} data-step={step.step}>
			<Icon kind={step.kind} />
			<span className="map-step-name">
				<Inert text={step.step} />
			</span>
			<span className="map-step-by">
				{named("map.kind", step.kind)}
				{step.by !== "" && " · "}
				<Inert text={step.by} />
			</span>
			{problems > 0 && (
				<span className="map-step-problems">
					<span aria-hidden="true">! {problems}</span>
					<span className="unseen">{count("map.problems.n", problems)}</span>
				</span>
			)}
		</div>
	);
});

const SpotBox = memo(({ data: { spot } }: NodeProps<OtherNode>) => (
	<div className={`map-spot ${spot.kind}`}>
		<Inert text={spotName(spot)} />
	</div>
));

const BranchBox = memo(({ data: { spot } }: NodeProps<BranchNode>) => (
	<div className="map-branch">
		<Inert text={spot.name} />
	</div>
));

export const nodeTypes = { step: StepBox, spot: SpotBox, branch: BranchBox };
