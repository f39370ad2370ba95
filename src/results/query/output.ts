/**
 * Standard output, for results of any length.
 *
 * @module
 */

/** Thrown when whoever reads our output has had enough, as `head` does. */
export class OutputClosed extends Error {
  override name = "OutputClosed";
}

/** Where a result's text goes. */
export interface Output {
  /** @throws OutputClosed when nobody reads any more */
  write(text: string): Promise<void>;
  /** Columns that a line may take; Infinity where it does not matter. */
  readonly width: number;
}

/** Standard output of this process. */
export class StandardOutput implements Output {
  readonly #encoder = new TextEncoder();

  get width(): number {
    return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
  }

  async write(text: string): Promise<void> {
    const bytes = this.#encoder.encode(text);
    try {
      for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
      throw error;
    }
  }
}
