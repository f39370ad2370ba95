/**
 * The five characters that ftrace prints for a record's `common_flags` and `common_preempt_count`: irqs-off, need-resched,
 * hardirq/softirq, preempt-depth, migrate-disable.
 *
 * Source: Documentation/trace/ftrace.rst (latency trace format) of Linux 6.1 to 6.18.
 *
 * @module
 */

const IRQS_OFF = 0x01;
const RESCHED_LAZY = 0x02;
const RESCHED = 0x04;
const HARDIRQ = 0x08;
const SOFTIRQ = 0x10;
const PREEMPT_RESCHED = 0x20;
const NMI = 0x40;
const BH_OFF = 0x80;

function resched(flags: number): string {
  switch (flags & (RESCHED | RESCHED_LAZY | PREEMPT_RESCHED)) {
    case RESCHED | RESCHED_LAZY | PREEMPT_RESCHED:
      return "B";
    case RESCHED | PREEMPT_RESCHED:
      return "N";
    case RESCHED_LAZY | PREEMPT_RESCHED:
      return "L";
    case RESCHED | RESCHED_LAZY:
      return "b";
    case RESCHED:
      return "n";
    case PREEMPT_RESCHED:
      return "p";
    case RESCHED_LAZY:
      return "l";
    default:
      return ".";
  }
}

function context(flags: number): string {
  const hard = (flags & HARDIRQ) !== 0;
  if (flags & NMI) return hard ? "Z" : "z";
  if (flags & SOFTIRQ) return hard ? "H" : "s";
  return hard ? "h" : ".";
}

const depth = (n: number) => n === 0 ? "." : n.toString(16);

/** Five characters for the two bytes. */
export function irqFlags(flags: number, preemptCount: number): string {
  const irqs = flags & IRQS_OFF ? (flags & BH_OFF ? "D" : "d") : flags & BH_OFF ? "b" : ".";
  return irqs + resched(flags) + context(flags) + depth(preemptCount & 15) + depth(preemptCount >> 4);
}
