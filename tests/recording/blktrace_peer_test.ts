import { assertEquals } from "@std/assert";
import { blkparseFormat } from "../../src/recording/blkparse_text.ts";
import type { ByteOrder } from "../../src/recording/blktrace/layout.ts";
import { blktraceFormat } from "../../src/recording/blktrace/reader.ts";
import { type BlkRecord, BLKTRACE_DEFAULTS, writeBlktraceSet } from "../../src/recording/blktrace/writer.ts";
import { collect, type Row } from "./collect.ts";

/** blkparse's standard output for a set, null where the program is not installed. */
async function blkparse(folder: string, name: string): Promise<Uint8Array | null> {
  try {
    const { stdout } = await new Deno.Command("blkparse", { args: ["-D", folder, "-i", name], stderr: "null" })
      .output();
    return stdout;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const DISK = { major: 8, minor: 16 };
const request = (name: string, rest: Partial<BlkRecord> = {}): Omit<BlkRecord, "timeNs"> => ({
  name,
  device: DISK,
  cpu: 0,
  pid: 697,
  rwbs: "WS",
  sector: 223490n,
  bytes: 4096,
  ...rest,
});
const command = { kind: "bytes" as const, bytes: Uint8Array.of(0x12, 1, 0, 0, 96, 9) };

/** Everything that blkparse prints of version 7. */
const RECORDS: BlkRecord[] = [
  { name: "blk_tn_process", device: DISK, cpu: 0, pid: 697, payload: { kind: "comm" as const, comm: "a b] [c) x" } },
  ...["queue", "backmerge", "frontmerge", "getrq", "sleeprq", "requeue", "issue", "complete", "insert", "bounce"]
    .map((action) => request(`blk_ta_${action}`)),
  ...["R", "W", "D", "RA", "WFS", "FWFSM", "RAM", "DS", "WSM", "FW"].map((rwbs) => request("blk_ta_queue", { rwbs })),
  request("blk_ta_plug", { rwbs: "N", sector: 0n, bytes: 0 }),
  request("blk_ta_unplug_io", { rwbs: "N", sector: 0n, bytes: 0, payload: { kind: "depth", requests: 3 } }),
  request("blk_ta_unplug_timer", { rwbs: "N", sector: 0n, bytes: 0, payload: { kind: "depth", requests: 7 } }),
  request("blk_ta_split", { payload: { kind: "new_sector", sector: 223494n } }),
  request("blk_ta_remap", {
    payload: { kind: "remap", from: { major: 253, minor: 2 }, to: { major: 8, minor: 17 }, sector: 1n << 35n },
  }),
  request("blk_ta_complete", { error: -5 }),
  request("blk_ta_complete", { rwbs: "FN", sector: 0n, bytes: 0 }),
  request("blk_ta_issue", { rwbs: "FN", sector: 0n, bytes: 0 }),
  request("blk_ta_issue", { kind: "packet command", rwbs: "R", sector: 0n, bytes: 96, payload: command }),
  request("blk_ta_complete", { kind: "packet command", rwbs: "R", sector: 0n, bytes: 96, payload: command }),
  request("blk_ta_queue", { cpu: 1, pid: 12345678, sector: 1n << 40n, bytes: 0xffff_fe00 }),
  {
    name: "blk_tn_message",
    device: DISK,
    cpu: 0,
    // blkparse 1.2 prints none for messages.
    pid: 0,
    payload: { kind: "text" as const, text: "cfq697 / sorted" },
  },
].map((record, n) => ({ ...record, timeNs: 1_000_000_000_123n + BigInt(n) * 1_234_567n }));

/** What both forms say of a record that blkparse prints. */
function common(row: Row, origin: bigint): unknown[] {
  const isCommand = row.raw.pdu !== undefined || row.raw.pdu_hex !== undefined;
  return [
    row.ts - origin,
    row.cpu,
    row.pid,
    row.name,
    row.dev,
    row.rwbs,
    row.sector,
    // Neither the length of a split nor that of a command's completion is printed, no task of what has a result.
    row.name === "blk_ta_split" || (isCommand && row.ret !== null) ? null : row.bytes,
    row.ret !== null || row.name === "blk_ta_remap" || row.name === "blk_tn_message" ? null : row.comm,
    row.ret,
    row.raw.sequence,
    row.raw.depth,
    row.raw.new_sector,
    row.raw.old_dev,
    row.raw.old_sector,
    row.raw.text,
  ];
}

for (const order of ["little", "big"] as ByteOrder[]) {
  Deno.test(`what blkparse prints of written records (${order}-endian) is what both readers give`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const files: string[] = [];
      for (const [cpu, bytes] of writeBlktraceSet(RECORDS, { ...BLKTRACE_DEFAULTS, order })) {
        files.push(`${folder}/disk.blktrace.${cpu}`);
        await Deno.writeFile(files.at(-1)!, bytes);
      }
      const text = await blkparse(folder, "disk");
      if (text === null) return;
      await Deno.writeFile(`${folder}/disk.txt`, text);
      const printed = await collect(blkparseFormat, [`${folder}/disk.txt`]);
      const binary = (await collect(blktraceFormat, files)).rows.filter((row) => row.name !== "blk_tn_process");
      assertEquals(printed.diagnostics, []);
      assertEquals(printed.rows.map((row) => common(row, 0n)), binary.map((row) => common(row, binary[0].ts)));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
