/**
 * A program on a pseudo-terminal, by util-linux's script(1): type into it and read what it shows.
 *
 * @module
 */

/** Whether there is script(1) of util-linux. */
export async function hasScript(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("script", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).includes("util-linux");
  } catch {
    return false;
  }
}

/** Longest wait for a text, also on a machine that is busy. */
const WAIT_MS = 60_000;

/** The program's terminal. */
export class Terminal {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #shown = "";
  #changed: (() => void) | null = null;
  #ended = false;

  constructor(command: string[], env: Record<string, string>) {
    const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    this.#process = new Deno.Command("script", {
      args: ["--quiet", "--return", "--flush", "--command", `stty cols 80 rows 12; ${quoted}`, "/dev/null"],
      env: { ...env, TERM: "xterm" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#process.stdout) {
      this.#shown += decoder.decode(bytes, { stream: true });
      this.#changed?.();
    }
    this.#ended = true;
    this.#changed?.();
  }

  /** Types keys. */
  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  /** Types keys and returns what is shown from then on, up to a text that is awaited. */
  async ask(keys: string, awaited: string): Promise<string> {
    const from = this.#shown.length;
    await this.type(keys);
    return await this.see(awaited, from);
  }

  /** Waits for a text; colours and cursor movements are taken out of what is returned. */
  async see(awaited: string, from = 0): Promise<string> {
    const deadline = Date.now() + WAIT_MS;
    while (!plain(this.#shown.slice(from)).includes(awaited)) {
      if (this.#ended || Date.now() > deadline) {
        throw new Error(
          `${JSON.stringify(awaited)} was not shown, but ${JSON.stringify(plain(this.#shown.slice(from)))}`,
        );
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        timer = setTimeout(resolve, 1000);
      });
      clearTimeout(timer);
    }
    return plain(this.#shown.slice(from));
  }

  /** @returns the program's exit status */
  async end(): Promise<number> {
    await this.#reading;
    const { code } = await this.#process.status;
    await this.#input.close().catch(() => {});
    return code;
  }
}

function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, "").replaceAll("\r", "");
}
