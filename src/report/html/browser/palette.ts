/**
 * Colours of the style, for canvases: read anew when the page turns dark or light.
 *
 * @module
 */

const listeners = new Set<() => void>();
let known = new Map<string, string>();
let probe: HTMLElement | null = null;

/** The colour that a custom property of the page stands for now, as canvases understand it. */
export function colour(property: string): string {
  let value = known.get(property);
  if (value === undefined) {
    // A property may be one colour by day and another by night: the browser decides.
    probe ??= document.body.appendChild(document.createElement("i"));
    probe.hidden = true;
    probe.style.color = `var(${property})`;
    value = getComputedStyle(probe).color;
    known.set(property, value);
  }
  return value;
}

/** Calls when colours have changed. */
export function onColours(listener: () => void): void {
  listeners.add(listener);
}

/** Forgets all colours and tells everybody. */
export function coloursChanged(): void {
  known = new Map();
  for (const listener of listeners) listener();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", coloursChanged);
matchMedia("print").addEventListener("change", coloursChanged);
