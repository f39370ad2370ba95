/**
 * One line of progress on a terminal, overwritten in place.
 *
 * @module
 */

export class ProgressLine {
  readonly #terminal = Deno.stderr.isTerminal();
  #shown = false;

  show(text: string): void {
    if (!this.#terminal) return;
    const { columns } = Deno.consoleSize();
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text.slice(0, columns - 1)}`));
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
    this.#shown = false;
  }
}
