import { assert, assertEquals } from "@std/assert";
import { ANOMALY_IDS, anomalyInfo } from "../../../src/checking/catalogue.ts";
import { FINDING_FORMS } from "../../../src/checking/finding_forms.ts";
import { BLK_ACTIONS, rwbsOf, ZONE_APPEND } from "../../../src/recording/blktrace/actions.ts";
import { DICTIONARY, rwbsParts } from "../../../src/results/query/dictionary.ts";
import { explainText, meaningsOf } from "../../../src/results/query/explain.ts";
import { MAIN_TABLES, VIEWS } from "../../../src/results/schema.ts";

Deno.test("every letter that a block event can have is explained", () => {
  for (const { letter, name } of [...BLK_ACTIONS, ZONE_APPEND]) {
    assert(meaningsOf(letter).some(({ kind }) => kind === "blkparse action"), name);
  }
});

Deno.test("every RWBS text that a record's categories make is explained part by part", () => {
  for (let bit = 0; bit < 23; bit++) {
    for (const others of [0, 0b0000_1010_1000_0000_0000, 0b1000_0000_0000_1100, 0b1001_1000_0000_1110]) {
      const rwbs = rwbsOf((1 << bit) | others, 4096);
      const parts = rwbsParts(rwbs);
      assert(parts !== null, rwbs);
      assertEquals(parts.map(({ term }) => term).join(""), rwbs);
    }
  }
  assertEquals(rwbsParts("RR"), null);
  assertEquals(rwbsParts("WARP"), null);
});

Deno.test("FWFSM is a flush, a write, FUA, synchronous, metadata", () => {
  const parts = meaningsOf("FWFSM").map(({ term, kind }) => `${term} ${kind}`);
  assertEquals(parts, [
    "F rwbs letter",
    "W rwbs operation",
    "F rwbs letter",
    "S rwbs letter",
    "M rwbs letter",
  ]);
});

Deno.test("a letter with several meanings has them all, and case tells letters apart", () => {
  assertEquals(meaningsOf("M").map(({ kind }) => kind), ["blkparse action", "rwbs letter", "blkparse -f letter"]);
  assertEquals(meaningsOf("m").map(({ kind }) => kind), ["blkparse action", "blkparse -f letter"]);
});

Deno.test("every declared table, view and column is explained", () => {
  for (const { name, columns, description } of [...MAIN_TABLES, ...VIEWS]) {
    assert(meaningsOf(name).some(({ meaning }) => meaning === description), name);
    for (const column of columns) {
      const found = meaningsOf(`${name}.${column.name}`);
      assertEquals(found.map(({ meaning }) => meaning), [column.description]);
      assert(meaningsOf(column.name.toUpperCase()).some(({ meaning }) => meaning === column.description), column.name);
    }
  }
  assertEquals(meaningsOf("nonsense"), []);
});

Deno.test("a column of one text in several tables is told of once, with the tables", () => {
  const text = explainText(meaningsOf("getrq_ns"));
  assertEquals(
    text,
    "getrq_ns (column, BIGINT, of bio)\n    time it got a request (G), ns\n" +
      "getrq_ns (column, BIGINT, of store.bio)\n    time it got a request, ns\n",
  );
  assert(
    /^queue_ns \(column, BIGINT, of [^)]*slow_ios, [^)]*store.bio\)\n {4}time queued, ns$/m.test(
      explainText(meaningsOf("queue_ns")),
    ),
  );
  assert(/^dev \(column, VARCHAR, of event, [^)]*\)\n {4}device, major:minor$/m.test(explainText(meaningsOf("dev"))));
});

Deno.test("a view, and a macro that answers with rows, is told of with an example", () => {
  assertEquals(
    explainText(meaningsOf("lock_order_edges")),
    "lock_order_edges (view)\n    which locks threads took while they held which others.\n" +
      "    SELECT held, taken, inodes, times, reversed FROM lock_order_edges ORDER BY times DESC, held, taken\n",
  );
  const [macro] = meaningsOf("page_state_at");
  assertEquals([macro.term, macro.kind], ["page_state_at(inode, page, t)", "table macro"]);
  assert(macro.example!.includes("page_state_at(12, 3, "));
  assert(meaningsOf("page_state_at.state").length === 1);
});

Deno.test("every anomaly is told of by its definition, with its severity and its forms", () => {
  for (const id of [...ANOMALY_IDS, "ASSERTION", "EXCEPTION"]) {
    const [{ term, kind, meaning }] = meaningsOf(id);
    const { severity, definition } = anomalyInfo(id);
    assertEquals([term, kind.startsWith(`anomaly, severity ${severity}`)], [id, true]);
    assert(meaning.startsWith(`${definition}. `), id);
  }
  assertEquals(
    explainText(meaningsOf("deadlock")),
    "DEADLOCK (anomaly, severity error)\n" +
      "    tasks wait for each other in a circle, or one for what nobody will give back. " +
      "None of them can ever go on, and whoever comes for the same locks hangs behind them.\n" +
      "self (finding.attributes, of DEADLOCK)\n    one task waits for what it holds itself\n" +
      "AB-BA (finding.attributes, of DEADLOCK)\n    two tasks wait for each other, each for the same kind of thing\n",
  );
  assertEquals(meaningsOf("TORN_READ")[0].kind, "anomaly, severity warning, which the kernel's promises allow");
  assertEquals(meaningsOf("STALE_CACHE|LOST_UPDATE").filter(({ kind }) => kind.startsWith("anomaly")).length, 2);
});

Deno.test("a form of an anomaly is told of by itself, and those that it names are of the catalogue", () => {
  for (const { attribute, of, meaning } of FINDING_FORMS) {
    assert(meaningsOf(attribute).some((found) => found.meaning === meaning), attribute);
    for (const id of of) assert(ANOMALY_IDS.includes(id), id);
  }
});

Deno.test("meanings are one line each", () => {
  for (const { term, meaning } of DICTIONARY) assert(/^\S[^\n]{3,130}$/.test(meaning), term);
});
