/**
 * Where a ring buffer page keeps its time, its length and its data, and where every record keeps its type, as the
 * recorded kernel describes them.
 *
 * @module
 */

import { commonPart, parseFields } from "./event_format.ts";
import { type BufferData, type FileHead, headTrouble, isPageSize } from "./file_head.ts";

/** Layout of a page, from `header_page`. */
export interface PageLayout {
  pageBytes: number;
  littleEndian: boolean;
  timestampOffset: number;
  commitOffset: number;
  /** Bytes of the commit word, which is a `long` of the recorded kernel: 4 or 8. */
  commitBytes: number;
  dataOffset: number;
}

/** Where the fields stand that every record begins with. */
export interface CommonLayout {
  type: number;
  flags: number;
  preemptCount: number;
  pid: number;
  /** Bytes that a record needs for them. */
  bytes: number;
}

const COMMON_USUAL: CommonLayout = { type: 0, flags: 2, preemptCount: 3, pid: 4, bytes: 8 };

/** No kernel's common fields go further. */
const COMMON_BYTES_MAX = 64;

/** Layout that a text of common fields gives; null when it cannot be right. */
function layoutOf(part: string): CommonLayout | null {
  const fields = parseFields(part);
  const at = (name: string, size: number) => {
    const field = fields.get(name);
    return field?.size === size && field.offset + size <= COMMON_BYTES_MAX ? field.offset : undefined;
  };
  const type = at("common_type", 2);
  const pid = at("common_pid", 4);
  if (type === undefined || pid === undefined) return null;
  const flags = at("common_flags", 1) ?? COMMON_USUAL.flags;
  const preemptCount = at("common_preempt_count", 1) ?? COMMON_USUAL.preemptCount;
  return { type, flags, preemptCount, pid, bytes: Math.max(type + 2, pid + 4, flags + 1, preemptCount + 1) };
}

/** Layout that the file's descriptions give; of descriptions that differ, most must be right. */
export function commonLayout(descriptions: readonly { text: string }[]): CommonLayout {
  const counts = new Map<string, number>();
  for (const { text } of descriptions) {
    const part = commonPart(text);
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  for (const [part] of [...counts].sort((a, b) => b[1] - a[1])) {
    const layout = layoutOf(part);
    if (layout !== null) return layout;
  }
  return COMMON_USUAL;
}

/** Layout of the pages of the top-level buffer; what cannot be right is as in every kernel so far. */
export function pageLayout(head: FileHead): PageLayout {
  const fields = parseFields(head.headerPage);
  const timestamp = fields.get("timestamp");
  const commit = fields.get("commit");
  const data = fields.get("data");
  const commitBytes = commit?.size ?? head.longBytes;
  const layout: PageLayout = {
    pageBytes: head.pageBytes,
    littleEndian: head.littleEndian,
    timestampOffset: timestamp?.offset ?? 0,
    commitOffset: commit?.offset ?? 8,
    commitBytes,
    dataOffset: data?.offset ?? 8 + commitBytes,
  };
  const end = Math.max(layout.timestampOffset + 8, layout.commitOffset + commitBytes);
  if ((commitBytes === 4 || commitBytes === 8) && end <= layout.dataOffset && layout.dataOffset <= 64) {
    // A buffer may be set up with pages larger than the machine's (buffer_subbuf_size_kb).
    const described = layout.dataOffset + (data?.size ?? 0);
    return isPageSize(described) && described > head.pageBytes ? { ...layout, pageBytes: described } : layout;
  }
  headTrouble(
    head,
    "header_page_damaged",
    "the description of ring buffer pages cannot be right: the usual is taken",
    0,
  );
  return {
    ...layout,
    timestampOffset: 0,
    commitOffset: 8,
    commitBytes: head.longBytes,
    dataOffset: 8 + head.longBytes,
  };
}

/** Layout of a buffer's pages. */
export function bufferLayout(top: PageLayout, buffer: BufferData): PageLayout {
  // The top-level buffer's pages are described by header_page; older versions of trace-cmd give the machine's page size.
  const pageBytes = buffer.name === "" ? Math.max(buffer.pageBytes ?? 0, top.pageBytes) : buffer.pageBytes;
  return { ...top, pageBytes: pageBytes ?? top.pageBytes };
}
