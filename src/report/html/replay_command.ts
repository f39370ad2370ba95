/**
 * The command that does a run of the model again.
 *
 * @module
 */
import type { ShownRun } from "./page_data.ts";

/** For the user's shell, whatever the scenario is called. */
export function replayCommand({ scenario, token, system, text }: Pick<ShownRun, "scenario" | "system" | "token" | "text">) {
  const heading = `# ${scenario}, ${system}`.replaceAll(/\s+/g, " ");
  const end = "SCENARIO";
  return `${heading}\ncat > replay.yaml <<'${end}'\n${text.trimEnd()}\n${end}\n` +
    `deno task explore replay.yaml --token '${token}'\n`;
}
