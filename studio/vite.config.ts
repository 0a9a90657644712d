import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `flightdeck up` answers the interface while `npm run dev` serves the pages.
const installation = process.env["FLIGHTDECK"] ?? "http://127.0.0.1:4180";

export default defineConfig({
	plugins: [react()],
	build: {
		// The server allows no `data:` but for pictures, and no script within a page.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		target: "es2023",
		cssTarget: ["chrome123", "firefox120", "safari17.5"],
	},
	server: { proxy: { "/api": installation, "/health": installation } },
	test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
