/**
 * Where the files of the WebAssembly engine are.
 *
 * The npm package is in the import graph, so Deno keeps it in its own cache (`nodeModulesDir` is "none") and
 * `import.meta.resolve` names the file there: it works with a read-only cache and without a network after the first
 * start, and nothing is copied into the checkout.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** The build with WebAssembly exceptions; V8 has had them for long, the slower `mvp` build is never needed. */
const ENGINE_SPECIFIER = "@duckdb/duckdb-wasm/dist/duckdb-eh.wasm";

/**
 * @returns the path of DuckDB's WebAssembly module on this machine
 * @throws Error when the package is not in Deno's cache (only a file can be read without a network)
 */
export function enginePath(): string {
  const url = import.meta.resolve(ENGINE_SPECIFIER);
  if (!url.startsWith("file:")) {
    throw new Error(`the database engine is not installed: run "deno install" once with a network (${url})`);
  }
  return fileURLToPath(url);
}
