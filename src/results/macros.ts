/**
 * The scalar macros: short words for what questions to a recording say again and again. The shipped views use them.
 *
 * @module
 */

/** A macro that stands for an expression. */
export interface Macro {
  name: string;
  parameters: string;
  expression: string;
  description: string;
}

const DIRECTION =
  `CASE WHEN rwbs LIKE '%Z%' THEN 'zone' WHEN rwbs LIKE '%W%' THEN 'write' WHEN rwbs LIKE '%R%' THEN 'read'
  WHEN rwbs LIKE '%D%' THEN 'discard' WHEN rwbs LIKE '%F%' THEN 'flush' ELSE 'other' END`;

const EFFECT = `CASE WHEN kind IN ('pread', 'aio_pread', 'uring_pread', 'load') THEN 'read'
  WHEN kind IN ('pwrite', 'aio_pwrite', 'uring_pwrite', 'store') THEN 'write'
  WHEN kind IN ('fsync', 'fdatasync', 'msync', 'sync_file_range') THEN 'sync'
  WHEN kind IN ('ftruncate', 'fallocate') THEN 'size' END`;

/** The quantiles are values that occurred. */
const SPREAD = `{'count': count(ns), 'min_ns': min(ns), 'avg_ns': round(avg(ns))::BIGINT,
  'p50_ns': quantile_disc(ns, 0.5), 'p90_ns': quantile_disc(ns, 0.9), 'p99_ns': quantile_disc(ns, 0.99), 'max_ns': max(ns)}`;

/** For queries by hand, and for the views. */
export const MACROS: readonly Macro[] = [
  {
    name: "seconds",
    parameters: "ns",
    expression: "ns::DECIMAL(19, 0) * 0.000000001::DECIMAL(10, 9)",
    description: "a time or duration in ns as seconds, exactly",
  },
  {
    name: "dev_text",
    parameters: "number",
    expression: "(number::UBIGINT >> 20)::VARCHAR || ':' || (number::UBIGINT & 1048575)::VARCHAR",
    description: "a kernel device number (major << 20 | minor) as major:minor",
  },
  {
    name: "address_text",
    parameters: "number",
    expression:
      "coalesce('0x' || lower(hex(try_cast(number AS UBIGINT))), '0x' || lower(hex(try_cast(number AS BIGINT))), number)",
    description: "an address of the kernel's, kept as a number with or without a sign, in hexadecimal digits",
  },
  {
    name: "page_bytes",
    parameters: "page_size",
    expression: "coalesce(page_size, 4096)",
    description: "recording.page_size, or 4096 where a recording does not say it",
  },
  {
    name: "direction",
    parameters: "rwbs",
    expression: DIRECTION,
    description: "read, write, discard, flush, zone or other: what request flags as in WS or FWFSM mean",
  },
  {
    name: "effect_of",
    parameters: "kind",
    expression: EFFECT,
    description: "read, write, sync or size: what an operation of this kind does to a file; NULL for others",
  },
  {
    name: "meet",
    parameters: "offset_a, end_a, offset_b, end_b",
    expression: "(end_a IS NULL OR offset_b < end_a) AND (end_b IS NULL OR offset_a < end_b)",
    description: "whether two ranges have a byte in common; an end that is NULL is the end of the file",
  },
  {
    name: "spread",
    parameters: "ns",
    expression: SPREAD,
    description:
      "an aggregate: count, min_ns, avg_ns, p50_ns, p90_ns, p99_ns and max_ns as a struct, for unnest(spread(x))",
  },
];
