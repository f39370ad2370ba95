/**
 * Light or dark: as the system says, until the button is used.
 *
 * @module
 */
import { byId } from "./dom.ts";
import { coloursChanged } from "./palette.ts";

export function startTheme(): void {
  const root = document.documentElement;
  byId("theme").addEventListener("click", () => {
    const isDark = root.dataset.theme === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : root.dataset.theme === "dark";
    root.dataset.theme = isDark ? "light" : "dark";
    coloursChanged();
  });
}
