/**
 * What runs leave behind is young, and goes with the next small collection: exploration makes and forgets a world a run.
 *
 * V8 makes a hidden class for every literal that has an accessor or a generator method, and has a function live long that
 * is written down where it is put into a field. Either keeps the whole world that it sees from a small collection, and
 * those that were made behind it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Garbage } from "./garbage_of_runs.ts";

const ROOT = new URL("../../", import.meta.url);

/** One of each system and file system. */
const SCENARIOS = [
  "legacy-dio/10-10-store-during-a-direct-write",
  "legacy-dio/10-1-truncate-waits-for-an-asynchronous-read",
  "legacy-dio/10-26-two-xfs-writes",
  "placeholder-dio/20-1-write-from-a-mapping-of-the-range",
  "xip-io/30-1-read-beside-truncation",
  "dax/40-1-dirty-page-behind-a-short-write",
  "dax-iomap/45-4-copy-on-write-under-a-mapped-page",
  "page-cache-dio/50-22-two-direct-reads",
  "ext4-iomap-dio/60-1-short-extending-write",
  "xfs-iomap-dio/70-1-unaligned-aio-and-aligned-aio",
  "mainline/80-1-write-against-buffered-read",
];

Deno.test("worlds of runs that are over are collected with the next small collection", async () => {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--allow-read",
      "--allow-env=LOG_TOKENS,LOG_STREAM",
      `--config=${new URL("deno.json", ROOT).pathname}`,
      "--v8-flags=--expose-gc,--min-semi-space-size=64,--max-semi-space-size=128",
      new URL("./garbage_of_runs.ts", import.meta.url).pathname,
      ...SCENARIOS.map((name) => new URL(`fixtures/${name}.yaml`, ROOT).pathname),
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const all = new TextDecoder().decode(stdout).trim().split("\n").map((line): Garbage => JSON.parse(line));
  assertEquals(all.length, SCENARIOS.length);
  for (const { path, made, left } of all) {
    assert(made > 2, `${path}: runs made ${made} MB, too little to tell`);
    assert(left < made / 10, `${path}: of ${made} MB of runs that are over ${left} MB are left`);
  }
});
