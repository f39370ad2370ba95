import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readHistory } from "../../src/recording/history/read_history.ts";

async function withHistory(text: string, body: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    await Deno.writeTextFile(path, text);
    body(path);
  } finally {
    await Deno.remove(path);
  }
}

const SAW = '{"id":9,"tid":7,"op":"pread","file":"f","direct":1,"off":1024,"len":2048,"start_ns":3209520252621123456,' +
  '"end_ns":3209520252621123457,"ret":2048,"errno":0,"saw":[[1,5],[1,-1],[1,6,2],[1,{"mix":[[3,5],[61,6]]}]]}';
const SEEN = '{"id":8,"tid":7,"op":"load","file":"g","ino":12,"offset":512,"length":1024,"start_ns":1,"end_ns":2,' +
  '"result":-1,"errno":"SIGBUS","done":512,"seen":[[512,256,5],[768,8,"00ff"],[776,248,5,1]]}';
const FINAL = '{"file":"g","ino":12,"size":600,"offset":0,"length":1024,"crc32":"1","seen":[[0,600,8]],"writers":1}';

Deno.test("both spellings of a history are read: times to the last digit, stamps by place", async () => {
  await withHistory(`${SAW}\n\n${SEEN}\n${FINAL}\n`, (path) => {
    const [saw, seen, final] = readHistory(path);
    assertEquals([saw.startNs, saw.family, saw.direct, saw.line], [3209520252621123456n, "read", true, 1]);
    assertEquals(saw.seen, [
      { offset: 1024, bytes: 512, values: ["5"] },
      { offset: 1536, bytes: 512, values: null },
      { offset: 2048, bytes: 512, values: ["6 of 2 sectors on"] },
      { offset: 2560, bytes: 512, values: ["5", "6"] },
    ]);
    assertEquals([seen.family, seen.result, seen.error, seen.line], ["load", 512, "SIGBUS", 3]);
    assertEquals(seen.seen.map(({ values }) => values), [["5"], null, ["5 of 1 sectors on"]]);
    assertEquals([final.result, final.direct, final.seen[0].values], [600, true, ["8"]]);
  });
});

Deno.test("what is no history is refused in one line that says where", async () => {
  for (
    const [text, message] of [
      ["", /no line of a history/],
      ["hello\n", /line 1: no JSON/],
      [`${SAW}\n{"op":"pread","ret":1}`, /line 2: \w+/],
      [SAW.replace('"id":9', '"id":"nine"'), /line 1: id: /],
    ] as const
  ) {
    await withHistory(text, (path) => {
      const error = assertThrows(() => readHistory(path), Error);
      assertMatch((error as Error).message, message);
      assertEquals((error as Error).message.includes("\n"), false);
    });
  }
  assertMatch((assertThrows(() => readHistory("/nowhere.jsonl"), Error) as Error).message, /cannot be read/);
});
