import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkPersistence } from "../../src/checking/persistence.ts";
import type { OperationRecord, RunRecord } from "../../src/systems/run_record.ts";
import { call, file, INITIAL, read, run, tokensOf, write } from "./coherence/hand_made_records.ts";

const CRASH = 100;

function crashed(
  operations: readonly OperationRecord[],
  media: readonly string[],
  more: Partial<RunRecord> = {},
): string[] {
  const record = run(operations, [file(media)], { end: "crash", crash: { step: CRASH }, ...more });
  return checkPersistence(record).map(({ anomaly, subject }) => {
    assertEquals(subject.attributes, ["after_crash"]);
    return `${anomaly} ${subject.operations!.join(" ")}[${subject.sectors!.join()}]`;
  });
}

const W = tokensOf("T1#0", 0, 2);
const rest = INITIAL.slice(2);

Deno.test("an O_DSYNC write that returned must be there, one that had not returned need not", () => {
  const flags = ["O_DIRECT", "O_DSYNC"];
  assertEquals(crashed([write("T1#0", [0, 9], "direct", 0, 2, { flags })], INITIAL), ["PERSIST_LOST T1#0[0,1]"]);
  assertEquals(crashed([write("T1#0", [0, 9], "direct", 0, 2, { flags })], [...W, ...rest]), []);
  assertEquals(crashed([write("T1#0", [0, null], "direct", 0, 2, { flags })], INITIAL), []);
  assertEquals(crashed([write("T1#0", [0, 9], "direct", 0, 2, { flags, result: -5 })], INITIAL), []);
  // Of a short one only what it returned.
  assertEquals(crashed([write("T1#0", [0, 9], "direct", 0, 2, { flags, result: 1 })], INITIAL), [
    "PERSIST_LOST T1#0[0]",
  ]);
});

Deno.test("a plain direct write promises nothing, and may be there in part", () => {
  const operations = [write("T1#0", [0, 9], "direct", 0, 2)];
  assertEquals(crashed(operations, INITIAL), []);
  assertEquals(crashed(operations, [W[0], ...INITIAL.slice(1)]), []);
});

Deno.test("fsync promises what had returned before it began, unless it failed", () => {
  const before = write("T1#0", [0, 9], "cached", 0, 2);
  const beside = write("T1#0", [0, 12], "cached", 0, 2);
  for (const kind of ["fsync", "fdatasync"] as const) {
    const sync = call("T2#0", kind, [10, 20]);
    assertEquals(crashed([before, sync], INITIAL), ["PERSIST_LOST T1#0[0,1]"]);
    assertEquals(crashed([beside, sync], INITIAL), []);
    assertEquals(crashed([before, call("T2#0", kind, [10, 20], { result: -5 })], INITIAL), []);
    assertEquals(crashed([before, call("T2#0", kind, [10, null])], INITIAL), []);
    // A failed one takes no promise back.
    assertEquals(crashed([before, sync, call("T2#1", kind, [30, 40], { result: -5 })], INITIAL), [
      "PERSIST_LOST T1#0[0,1]",
    ]);
  }
});

Deno.test("msync with MS_SYNC promises the stores that it covers", () => {
  const store = write("T1#0", [0, 9], "mapped", 0, 2);
  const sync = (flags: string[], pos: number) => call("T1#1", "msync", [10, 20], { flags, pos, len: 2 });
  assertEquals(crashed([store, sync(["MS_SYNC"], 0)], INITIAL), ["PERSIST_LOST T1#0[0,1]"]);
  assertEquals(crashed([store, sync(["MS_SYNC"], 1)], INITIAL), ["PERSIST_LOST T1#0[1]"]);
  assertEquals(crashed([store, sync(["MS_ASYNC"], 0)], INITIAL), []);
  assertEquals(crashed([write("T1#0", [0, 9], "cached", 0, 2), sync(["MS_SYNC"], 0)], INITIAL), []);
});

Deno.test("content that no write ever put there is stale, also when a read after recovery shows it", () => {
  assertEquals(crashed([], ["STALE(7,0)", ...INITIAL.slice(1)]), ["STALE_DATA [0]"]);
  const grown = [
    call("R#0", "ftruncate", [1000, 1001], { pos: 5, len: 0 }),
    read("R#1", [1002, 1003], "cached", 4, ["STALE(9,0)"]),
  ];
  assertEquals(crashed(grown, [...INITIAL, "STALE(9,0)"]), ["STALE_DATA [4]", "STALE_DATA R#1[4]"]);
  assertEquals(crashed([grown[0], read("R#1", [1002, 1003], "cached", 4, ["0"])], [...INITIAL, "0"]), []);
});

Deno.test("a sync promises growth, until a truncate begins that may have come later", () => {
  const extending = write("T1#0", [0, 9], "direct", 4, 2, { flags: ["O_DSYNC"] });
  assertEquals(crashed([extending], INITIAL), ["WRONG_DISKSIZE T1#0[4,5]"]);
  assertEquals(crashed([write("T1#0", [0, 9], "direct", 4, 2)], INITIAL), []);
  const cut = (when: readonly [number, number | null]) => call("T2#0", "ftruncate", when, { pos: 4, len: 0 });
  assertEquals(crashed([extending, cut([10, null])], INITIAL), []);
  assertEquals(crashed([cut([-9, -5]), extending], INITIAL), ["WRONG_DISKSIZE T1#0[4,5]"]);
});

Deno.test("a truncate that fsync promised does not come undone; fdatasync need not keep it", () => {
  const cut = call("T1#0", "ftruncate", [0, 5], { pos: 2, len: 0 });
  assertEquals(crashed([cut, call("T1#1", "fsync", [6, 9])], INITIAL), ["PERSIST_LOST T1#0[2,3]"]);
  assertEquals(crashed([cut, call("T1#1", "fdatasync", [6, 9])], INITIAL), []);
  assertEquals(crashed([cut], INITIAL.slice(0, 2)), []);
});

Deno.test("parts of a sector of persistent memory are judged each for itself", () => {
  const operations = [write("T1#0", [0, 9], "mapped", 0, 1)];
  assertEquals(crashed(operations, [`TORN(I(F,0)|${W[0]})`, ...INITIAL.slice(1)]), []);
  const synced = [...operations, call("T1#1", "msync", [10, 20], { flags: ["MS_SYNC"], pos: 0, len: 2 })];
  assertEquals(crashed(synced, [`TORN(I(F,0)|${W[0]})`, ...INITIAL.slice(1)]), ["PERSIST_LOST T1#0[0]"]);
});

Deno.test("findings say in two sentences what is missing and what had promised it", () => {
  const operations = [write("T1#0", [0, 9], "cached", 0, 2), call("T1#1", "fsync", [10, 20])];
  const [{ text }] = checkPersistence(run(operations, [file(INITIAL)], { end: "crash", crash: { step: CRASH } }));
  assertEquals(
    text,
    "After the crash sectors 0..1 of F hold I(F,0) and so on, older than what T1#0 (pwrite F[0..1]) wrote. " +
      "T1#1 (fsync F[0..-1]) promised it before the crash.",
  );
});

Deno.test("runs without a crash are not judged by what a crash must leave", () => {
  assertEquals(checkPersistence(run([], [file(["STALE(1,0)"])])), []);
});

/** The rule written down once more, sector by sector, for records of F without msync. */
function slowly({ operations, files }: RunRecord): { stale: number[]; lost: number[]; short: boolean } {
  const [{ size, media }] = files;
  type Step = { from: number; to: number; at: number; value: string; promised: boolean; cut: boolean; end: number };
  const steps = (sector: number | null): Step[] =>
    operations.flatMap((each): Step[] => {
      const { kind, begun, returned, result, pos, len, flags, name } = each;
      const good = returned !== null && result !== null && result >= 0;
      const covers = kind === "pwrite"
        ? sector === null || sector >= pos && sector < pos + len
        : kind === "ftruncate" && (sector === null || sector >= pos);
      if (!covers) return [];
      const sure = good && (kind === "ftruncate" || (sector === null ? result! > 0 : sector < pos + result!));
      const done = sure ? returned! : Infinity;
      const synced = operations.some((sync) =>
        (sync.kind === "fsync" || sync.kind === "fdatasync" && kind === "pwrite") && sync.result === 0 &&
        sync.returned !== null && done < sync.begun
      );
      const promised = sure && (flags.includes("O_DSYNC") || synced);
      const value = kind === "ftruncate" ? "0" : `W(${name},${sector})`;
      return [{ from: begun, to: done, at: pos, value, promised, cut: kind === "ftruncate", end: pos + (result ?? 0) }];
    });
  const synced = operations.some(({ kind, result, returned }) =>
    (kind === "fsync" || kind === "fdatasync") && result === 0 && returned !== null
  );
  const syncedBehind = (done: number) =>
    operations.some(({ kind, result, returned, begun }) =>
      (kind === "fsync" || kind === "fdatasync") && result === 0 && returned !== null && done < begun
    );
  const stale: number[] = [];
  const lost: number[] = [];
  for (let sector = 0; sector < size; sector++) {
    const first: Step = {
      from: -1e9,
      to: -1e9,
      at: 0,
      value: INITIAL[sector] ?? "0",
      promised: synced,
      cut: false,
      end: 0,
    };
    const all = [first, ...steps(sector)];
    const fits = all.filter(({ value }) => value === media[sector]);
    if (fits.some((w) => !all.some((later) => later.promised && w.to < later.from))) continue;
    if (fits.length === 0 && media[sector] !== "0") stale.push(sector);
    else lost.push(sector);
  }
  const all = steps(null);
  const grown = [
    ...(synced ? [{ from: -1e9, end: 4 }] : []),
    // What a truncate made it is as long as it must be, too.
    ...all.filter(({ promised, cut, to }) => promised || cut && syncedBehind(to)).map(({ from, cut, at, end }) => ({
      from,
      end: cut ? at : end,
    })),
  ];
  const short = grown.some(({ from, end }) =>
    size < end && !all.some((cut) => cut.cut && cut.at < end && !(cut.to < from))
  );
  return { stale, lost, short };
}

Deno.test("random crashes are judged as the rule, written down once more, says", () => {
  const operation = fc.record({
    kind: fc.constantFrom("pwrite", "pwrite", "pwrite", "ftruncate", "fsync", "fdatasync"),
    begun: fc.nat(20),
    length: fc.nat(8),
    ends: fc.constantFrom("well", "well", "well", "short", "badly", "never"),
    pos: fc.nat(4),
    len: fc.integer({ min: 1, max: 3 }),
    flags: fc.constantFrom<string[]>([], [], ["O_DSYNC"]),
  });
  let total = 0;
  let good = 0;
  const seen = { stale: 0, lost: 0, short: 0 };
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 5 }),
      fc.array(fc.nat(11), { minLength: 2, maxLength: 6 }),
      (planned, picks) => {
        const operations = planned.map(({ kind, begun, length, ends, pos, len, flags }, nth): OperationRecord => {
          const name = `T${nth}#0`;
          const when = [begun, ends === "never" ? null : begun + length] as const;
          const result = ends === "never" ? null : ends === "badly" ? -5 : undefined;
          if (kind === "pwrite") {
            const done = result === undefined ? { result: ends === "short" ? len - 1 : len } : { result };
            return write(name, when, "cached", pos, len, { flags, ...done });
          }
          const more = result === undefined ? {} : { result };
          return kind === "ftruncate"
            ? call(name, "ftruncate", when, { pos, len: 0, ...more })
            : call(name, kind as "fsync", when, more);
        });
        const media = picks.map((pick, sector) => {
          const values = [
            "0",
            INITIAL[sector] ?? "0",
            ...operations.flatMap(({ writes }) =>
              writes.filter((each) => each.sector === sector).map(({ token }) => token)
            ),
          ];
          return pick === 11 ? "STALE(1,0)" : values[values.length - 1 - pick % Math.min(values.length, 4)];
        });
        const record = run(operations, [file(media)], { end: "crash", crash: { step: CRASH } });
        const found = checkPersistence(record);
        const sectorsOf = (anomaly: string) =>
          found.filter((each) => each.anomaly === anomaly).flatMap(({ subject }) => [...subject.sectors!]).sort();
        const slow = slowly(record);
        assertEquals(sectorsOf("STALE_DATA"), slow.stale);
        assertEquals(sectorsOf("PERSIST_LOST"), slow.lost);
        assertEquals(found.some(({ anomaly }) => anomaly === "WRONG_DISKSIZE"), slow.short);
        total++;
        if (found.length === 0) good++;
        if (slow.stale.length > 0) seen.stale++;
        if (slow.lost.length > 0) seen.lost++;
        if (slow.short) seen.short++;
      },
    ),
    { seed: 17, numRuns: 5000 },
  );
  assert(good > total / 10 && good < total * 9 / 10, `${good} of ${total} lost nothing`);
  for (const [what, count] of Object.entries(seen)) assert(count > total / 50, `${what}: ${count} of ${total}`);
});
