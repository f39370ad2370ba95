/**
 * Lines typed into the shell, kept from one conversation to the next.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import process from "node:process";

/** Lines kept. */
export const HISTORY_LINES_MAX = 1000;

/** `$XDG_STATE_HOME`, or its default where it is empty or unset: the XDG base directory specification puts histories there. */
export function historyPath(): string {
  const home = process.env.HOME ?? ".";
  return path.join(process.env.XDG_STATE_HOME || path.join(home, ".local", "state"), "dioscope", "query_history");
}

/** Lines typed, oldest first. A history that cannot be read or written is not worth a word. */
export class History {
  readonly lines: string[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    try {
      this.lines = fs.readFileSync(path, "utf8").split("\n").filter((line) => line !== "").slice(-HISTORY_LINES_MAX);
    } catch {
      // None yet.
    }
  }

  add(line: string): void {
    if (line.trim() === "" || line === this.lines.at(-1)) return;
    this.lines.push(line);
    try {
      fs.mkdirSync(path.dirname(this.#path), { recursive: true });
      fs.writeFileSync(this.#path, this.lines.slice(-HISTORY_LINES_MAX).join("\n") + "\n", { mode: 0o600 });
    } catch {
      // Then it is forgotten at the end.
    }
  }
}
