import { assertEquals, assertThrows } from "@std/assert";
import { PartStore } from "../../../src/report/html/part_store.ts";
import { ResultsError } from "../../../src/results/results_error.ts";

const bytesOf = (nth: number) => Uint8Array.from({ length: 1 + nth * 7 % 13 }, (_, at) => nth * 31 + at);

Deno.test("parts come back as they were, from memory and from the file, in any order and while more are kept", () => {
  using store = new PartStore(20);
  const parts = Array.from({ length: 30 }, (_, nth) => {
    const part = store.keep(bytesOf(nth));
    assertEquals(part(), bytesOf(nth));
    return part;
  });
  for (const nth of [29, 0, 7, 8, 7]) assertEquals(parts[nth](), bytesOf(nth));
  assertEquals(parts.map((part) => part()), parts.map((_, nth) => bytesOf(nth)));
});

Deno.test("where no temporary file can be made, what fits into memory is kept, and the next part is refused in one line", () => {
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", "/nowhere/at/all");
  try {
    using store = new PartStore(20);
    assertEquals(store.keep(new Uint8Array(20))().length, 20);
    const { message } = assertThrows(() => store.keep(new Uint8Array(1)), ResultsError);
    assertEquals(
      message,
      "what goes into the report is too much for memory, and a temporary file failed (no such file or directory): " +
        "make room in $TMPDIR",
    );
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
});
