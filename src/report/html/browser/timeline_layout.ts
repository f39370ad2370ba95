/**
 * Where lanes stand, one below the other.
 *
 * @module
 */
import type { Lane, LaneGroup, Row } from "./timeline_lanes.ts";

export const GROUP_TITLES: Readonly<Record<LaneGroup, string>> = {
  tasks: "Tasks",
  files: "Files",
  memory: "Persistent memory, without a page cache",
  devices: "Devices",
};

export interface PlacedLane {
  readonly lane: Lane;
  /** Of its label, and of its rows, pixels from the top of all. */
  readonly top: number;
  readonly rowsTop: number;
  readonly bottom: number;
}

export interface GroupTitle {
  readonly group: LaneGroup;
  readonly top: number;
}

export interface Layout {
  readonly lanes: readonly PlacedLane[];
  readonly groups: readonly GroupTitle[];
  readonly height: number;
  /** Room for labels at the left; 0: labels are above the rows. */
  readonly labelWidth: number;
}

/** Narrower pages have labels above the rows. */
const LABELS_BESIDE_FROM = 720;
const LABEL_WIDTH = 190;
const LABEL_HEIGHT = 17;
const GROUP_HEIGHT = 26;
const LANE_GAP = 6;

/** @param width of all, pixels; lanes whose title does not have the words in `wanted` are left out */
export function layoutOf(lanes: readonly Lane[], width: number, wanted: string): Layout {
  const labelWidth = width >= LABELS_BESIDE_FROM ? LABEL_WIDTH : 0;
  const placed: PlacedLane[] = [];
  const groups: GroupTitle[] = [];
  let y = 0;
  for (const lane of lanes) {
    if (!lane.title.toLowerCase().includes(wanted.toLowerCase())) continue;
    if (groups[groups.length - 1]?.group !== lane.group) {
      groups.push({ group: lane.group, top: y });
      y += GROUP_HEIGHT;
    }
    const rowsTop = y + (labelWidth === 0 ? LABEL_HEIGHT : 0);
    const bottom = Math.max(rowsTop + lane.height, y + LABEL_HEIGHT);
    placed.push({ lane, top: y, rowsTop, bottom });
    y = bottom + LANE_GAP;
  }
  return { lanes: placed, groups, height: y, labelWidth };
}

/** The row at a height, with its lane. */
export function rowAt({ lanes }: Layout, y: number): { placed: PlacedLane; row: Row } | null {
  const placed = lanes.find(({ top, bottom }) => y >= top && y <= bottom);
  const row = placed?.lane.rows.findLast(({ top }) => y >= placed.rowsTop + top);
  return placed === undefined || row === undefined ? null : { placed, row };
}
