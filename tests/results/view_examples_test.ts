import { assert, assertEquals } from "@std/assert";
import type { Output } from "../../src/results/query/output.ts";
import { runScript } from "../../src/results/query/run_statements.ts";
import { openWithWasm } from "../../src/results/query/wasm_connection.ts";
import { SHIPPED_MACROS, SHIPPED_VIEWS } from "../../src/results/shipped_views.ts";
import { madeResults, READ_ONLY } from "../commands/made_results.ts";
import { groups } from "./analysed.ts";
import { engine } from "./results_files.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

const SHOWN = [...SHIPPED_VIEWS, ...SHIPPED_MACROS].flatMap(({ name, example, output }) =>
  output === null ? [] : [{ name, example, ...output }]
);

for (const [input, examples] of groups(SHOWN, ({ recording }) => recording)) {
  Deno.test(`the examples in the files of views print what stands under them, from ${input}`, async () => {
    // Conformance takes as long as all the rest: it is there for the examples that ask for it.
    const isAsked = examples.some(({ example }) => /conformance|first_differences/.test(example));
    const analysed = ["analyse", ROOT + input, ...(isAsked ? ["--systems", "none"] : READ_ONLY)];
    const path = await madeResults(input.startsWith("fixtures/") ? ["explore", ROOT + input] : analysed);
    const results = await openWithWasm(path, engine());
    try {
      for (const { name, example, text } of examples) {
        let printed = "";
        const kept: Output = { width: Infinity, write: (piece) => (printed += piece, Promise.resolve()) };
        await runScript(results.connection, example, "table", kept);
        assertEquals(printed, text, name);
      }
    } finally {
      results.close();
    }
  });
}

Deno.test("every view and macro shows what it answers, on something that comes along", () => {
  const silent = [...SHIPPED_VIEWS, ...SHIPPED_MACROS].filter(({ output }) => output === null);
  assertEquals(silent.map(({ name }) => name), []);
  for (const { name, text } of SHOWN) assert(!text.endsWith("(0 rows)\n"), name);
});
