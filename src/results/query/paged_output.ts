/**
 * Output a screen at a time.
 *
 * @module
 */
import type { Output } from "./output.ts";
import { displayWidth } from "./text_width.ts";

/** What to do after a full screen. */
export type PageAnswer = "next" | "all" | "stop";

/** Thrown out of the statement whose output nobody wants to see on. */
export class PagingStopped extends Error {
  override name = "PagingStopped";
}

/** Stops at every full screen and asks. */
export class PagedOutput implements Output {
  readonly #output: Output;
  readonly #height: () => number;
  readonly #ask: () => Promise<PageAnswer>;
  #lines = 0;
  #asking = true;

  /**
   * @param height lines of the screen
   * @param ask asks for the next page
   */
  constructor(output: Output, height: () => number, ask: () => Promise<PageAnswer>) {
    this.#output = output;
    this.#height = height;
    this.#ask = ask;
  }

  get width(): number {
    return this.#output.width;
  }

  /** A new answer begins: it has a whole screen. */
  restart(): void {
    this.#lines = 0;
    this.#asking = true;
  }

  /** @throws PagingStopped when the user has seen enough */
  async write(text: string): Promise<void> {
    // The prompt takes a line as well.
    const room = this.#height() - 1;
    if (!this.#asking || room < 1) return await this.#output.write(text);
    let page = "";
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      const rows = Math.max(1, Math.ceil(displayWidth(line.replace("\n", "")) / this.#output.width));
      if (this.#asking && this.#lines > 0 && this.#lines + rows > room) {
        await this.#output.write(page);
        page = "";
        this.#lines = 0;
        const answer = await this.#ask();
        if (answer === "stop") throw new PagingStopped();
        if (answer === "all") this.#asking = false;
      }
      page += line;
      this.#lines += rows;
    }
    await this.#output.write(page);
  }
}
