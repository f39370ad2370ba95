/**
 * The scripts that the SQL page loads: our own, and DuckDB's for browsers out of its npm package.
 *
 * @module
 */
import * as fs from "node:fs";
import uPlotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import { enginePath } from "../../../results/assets.ts";
import { browserScript } from "../browser_script.ts";
import { ownFile } from "../own_file.ts";

export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: () => BodyInit;
}

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/** The package's module names Arrow as a bare import; the page has it as a script. */
const ARROW_IMPORT = /import\s*\*\s*as (\w+) from\s*"apache-arrow"/g;

/**
 * Text of a file of a package that the database needs anyway, and that is in Deno's own cache therefore.
 *
 * @param beside the package, or a file of it
 */
function packageText(beside: string, file: string): string {
  const url = new URL(file, import.meta.resolve(beside));
  if (url.protocol !== "file:") throw new Error(`${beside} is not installed: run "deno install" once with a network`);
  return fs.readFileSync(url, "utf8");
}

/** Read when they are needed: other commands do not pay for a megabyte of text. */
export function sqlAssets(): readonly Asset[] {
  const arrow = packageText("apache-arrow", "./Arrow.es2015.min.js");
  const duckdb = packageText("@duckdb/duckdb-wasm/dist/duckdb-browser.mjs", "./duckdb-browser.mjs");
  const worker = packageText("@duckdb/duckdb-wasm/dist/duckdb-browser.mjs", "./duckdb-browser-eh.worker.js");
  const module = duckdb.replaceAll(ARROW_IMPORT, "const $1=globalThis.Arrow");
  if (/from\s*"apache-arrow"/.test(module)) throw new Error("duckdb-browser.mjs imports Arrow in a way of its own");
  const own = browserScript("sql.ts");
  const text = (path: string, type: string, body: string): Asset => ({ path, type, body: () => body });
  return [
    text("/page.css", STYLE, `${uPlotStyle}\n${ownFile("style.css")}`),
    text("/sql.css", STYLE, ownFile("sql.css")),
    text("/sql.js", SCRIPT, own),
    text("/arrow.js", SCRIPT, arrow),
    text("/duckdb.js", SCRIPT, module),
    text("/duckdb-worker.js", SCRIPT, worker),
    { path: "/duckdb.wasm", type: "application/wasm", body: () => fs.readFileSync(enginePath()) },
  ];
}
