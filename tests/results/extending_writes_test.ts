import { assertEquals } from "@std/assert";
import { inFolder } from "../commands/run_cli.ts";
import { analysed, lines } from "./analysed.ts";

const HEAD =
  "# tracer: nop\n#\n#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n#              | |         |   |||||     |         |\n";

const IOMAP = "dev 7:0 ino 0x83";
const ops = "ops 0xffffffff82468aa0 caller __iomap_dio_rw+0x1fb/0x8d0";

/** Lines of a recording: what happens at which microsecond of second 10. */
class Script {
  text = HEAD;

  at(us: number, what: string, task = "           wl-t1-100  "): void {
    this.text += `${task}   [000] .....    10.${String(us).padStart(6, "0")}: ${what}\n`;
  }

  /** A direct write of a page; the size seen in its completion event is that of `end`. */
  write(
    us: number,
    page: number,
    size: number,
    { done, seen, ret }: { done: number; seen: number; ret: number },
  ): void {
    const [offset, length] = [`0x${(page * 4096).toString(16)}`, "0x1000"];
    const sector = 80 + page * 8;
    this.at(us, `sys_pwrite64(fd: 3, buf: 0x7fa603200000, count: ${length}, pos: ${offset})`);
    const begin = `size 0x${(size * 4096).toString(16)} offset ${offset} length ${length}`;
    this.at(us + 1, `iomap_dio_rw_begin: ${IOMAP} ${begin} done_before 0x0 flags DIRECT dio_flags  aio 0`);
    this.at(us + 2, `iomap_iter: ${IOMAP} pos ${offset} length ${length} status 0 flags WRITE|DIRECT (0x11) ${ops}`);
    const place = `bdev 7:0 addr 0x${(sector * 512).toString(16)} offset ${offset} length ${length}`;
    this.at(us + 3, `iomap_iter_dstmap: ${IOMAP} ${place} type MAPPED (0x2) flags  (0x0)`);
    this.at(us + 4, `block_bio_queue: 7,0 WS ${sector} + 8 [wl-t1]`);
    this.at(us + 5, `block_rq_issue: 7,0 WS 4096 () ${sector} + 8 be,0,4 [wl-t1]`);
    const end = `flags DIRECT aio 0 error ${Math.min(ret, 0)} ret ${ret}`;
    const events: [number, string][] = [
      [done, `block_rq_complete: 7,0 WS () ${sector} + 8 be,0,4 [0]`],
      [seen, `iomap_dio_complete: ${IOMAP} size 0x${((page + 1) * 4096).toString(16)} offset ${offset} ${end}`],
    ];
    for (const [when, what] of events.sort(([a], [b]) => a - b)) {
      if (ret >= 0 || !what.startsWith("iomap")) this.at(us + when, what);
    }
    const shown = ret < 0 ? `0x${BigInt.asUintN(64, BigInt(ret)).toString(16)}` : `0x${ret.toString(16)}`;
    this.at(us + 40, `sys_pwrite64 -> ${shown}`);
  }
}

Deno.test("a size that is seen before its data is written, and blocks beyond every size, are found", async () => {
  const script = new Script();
  script.at(1, "sys_openat(dfd: 0xffffff9c, filename: 0x7fff34789a90, flags: 0x4002, mode: 0)");
  script.at(5, "sys_openat -> 0x3");
  script.write(100, 1, 1, { done: 20, seen: 30, ret: 4096 });
  script.write(200, 2, 2, { done: 30, seen: 20, ret: 4096 });
  script.write(300, 0, 3, { done: 20, seen: 30, ret: 4096 });
  script.write(400, 5, 3, { done: 20, seen: 30, ret: -28 });
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/trace.txt`, script.text);
    await analysed([`${folder}/trace.txt`], async (rows) => {
      const ns = (us: number) => 10_000_000_000 + us * 1000;
      assertEquals(
        lines(
          await rows("FROM completion_before_size"),
          ..."file_offset end_offset size_before data_done_ns size_seen_ns size_event in_order".split(" "),
        ),
        [
          `4096 8192 4096 ${ns(120)} ${ns(130)} iomap_dio_complete true`,
          `8192 12288 8192 ${ns(230)} ${ns(220)} iomap_dio_complete false`,
        ],
      );
      assertEquals(
        lines(
          await rows("FROM blocks_beyond_eof"),
          "ino",
          "file_offset",
          "end_offset",
          "largest_size",
          "beyond_bytes",
          "result",
        ),
        ["131 20480 24576 12288 4096 -28"],
      );
    });
  });
});
