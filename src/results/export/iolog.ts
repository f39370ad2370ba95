/**
 * `export --iolog FILE`: the I/O of a recording in fio's replay format, version 3 (fio 3.31 and later).
 *
 *     fio version 3 iolog
 *     0 bdev-8-0 add
 *     0 bdev-8-0 open
 *     0 bdev-8-0 write 4096 8192
 *     152 bdev-8-0 sync 0 0
 *     300 bdev-8-0 close
 *
 * A line is `MICROSECONDS FILE ACTION [OFFSET LENGTH]`; times are from the first one on. Files are named for the device
 * and not by the device's own path, so that nothing is overwritten by a replay that says no more: fio replays onto a
 * test device with `replay_redirect`.
 *
 * Source: HOWTO of fio 3.33, "Trace file format v3".
 *
 * @module
 */
import { type QueryConnection, rowObjects } from "../query/result_rows.ts";
import { makeWhole, writeText } from "./output_place.ts";

/** What of a recording is in the file, and what fio has no action for. */
export interface IologCounts {
  lines: number;
  /** Bios without an action in fio, by their rwbs text. */
  skipped: Map<string, number>;
}

/** One bio as it was queued. */
export interface QueuedBio {
  dev: string;
  /** Microseconds since the first one. */
  microseconds: bigint;
  sector: bigint;
  bytes: bigint;
  rwbs: string;
}

/** Actions of a bio, in order: `sync` before it for a flush, `datasync` behind it for FUA. */
export function actionsOf({ sector, bytes, rwbs }: Pick<QueuedBio, "sector" | "bytes" | "rwbs">): string[] {
  const parts = /^(F?)(R|W|D|F|N)(F?)[ASMU]*$/.exec(rwbs);
  if (parts === null) return [];
  const [, flush, operation, fua] = parts;
  if (bytes === 0n) return flush !== "" || operation === "F" ? ["sync 0 0"] : [];
  const action = { R: "read", W: "write", D: "trim" }[operation];
  if (action === undefined) return [];
  return [
    ...(flush === "" ? [] : ["sync 0 0"]),
    `${action} ${sector * 512n} ${bytes}`,
    ...(fua === "" ? [] : ["datasync 0 0"]),
  ];
}

/** A device's name as that of a file. */
export function fileOf(dev: string): string {
  return `bdev-${dev.replaceAll(":", "-")}`;
}

/** The lines of the file, without the first. */
export function* iologLines(
  bios: Iterable<QueuedBio>,
  devices: readonly string[],
  counts: IologCounts,
): Generator<string> {
  for (const dev of devices) {
    yield `0 ${fileOf(dev)} add`;
    yield `0 ${fileOf(dev)} open`;
  }
  let last = 0n;
  for (const bio of bios) {
    const actions = actionsOf(bio);
    if (actions.length === 0) counts.skipped.set(bio.rwbs, (counts.skipped.get(bio.rwbs) ?? 0) + 1);
    for (const action of actions) yield `${bio.microseconds} ${fileOf(bio.dev)} ${action}`;
    counts.lines += actions.length;
    if (actions.length > 0) last = bio.microseconds;
  }
  for (const dev of devices) yield `${last} ${fileOf(dev)} close`;
}

/**
 * Writes the bios of one recording in the order in which they were queued. What came down from a device above is the
 * same I/O once more and is left out.
 *
 * @param dev one device, major:minor; null for all
 */
export function exportIolog(
  connection: QueryConnection,
  place: string,
  recording: number,
  dev: string | null,
): Promise<IologCounts> {
  return makeWhole(place, async (path) => {
    const rows = await rowObjects(
      connection,
      `
SELECT dev, coalesce(queue_ns, getrq_ns, insert_ns, issue_ns) AS ns, sector, coalesce(bytes, 0) AS bytes, rwbs
FROM main.bio
WHERE recording_id = ${recording} AND run_id IS NULL AND remapped_from IS NULL AND dev IS NOT NULL AND ns IS NOT NULL
ORDER BY ns, bio_id`,
    );
    const wanted = rows.filter((row) => dev === null || row.dev === dev);
    const first = wanted.length === 0 ? 0n : BigInt(String(wanted[0].ns));
    const bios = wanted.map((row): QueuedBio => ({
      dev: String(row.dev),
      microseconds: (BigInt(String(row.ns)) - first) / 1000n,
      sector: BigInt(String(row.sector ?? 0)),
      bytes: BigInt(String(row.bytes)),
      rwbs: String(row.rwbs ?? ""),
    }));
    const counts: IologCounts = { lines: 0, skipped: new Map() };
    const devices = [...new Set(bios.map((bio) => bio.dev))].sort();
    await writeText(path, (file) => {
      file.write("fio version 3 iolog\n");
      for (const line of iologLines(bios, devices, counts)) file.write(`${line}\n`);
    });
    return counts;
  });
}
