import { type Outline, place } from "./layout";

// Placing hundreds of steps takes a second or more; the page stays usable meanwhile.
self.addEventListener("message", ({ data }: MessageEvent<{ id: number; outline: Outline }>) => {
	self.postMessage({ id: data.id, placed: place(data.outline) });
});
