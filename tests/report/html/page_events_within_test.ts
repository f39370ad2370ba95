import { assert, assertEquals } from "@std/assert";
import { pageEventsWithin } from "../../../src/report/html/recording_tables.ts";
import { objects } from "../../../src/report/html/report_queries.ts";
import { ResultsReader } from "../../../src/results/results_reader.ts";
import { readResults } from "../../commands/made_results.ts";
import { engine } from "../../results/results_files.ts";

Deno.test("page events asked for by stretches are those of the view, with the same operations and causes", async () => {
  const reader = ResultsReader.open(await engine(), await readResults("coherence-bw-ext4/trace.dat"));
  const { connection } = reader;
  const whole = objects(connection, "SELECT * FROM main.page_event ORDER BY seq");
  const last = Number(whole.at(-1)!.seq);
  // Runs of one operation go over the ends of most stretches.
  const parts = [];
  for (let begin = 0; begin <= last; begin += 500) {
    const range = { begin, end: begin + 500 };
    parts.push(objects(connection, `SELECT * FROM (${pageEventsWithin(range)}) ORDER BY seq`));
  }
  assert(parts.filter((part) => part.length > 0).length > 5 && whole.some(({ op_id }) => op_id !== null));
  assertEquals(parts.flat(), whole);
  assertEquals(objects(connection, `SELECT * FROM (${pageEventsWithin(null)}) ORDER BY seq`), whole);
  reader.close();
});
