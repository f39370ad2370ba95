/**
 * Serves the report and the SQL page of one results file to browsers of this machine, and to nobody else.
 *
 * It listens on the loopback address only. A page of another site must not read what it serves: the name that a request
 * was made to has to be that of this machine (a name of an attacker's that turns into 127.0.0.1 is refused), and a browser
 * that says where a request comes from has to say that it comes from here.
 *
 * @module
 */
import * as fs from "node:fs";
import { sqlAssets } from "./sql_assets.ts";
import { sqlPageText } from "./sql_page.ts";

export interface ServeOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Path of the results file. */
  readonly database: string;
  readonly name: string;
  /** Makes the report; called for the first request of it. */
  readonly report: () => Promise<Iterable<string>>;
  readonly onListen: (url: string) => void;
  readonly signal?: AbortSignal;
}

const LOOPBACK = "127.0.0.1";

/** Scripts, styles and data from here, WebAssembly, workers from here; nothing else, from nowhere else. */
const SQL_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** Why a request is refused; null where it is not. */
export function refusalOf(request: Request, port: number): string | null {
  const hosts = [`${LOOPBACK}:${port}`, `localhost:${port}`];
  const host = request.headers.get("host");
  if (host === null || !hosts.includes(host)) return `this server is ${hosts.join(" or ")}, not ${host ?? "nameless"}`;
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) return "requests of other pages are not answered";
  const site = request.headers.get("sec-fetch-site");
  const isOpened = request.headers.get("sec-fetch-mode") === "navigate";
  if (site !== null && site !== "same-origin" && site !== "none" && !isOpened) {
    return "requests of other pages are not answered";
  }
  return null;
}

function answer(body: BodyInit | null, type: string, status = 200, more: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { ...HEADERS, "content-type": type, ...more } });
}

function text(body: string, type: string, more: Record<string, string> = {}): Response {
  return answer(body, `${type}; charset=utf-8`, 200, more);
}

/** Runs until the signal says stop. @throws Error with a code when the port cannot be had */
export async function serve({ port, database, name, report, onListen, signal }: ServeOptions): Promise<void> {
  const assets = sqlAssets();
  let page: Promise<Iterable<string>> | null = null;
  const routes: Readonly<Record<string, () => Response | Promise<Response>>> = {
    // The report brings its own policy; it may be opened, but not framed.
    "/": async () =>
      text([...await (page ??= report())].join(""), "text/html", {
        "content-security-policy": "frame-ancestors 'none'",
      }),
    "/sql": () =>
      text(sqlPageText(name, fs.statSync(database).size), "text/html", { "content-security-policy": SQL_POLICY }),
    "/results.duckdb": () => {
      // It may have been replaced meanwhile: of the file that is open, both size and bytes.
      const { size, stream } = openFile(database);
      return answer(stream, "application/octet-stream", 200, { "content-length": String(size) });
    },
    ...Object.fromEntries(assets.map(({ path, type, body }) => [
      path,
      () => answer(body(), type, 200, { "content-security-policy": SQL_POLICY }),
    ])),
  };
  let listening = port;
  const server = Deno.serve({
    hostname: LOOPBACK,
    port,
    signal,
    onListen: (address) => {
      listening = address.port;
      onListen(`http://${LOOPBACK}:${listening}/`);
    },
    onError: () => answer("the server failed at this request", "text/plain", 500),
  }, (request) => {
    const refusal = refusalOf(request, listening);
    if (refusal !== null) return answer(refusal, "text/plain", 403);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return answer("only GET and HEAD are known", "text/plain", 405, { allow: "GET, HEAD" });
    }
    const route = Object.hasOwn(routes, new URL(request.url).pathname) ? routes[new URL(request.url).pathname] : null;
    if (route === null) return answer("nothing is here", "text/plain", 404);
    return route();
  });
  await server.finished;
}

function openFile(path: string): { size: number; stream: ReadableStream<Uint8Array<ArrayBuffer>> } {
  const file = Deno.openSync(path, { read: true });
  return { size: file.statSync().size, stream: file.readable };
}
