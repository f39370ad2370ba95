/**
 * Colours for a terminal, and none for everything else.
 *
 * @module
 */

import { styleText } from "node:util";

/** What a piece of text is, for colours. */
export type Tone = "title" | "named" | "holds" | "waits" | "state" | "bad" | "good" | "open" | "faint";

/** Colours a text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const FORMATS: Record<Tone, Parameters<typeof styleText>[0]> = {
  title: "bold",
  named: ["bold", "cyan"],
  holds: "yellow",
  waits: "magenta",
  state: "blue",
  bad: ["bold", "red"],
  good: "green",
  open: "yellow",
  faint: "dim",
};

/** Text as it is. */
export const plain: Paint = (_tone, text) => text;

/** Text with terminal colours, whatever it is printed to. */
export const coloured: Paint = (tone, text) =>
  text === "" ? "" : styleText(FORMATS[tone], text, { validateStream: false });

/** When to colour. */
export const COLOUR_CHOICES = ["auto", "always", "never"] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

/** `auto`: on a terminal, unless NO_COLOR is set to something. */
export function paintFor(choice: ColourChoice, output: { isTerminal: boolean; noColor: boolean }): Paint {
  const wanted = choice === "always" || choice === "auto" && output.isTerminal && !output.noColor;
  return wanted ? coloured : plain;
}
