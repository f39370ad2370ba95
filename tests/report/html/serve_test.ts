import { assertEquals } from "@std/assert";
import { refusalOf } from "../../../src/report/html/serve/server.ts";

function refused(headers: Record<string, string>): boolean {
  return refusalOf(new Request("http://127.0.0.1:8000/results.duckdb", { headers }), 8000) !== null;
}

Deno.test("only requests to this machine's own names are answered, and only from its own pages", () => {
  const host = "127.0.0.1:8000";
  const cases: [Record<string, string>, boolean][] = [
    [{ host }, false],
    [{ host: "localhost:8000" }, false],
    [{ host: "localhost:8001" }, true],
    [{ host: "localhost" }, true],
    [{ host: "attacker.example:8000" }, true],
    [{}, true],
    [{ host, origin: `http://${host}` }, false],
    [{ host, origin: "null" }, true],
    [{ host, origin: "http://attacker.example" }, true],
    [{ host, origin: "http://127.0.0.1:9000" }, true],
    [{ host, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, false],
    [{ host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, true],
    [{ host, "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }, true],
    // A link that is followed: the page is opened, nobody reads it.
    [{ host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, false],
  ];
  assertEquals(cases.map(([headers]) => refused(headers)), cases.map(([, isRefused]) => isRefused));
});
