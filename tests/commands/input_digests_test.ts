import { assertEquals } from "@std/assert";
import { digestOf } from "../../src/commands/input_digests.ts";
import { trace } from "./run_cli.ts";

Deno.test("a file whose disk gives up on the way has no digest, and that ends nothing", () => {
  const path = trace("hello-ext4/trace.txt");
  const { bytes, sha256 } = digestOf(path);
  assertEquals([bytes, sha256?.length], [Deno.statSync(path).size, 64]);
  const { readSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.readSync = function (into) {
    if (this.seekSync(0, Deno.SeekMode.Current) > 0) throw new Error("Input/output error (os error 5)");
    return readSync.call(this, into.subarray(0, 4096));
  };
  try {
    assertEquals(digestOf(path), { path, bytes: null, sha256: null });
  } finally {
    Deno.FsFile.prototype.readSync = readSync;
  }
  assertEquals(digestOf("/nowhere"), { path: "/nowhere", bytes: null, sha256: null });
});
