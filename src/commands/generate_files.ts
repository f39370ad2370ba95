/**
 * The folder that `generate` writes: trace.txt, blktrace/dev.blktrace.N, history.jsonl, planted.json.
 *
 * @module
 */
import * as fs from "node:fs";
import type { RecordingSink } from "../generating/scribe.ts";
import type { Interruption } from "../std/interruption.ts";
import { TextFile } from "../results/export/output_place.ts";

const CHUNK_BYTES = 1 << 16;

/** A file that small pieces of bytes are appended to. */
class ByteFile {
  readonly #descriptor: number;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #used = 0;

  constructor(path: string) {
    this.#descriptor = fs.openSync(path, "wx");
  }

  /** @param bytes at most {@linkcode CHUNK_BYTES} */
  write(bytes: Uint8Array): void {
    if (this.#used + bytes.length > CHUNK_BYTES) this.#flush();
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #flush(): void {
    for (let done = 0; done < this.#used;) {
      done += fs.writeSync(this.#descriptor, this.#chunk, done, this.#used - done);
    }
    this.#used = 0;
  }

  close(): void {
    this.#flush();
    fs.closeSync(this.#descriptor);
  }
}

export class RecordingFolder implements RecordingSink {
  readonly #folder: string;
  readonly #interruption: Interruption;
  readonly #text: TextFile;
  readonly #history: TextFile;
  readonly #blocks: ByteFile[];

  /** @param interruption ends it: what is written then throws */
  constructor(folder: string, cpus: number, interruption: Interruption) {
    this.#folder = folder;
    this.#interruption = interruption;
    fs.mkdirSync(`${folder}/blktrace`, { recursive: true });
    this.#text = new TextFile(`${folder}/trace.txt`);
    this.#history = new TextFile(`${folder}/history.jsonl`);
    this.#blocks = Array.from({ length: cpus }, (_, cpu) => new ByteFile(`${folder}/blktrace/dev.blktrace.${cpu}`));
  }

  text(lines: string): void {
    this.#interruption.check();
    this.#text.write(lines);
  }

  block(cpu: number, bytes: Uint8Array): void {
    this.#blocks[cpu].write(bytes);
  }

  history(lines: string): void {
    this.#history.write(lines);
  }

  /** @param made what the recording holds, for planted.json */
  close(made: object): void {
    this.#text.close();
    this.#history.close();
    for (const file of this.#blocks) file.close();
    fs.writeFileSync(`${this.#folder}/planted.json`, JSON.stringify(made, null, 1) + "\n", { flag: "wx" });
  }
}
