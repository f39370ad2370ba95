/**
 * Makes the empty results file from its statements, and keeps it: `deno task empty-results`.
 *
 * @module
 */
import * as fs from "node:fs";
import { zstdCompressSync } from "../recording/zstd.ts";
import { CHECKSUM_BYTES, checksumNow, PACKED } from "./empty_results.ts";
import { emptySchema } from "./schema_statements.ts";
import { WasmEngine } from "./wasm_engine.ts";

/** zstd's parameter 100 is the level. */
const PACKING = { params: { 100: 19 } };

const NAME = "made";

/** Makes the file. @param path an absolute path at which nothing is */
export function makeEmptyResults(engine: WasmEngine, path: string): void {
  const connection = engine.connect();
  engine.attach(connection, path, NAME, "create");
  connection.run(`USE ${NAME}; BEGIN`);
  for (const text of emptySchema()) connection.run(text);
  connection.run(`COMMIT; CHECKPOINT ${NAME}; USE memory`);
  engine.detach(connection, NAME);
  connection.close();
}

if (import.meta.main) {
  const engine = await WasmEngine.start();
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/${NAME}.duckdb`;
    makeEmptyResults(engine, path);
    const packed = zstdCompressSync(fs.readFileSync(path), PACKING);
    const whole = new Uint8Array(CHECKSUM_BYTES + packed.length);
    new DataView(whole.buffer).setUint32(0, checksumNow(engine), true);
    whole.set(packed, CHECKSUM_BYTES);
    fs.writeFileSync(PACKED, whole);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
