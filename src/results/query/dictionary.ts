/**
 * What the letters and columns of blkparse, btt and ftrace mean, for people who never had to know.
 *
 * Sources: blkparse(1), blktrace(8) and btt(1) of blktrace 1.3; include/uapi/linux/blktrace_api.h and `blk_fill_rwbs` of
 * kernel/trace/blktrace.c (Linux 6.19); Documentation/trace/ftrace.rst.
 *
 * @module
 */

/** What kind of word is explained. */
export type TermKind =
  | "blkparse action"
  | "rwbs letter"
  | "rwbs operation"
  | "btt stage"
  | "blkparse column"
  | "blkparse -f letter"
  | "blktrace -a mask"
  | "irq_flags column";

/** One word and what it means. */
export interface Term {
  term: string;
  kind: TermKind;
  meaning: string;
}

const terms = (kind: TermKind, list: readonly [term: string, meaning: string][]): Term[] =>
  list.map(([term, meaning]) => ({ term, kind, meaning }));

/** Column `action` of event, and the sixth column of blkparse. */
const ACTIONS = terms("blkparse action", [
  ["Q", "queued: a bio is handed to the block layer; there is no request for it yet (block_bio_queue; bio.queue_ns)"],
  ["G", "get request: a request was allocated for the bio (block_getrq; bio.getrq_ns)"],
  ["I", "inserted: the request was given to the I/O scheduler (block_rq_insert; bio.insert_ns)"],
  ["D", "issued: the request was sent to the driver (block_rq_issue; bio.issue_ns)"],
  ["C", "completed: the driver reported the request done; it has the result (block_rq_complete; bio.complete_ns)"],
  ["M", "back merge: the bio begins where a queued request ends and was added to it (bio.merged_into)"],
  ["F", "front merge: the bio ends where a queued request begins and was added to it (bio.merged_into)"],
  ["R", "requeued: an issued request was taken back, to be issued again (block_rq_requeue; bio.requeues)"],
  ["X", "split: the bio crosses a limit of the device and was cut; the new half begins at new_sector (bio.split_from)"],
  [
    "A",
    "remapped: the bio was moved to the device below, from partition to disk or through dm, md, loop (bio.remapped_from)",
  ],
  ["P", "plug: the task holds its requests back for a moment, so that they can be merged and sent together"],
  ["U", "unplug: what was held back is sent on; the number is how many requests"],
  [
    "UT",
    "unplug because the task went to sleep with requests held back; in kernels before 2.6.39, because a timer ran out",
  ],
  ["S", "sleep: no request was free and the task waits for one; kernels with blk-mq do not tell"],
  ["B", "bounced: the data was copied to memory that the device can reach; kernels of today do not"],
  ["ZP", "zone plug: writes to a zone of a zoned device are held back to stay in order"],
  ["ZU", "zone unplug: the next write of the zone is let go"],
  ["ZA", "zone append done: the completion says at which sector the device put the data"],
  ["m", "message: text that a driver or I/O scheduler wrote into the trace"],
  ["n", "note: the name of a process, or the wall clock; blkparse uses it and does not print it (the letter is ours)"],
  ["ab", "aborted request; no kernel of today sends it (the letter is ours)"],
  ["d", "bytes that only the driver understands (the letter is ours)"],
]);

/** Parts of column `rwbs`, in the order in which they stand in it. */
const OPERATIONS = terms("rwbs operation", [
  ["R", "read"],
  ["W", "write"],
  ["D", "discard: the blocks' content is no longer needed (TRIM, UNMAP)"],
  ["DE", "secure erase: discard that leaves nothing to recover"],
  ["N", "none of these: a flush or packet command without data, or an operation that has no letter"],
  ["FF", "a bare flush of the device's volatile cache, as ftrace prints it"],
  ["FN", "a bare flush of the device's volatile cache, as blktrace prints it"],
  ["WZ", "write zeroes without sending them, in blktrace v8"],
  ["ZA", "zone append: write where the zone's write pointer is"],
  ["ZR", "zone reset: its write pointer goes back to the start"],
  ["ZRA", "reset of all zones"],
  ["ZO", "zone open"],
  ["ZC", "zone close"],
  ["ZF", "zone finish: its write pointer goes to the end"],
]);

const LETTERS = terms("rwbs letter", [
  [
    "F",
    "ahead of the operation: flush the device's cache first (REQ_PREFLUSH); behind it: FUA, durable when completed",
  ],
  ["A", "readahead: nobody waits for it yet, and it may fail"],
  ["S", "synchronous: somebody waits for it (REQ_SYNC); direct reads and writes, fsync, journal commits"],
  ["M", "metadata of the filesystem (REQ_META)"],
  ["U", "atomic: not torn by a power failure (REQ_ATOMIC), since Linux 6.11"],
  ["B", "barrier; kernels before 2.6.37, which had them instead of flush and FUA"],
]);

const STAGES = terms("btt stage", [
  ["Q2Q", "from one bio queued to the next on the same device: how often there is work"],
  ["Q2G", "from queued to a request allocated: waiting for a free request, throttling, plug merges"],
  ["G2I", "from request allocated to inserted into the I/O scheduler: time in the task's plug"],
  ["Q2M", "from queued to merged into a request that was there already"],
  ["I2D", "from inserted to issued to the driver: time in the I/O scheduler"],
  ["M2D", "from merged to the issue of the request merged into"],
  ["D2C", "from issued to completed: the driver and the device"],
  ["Q2C", "from queued to completed: all that the block layer and the device take"],
]);

const COLUMNS = terms("blkparse column", [
  ["8,0", "1st: device as major,minor; column dev as major:minor"],
  ["CPU", "2nd: CPU it was recorded on; column cpu"],
  [
    "sequence",
    "3rd: number of the record on its CPU; a gap means lost records. Column seq counts over all inputs instead",
  ],
  ["time", "4th: seconds since the trace began; column ts_ns in ns of the recording's clock"],
  ["PID", "5th: thread that was running; for C often a stranger that the interrupt hit. Columns pid and comm"],
  ["RWBS", "7th: what kind of I/O; column rwbs: [F] operation [F][A][S][M]. Explain the whole text: --explain FWFSM"],
  ["sector + n", "8th: first sector and number of sectors, of 512 bytes; columns sector and bytes (= n * 512)"],
  ["[comm]", "9th: name of the thread in brackets; for C the result instead: 0 or a negative errno, column ret"],
]);

const FORMAT_LETTERS = terms("blkparse -f letter", [
  ["a", "action; column action"],
  ["c", "CPU; column cpu"],
  ["C", "name of the thread; column comm"],
  ["d", "RWBS; column rwbs"],
  ["D", "major,minor of the device; column dev"],
  ["e", "error; column ret"],
  ["m", "minor number of the device"],
  ["M", "major number of the device"],
  ["n", "number of sectors; column bytes / 512"],
  ["N", "number of bytes; column bytes"],
  ["p", "process id; column pid"],
  ["P", "data of a packet command, hexadecimal"],
  ["s", "sequence number on the CPU"],
  ["S", "first sector; column sector"],
  ["t", "time, nanoseconds of the second; column ts_ns % 1000000000"],
  ["T", "time, seconds; column ts_ns // 1000000000"],
  ["u", "microseconds since an earlier stage (blkparse -t); columns queue_ns to complete_ns of bio instead"],
  ["U", "payload: requests held back, for unplug"],
]);

/** blktrace traps only the events of the categories that it is asked for. */
const MASKS = terms("blktrace -a mask", [
  ["barrier", "requests with barrier, since 2.6.37 flush, attribute; now called flush"],
  ["flush", "requests that flush the device's cache"],
  ["complete", "completions by the driver: action C"],
  ["issue", "requests sent to the driver: action D"],
  ["queue", "bios queued, merged, given a request, inserted: actions Q, M, F, G, I"],
  ["requeue", "requests taken back by the driver: action R"],
  ["fs", "requests of filesystems and of direct I/O, which read and write sectors"],
  ["pc", "packet commands: SCSI commands that are passed through"],
  ["read", "reads"],
  ["write", "writes"],
  ["sync", "synchronous requests: S in rwbs"],
  ["ahead", "readahead: A in rwbs"],
  ["meta", "metadata: M in rwbs"],
  ["fua", "forced unit access: F behind the operation in rwbs"],
  ["discard", "discards: D in rwbs"],
  ["notify", "messages and notes: m, n"],
  ["drv_data", "data that only the driver understands: d"],
]);

const IRQ_FLAGS = terms("irq_flags column", [
  ["irq_flags 1st", "d interrupts disabled, D and bottom halves too, b bottom halves disabled, . neither"],
  ["irq_flags 2nd", "need-resched: N set, n and p parts of it, L and l lazily, . not set"],
  ["irq_flags 3rd", "h in a hard interrupt, s in a soft one, H hard in soft, z and Z in an NMI, . in a task"],
  ["irq_flags 4th", "depth of disabled preemption, hexadecimal; . for 0"],
  ["irq_flags 5th", "depth of disabled migration, hexadecimal; . for 0"],
]);

/** All of it. */
export const DICTIONARY: readonly Term[] = [
  ...ACTIONS,
  ...OPERATIONS,
  ...LETTERS,
  ...STAGES,
  ...COLUMNS,
  ...FORMAT_LETTERS,
  ...MASKS,
  ...IRQ_FLAGS,
];

/**
 * The parts of a text of column `rwbs`, in order.
 *
 * @returns null when it is no such text
 */
export function rwbsParts(rwbs: string): Term[] | null {
  const flush = LETTERS.find(({ term }) => term === "F")!;
  const operationOf = (text: string) => OPERATIONS.find(({ term }) => term === text)!;
  if (rwbs === "FF" || rwbs === "FN") return [operationOf(rwbs)];
  const match = /^(F*?)(ZRA|ZA|ZR|ZO|ZC|ZF|WZ|DE|FF|R|W|D|N)(F?A?S?M?U?)$/.exec(rwbs);
  if (match === null || match[1].length > 1) return null;
  const [, before, operation, after] = match;
  const letters = [...after].map((letter) => LETTERS.find(({ term }) => term === letter)!);
  return [...(before ? [flush] : []), operationOf(operation), ...letters];
}
