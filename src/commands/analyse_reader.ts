/**
 * The worker that reads: bytes to encoded batches, on a core of its own beside the database.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { RecordingsReader } from "../lifting/read_recordings.ts";
import { UnreadableInput } from "../recording/recording_format.ts";
import { BatchEncoder } from "../results/arrow_encoding.ts";
import { BufferPool } from "../results/buffer_pool.ts";
import { pinnedColumns } from "../results/schema.ts";
import { BATCHES_UNDER_WAY_MAX, type FromReader, type ToReader } from "./analyse_messages.ts";

const PROGRESS_EVENTS = 50_000;

// V8 compiles for buffers that are never given away while several arrays look at them, until the first one is; then it
// throws all that code away. So it is told before there is any.
const shared = new ArrayBuffer(1);
const views = [new Uint8Array(shared), new Uint8Array(shared)];
structuredClone(views[0], { transfer: [shared] });

/** One for each batch under way, and one that is being written. */
const buffers = new BufferPool(BATCHES_UNDER_WAY_MAX + 1);

let underWay = 0;
let wake: (() => void) | null = null;

function send(message: FromReader, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

async function read(inputs: Extract<ToReader, { kind: "start" }>["inputs"]): Promise<void> {
  const encoder = new BatchEncoder(pinnedColumns, buffers);
  const reader = new RecordingsReader((batch) => {
    const encoded = encoder.encode(batch);
    if (encoded === null) return;
    underWay++;
    send({ kind: "batch", batch: encoded }, [encoded.ipc.buffer]);
  });
  let reported = 0;
  try {
    await reader.open(inputs);
    const end = await reader.run({
      async pace() {
        if (reader.events - reported >= PROGRESS_EVENTS) {
          reported = reader.events;
          send({ kind: "progress", events: reported });
        }
        while (underWay >= BATCHES_UNDER_WAY_MAX) {
          await new Promise<void>((resolve) => wake = resolve);
        }
        return true;
      },
    });
    send({ kind: "end", end: end!, tables: encoder.finish() });
  } catch (error) {
    if (error instanceof UnreadableInput) send({ kind: "unreadable", message: error.message });
    else send({ kind: "failed", message: error instanceof Error ? error.stack ?? error.message : String(error) });
  } finally {
    reader.close();
  }
}

self.addEventListener("message", (event: MessageEvent<ToReader>) => {
  if (event.data.kind === "start") {
    read(event.data.inputs);
    return;
  }
  buffers.give(event.data.buffer);
  underWay--;
  wake?.();
  wake = null;
});
