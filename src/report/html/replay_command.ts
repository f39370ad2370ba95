/**
 * The command that does a run of the model again.
 *
 * @module
 */
import type { ShownRun } from "./page_data.ts";

/** For the user's shell: whatever the scenario has in it stays between its quotes. */
export function replayCommand(
  { scenario, token, system, text }: Pick<ShownRun, "scenario" | "system" | "token" | "text">,
): string {
  const heading = `# ${scenario}, ${system}`.replaceAll(/\s+/g, " ");
  const lines = text.trimEnd().split(/\r\n|[\r\n]/);
  let end = "SCENARIO";
  while (lines.includes(end)) end += "_";
  const quoted = `'${token.replaceAll("'", "'\\''")}'`;
  return `${heading}\ncat > replay.yaml <<'${end}'\n${lines.join("\n")}\n${end}\n` +
    `deno task explore replay.yaml --token ${quoted}\n`;
}
