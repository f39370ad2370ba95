/**
 * Events that tell where a file's data is on its device, into the extent map.
 *
 * iomap tells byte addresses; ext4 tells filesystem blocks, which are kept as such, since the block size is often known
 * only later. XFS blocks are encoded with the geometry of allocation groups, which no event tells: what iomap says of the
 * same mapping is taken instead.
 *
 * @module
 */

import type { LiftingState, Thread } from "./lifting_state.ts";
import { NO } from "./operation.ts";
import { ATTRIBUTION, ROLE } from "./operation_kinds.ts";

/** iomap types: 0 hole, 1 delayed, 2 mapped, 3 unwritten, 4 inline. */
const IOMAP_MAPPED = 2;
const IOMAP_UNWRITTEN = 3;
/** iomap flag: the extent is shared, and a write goes elsewhere. */
const IOMAP_F_SHARED = 0x4;
/** Status bits of an extent of ext4: written, unwritten, delayed, hole. */
const ES_WRITTEN = 0x1;
const ES_UNWRITTEN = 0x2;
const ES_DELAYED = 0x4;
/** Flags of a mapped range of ext4 (`mflags`): mapped and unwritten, as buffer head bits. */
const EXT4_MAP_MAPPED = 1 << 4;
const EXT4_MAP_UNWRITTEN = 1 << 11;

/** iomap_iter_dstmap, iomap_writepage_map: a range of the file, and its byte address. */
export function iomapMaps(state: LiftingState, thread: Thread | null, place: { offset: number; bytes: number }): void {
  const { sink, file } = state;
  const { offset, bytes } = place;
  if (thread !== null) {
    const operation = thread.request ?? thread.call;
    if (operation !== null) operation.iterations = 0;
    thread.mapping.file = NO;
  }
  if (state.number("flags") > 0 && state.number("flags") & IOMAP_F_SHARED) state.doubt().ambiguity("A14", sink);
  const type = state.number("type");
  const isPlaced = type >= 0
    ? type === IOMAP_MAPPED || type === IOMAP_UNWRITTEN
    : /^(MAPPED|UNWRITTEN)/.test(state.text("type_text") ?? "");
  // An address of all ones is none.
  if (!isPlaced || file === NO || offset < 0 || bytes <= 0 || sink.deviceAddress < 0) return;
  remember(state, thread, file, sink.deviceAddress, bytes, offset);
}

function remember(
  state: LiftingState,
  thread: Thread | null,
  file: number,
  start: number,
  bytes: number,
  offset: number,
): void {
  const { sink } = state;
  state.deviceExtents(sink.dev).bytes.set(start, start + bytes, file, offset, sink.seq);
  if (thread === null) return;
  const { mapping } = thread;
  mapping.file = file;
  mapping.dev = sink.dev;
  mapping.start = start;
  mapping.end = start + bytes;
  mapping.offset = offset;
  mapping.isDirect = thread.directFile === file;
  if (thread.unplaced.length > 0) placeZeroed(state, thread);
}

/** Blocks that were written before their mapping was told are new ones that were zeroed. */
function placeZeroed(state: LiftingState, thread: Thread): void {
  const { file, dev, start, end, offset } = thread.mapping;
  const left = thread.unplaced.filter((each) => {
    if (each.dev !== dev || each.start < start || each.end > end) return true;
    const at = offset + each.start - start;
    state.bioOwners.add(each.bio, each.operation.id, file, at, ATTRIBUTION.certain, ROLE.zeroing);
    return false;
  });
  thread.unplaced.length = 0;
  thread.unplaced.push(...left);
}

/** iomap_add_to_ioend: a dirty range, and the mapping that it is in. */
export function ioendGrows(state: LiftingState, thread: Thread | null): void {
  const { sink, file } = state;
  const from = state.number("mode");
  const length = state.number("length");
  if (file === NO || from < 0 || length <= 0 || sink.deviceAddress < 0) return;
  remember(state, thread, file, sink.deviceAddress, length, from);
}

/** Blocks of ext4 that are on the device, by what the event says of their state; false for holes and delayed ones. */
function isOnDevice(state: LiftingState): boolean {
  const text = state.text("status_text");
  const isMap = state.sink.type.key.name.includes("map_blocks");
  if (text !== null) {
    if (!isMap && /D/.test(text)) state.doubt().ambiguity("A13", state.sink);
    return isMap ? /[MU]/.test(text) : /[WU]/.test(text) && !/D/.test(text);
  }
  const status = state.number("status");
  if (status < 0) return false;
  if (isMap) return (status & (EXT4_MAP_MAPPED | EXT4_MAP_UNWRITTEN)) !== 0;
  if (status & ES_DELAYED) state.doubt().ambiguity("A13", state.sink);
  return (status & (ES_WRITTEN | ES_UNWRITTEN)) !== 0 && (status & ES_DELAYED) === 0;
}

/** ext4_free_blocks: these blocks of the device are no file's any more. @param blockBytes 0 = not known */
export function ext4Frees(state: LiftingState, blockBytes: number): void {
  const block = state.number("request");
  const count = state.number("quantity");
  const known = state.sink.dev < 0 ? undefined : state.knownExtents(state.sink.dev);
  if (known === undefined || block < 0 || count <= 0) return;
  known.blocks.remove(block, block + count);
  if (blockBytes > 0) known.bytes.remove(block * blockBytes, (block + count) * blockBytes);
}

/** ext4_ext_map_blocks_exit, ext4_es_*: blocks of a file and of the device. */
export function ext4Maps(state: LiftingState): void {
  const { sink, file } = state;
  // Not found, or failed.
  if (state.number("quantity") === 0 || (sink.hasRet && sink.ret <= 0)) return;
  if (file === NO || sink.deviceBlock < 0 || state.offset < 0 || state.bytes <= 0 || !isOnDevice(state)) return;
  const { deviceBlock } = sink;
  state.deviceExtents(sink.dev).blocks.set(deviceBlock, deviceBlock + state.bytes, file, state.offset, sink.seq);
}
