/** What a dragged kind of a step is called among what is dragged. */
export const DRAGGED = "application/x-flightdeck-step";
