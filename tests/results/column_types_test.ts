import { assert, assertEquals } from "@std/assert";
import { commonType, type StoredType } from "../../src/results/column_types.ts";

const RANGES: Record<string, [bigint, bigint]> = {
  BOOLEAN: [0n, 1n],
  TINYINT: [-(2n ** 7n), 2n ** 7n - 1n],
  SMALLINT: [-(2n ** 15n), 2n ** 15n - 1n],
  INTEGER: [-(2n ** 31n), 2n ** 31n - 1n],
  BIGINT: [-(2n ** 63n), 2n ** 63n - 1n],
  HUGEINT: [-(2n ** 127n), 2n ** 127n - 1n],
  UTINYINT: [0n, 2n ** 8n - 1n],
  USMALLINT: [0n, 2n ** 16n - 1n],
  UINTEGER: [0n, 2n ** 32n - 1n],
  UBIGINT: [0n, 2n ** 64n - 1n],
};

Deno.test("the common type of two integer types is the narrowest that holds the values of both", () => {
  const types = Object.keys(RANGES) as StoredType[];
  const holds = (type: string, [low, high]: [bigint, bigint]) => RANGES[type][0] <= low && RANGES[type][1] >= high;
  for (const a of types) {
    for (const b of types) {
      const common = commonType(a, b);
      assertEquals(common, commonType(b, a));
      assert(holds(common, RANGES[a]) && holds(common, RANGES[b]), `${a} ${b} ${common}`);
      const size = (type: string) => RANGES[type][1] - RANGES[type][0];
      const narrower = types.find((type) =>
        size(type) < size(common) && holds(type, RANGES[a]) && holds(type, RANGES[b])
      );
      assertEquals(narrower, undefined, `${a} ${b}: ${common}`);
    }
  }
});

Deno.test("floats take integers that a double holds, text takes everything else", () => {
  const cases: [StoredType, StoredType, StoredType][] = [
    ["FLOAT", "DOUBLE", "DOUBLE"],
    ["FLOAT", "INTEGER", "DOUBLE"],
    ["DOUBLE", "BIGINT", "VARCHAR"],
    ["VARCHAR", "INTEGER", "VARCHAR"],
    ["BLOB", "VARCHAR", "VARCHAR"],
    ["BLOB", "INTEGER", "VARCHAR"],
    ["BLOB", "BLOB", "BLOB"],
    ["INTEGER[]", "UINTEGER[]", "BIGINT[]"],
    ["BIGINT[]", "UBIGINT[]", "HUGEINT[]"],
    ["BIGINT[]", "DOUBLE[]", "VARCHAR"],
    ["INTEGER[]", "INTEGER", "VARCHAR"],
  ];
  for (const [a, b, common] of cases) assertEquals([commonType(a, b), commonType(b, a)], [common, common], `${a} ${b}`);
});
