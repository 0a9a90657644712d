import { QueryClientProvider } from "@tanstack/react-query";
import { Component, lazy, type ReactNode, Suspense } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { queries } from "./api/queries";
import { Button, Empty, Loading } from "./parts";
import { Toasts } from "./parts/toasts";
import { Gate, useSession } from "./session/gate";
import { Shell } from "./shell/shell";
import { pageOf } from "./shell/workspace";
import { say } from "./text";

const Fleet = lazy(() => import("./fleet/fleet"));
const Cases = lazy(() => import("./cases/list"));
const OneCase = lazy(() => import("./cases/case"));
const Compare = lazy(() => import("./cases/compare"));
const Releases = lazy(() => import("./releases/releases"));
const Reviews = lazy(() => import("./reviews/reviews"));
const Maps = lazy(() => import("./map/maps"));
const OneMap = lazy(() => import("./map/map"));
const Tools = lazy(() => import("./tools/tools"));
const Instructions = lazy(() => import("./instructions/instructions"));
const Vendors = lazy(() => import("./vendors/vendors"));
const Foreign = lazy(() => import("./foreign/foreign"));
const Policies = lazy(() => import("./policies/policies"));
const People = lazy(() => import("./people/people"));
const Settings = lazy(() => import("./settings/settings"));

export function App() {
	return (
		<Unbroken>
			<QueryClientProvider client={queries}>
				<BrowserRouter>
					<Gate>
						<Pages />
					</Gate>
				</BrowserRouter>
				<Toasts />
			</QueryClientProvider>
		</Unbroken>
	);
}

function Pages() {
	return (
		<Suspense fallback={<Loading />}>
			<Routes>
				<Route path="/" element={<First />} />
				<Route path="/w/:workspace" element={<Shell />}>
					<Route index element={<Fleet />} />
					<Route path="cases" element={<Cases />} />
					<Route path="cases/:id" element={<OneCase />} />
					<Route path="cases/:id/with/:other" element={<Compare />} />
					<Route path="reviews" element={<Reviews />} />
					<Route path="reviews/:id/:number" element={<Reviews />} />
					<Route path="maps" element={<Maps />} />
					<Route path="maps/:name" element={<OneMap />} />
					<Route path="releases" element={<Releases />} />
					<Route path="instructions" element={<Instructions />} />
					<Route path="tools" element={<Tools />} />
					<Route path="policies" element={<Policies />} />
					<Route path="vendors" element={<Vendors />} />
					<Route path="foreign" element={<Foreign />} />
					<Route path="people" element={<People />} />
					<Route path="settings" element={<Settings />} />
					<Route path="*" element={<Nowhere />} />
				</Route>
				<Route path="*" element={<Nowhere />} />
			</Routes>
		</Suspense>
	);
}

/** Whoever comes by the bare address is led to the first workspace that knows them. */
function First() {
	const [first] = useSession().workspaces;
	if (first) return <Navigate to={pageOf(first.name)} replace />;
	return <Empty title={say("app.no_workspace")} help={say("app.no_workspace.help")} />;
}

function Nowhere() {
	return (
		<Empty title={say("app.not_found")} help={say("app.not_found.help")}>
			<a className="button" href="/">
				{say("app.to_fleet")}
			</a>
		</Empty>
	);
}

/** A page that breaks says so, and what was done before it broke is stored. */
class Unbroken extends Component<{ children: ReactNode }, { broken: boolean }> {
	override state = { broken: false };

	static getDerivedStateFromError() {
		return { broken: true };
	}

	override render() {
		if (!this.state.broken) return this.props.children;
		return (
			<main className="sign">
				<Empty title={say("app.broken")} help={say("app.broken.help")}>
					<Button look="primary" onPress={() => location.reload()}>
						{say("app.reload")}
					</Button>
				</Empty>
			</main>
		);
	}
}
