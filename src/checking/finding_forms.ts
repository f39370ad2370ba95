/**
 * What column `attributes` of `finding` says: which form of its anomaly a finding is.
 *
 * @module
 */

import type { Attribute } from "../scenarios/scenario.ts";

/** Of findings in recordings; scenarios cannot ask for these. */
type RecordedAttribute = "stamps" | "state" | "possible" | "flush" | "commit" | "fault";

/** One form of an anomaly. */
export interface FindingForm {
  readonly attribute: string;
  /** Anomalies that have it; none named: any. */
  readonly of: readonly string[];
  /** A line. */
  readonly meaning: string;
}

const MEANINGS: Readonly<Record<Attribute | RecordedAttribute, readonly [of: string, meaning: string]>> = {
  self: ["DEADLOCK", "one task waits for what it holds itself"],
  "AB-BA": ["DEADLOCK", "two tasks wait for each other, each for the same kind of thing"],
  edges_only: ["LOCK_INVERSION", "the order in which locks were taken is enough: no run that hangs is asked for"],
  window: [
    "STALE_WINDOW UNCONVERTED",
    "only for a while: as long as the direct write is in flight, or until the conversion that is to come is done",
  ],
  permanent: ["BEYOND_EOF UNCONVERTED WRONG_SIZE WRONG_DISKSIZE", "still so when all is done"],
  mixed: ["", "a sector of a page that a store through a mapping raced with, although not for this sector"],
  written_state: ["BEYOND_EOF", "the block is in written state"],
  state_form: ["STALE_CACHE STALE_MAPPING", "in the state of page and block when all is done: no read has seen it"],
  after_crash: [
    "BEYOND_EOF STALE_DATA PERSIST_LOST WRONG_DISKSIZE",
    "in what recovery makes of a crash",
  ],
  other_file: ["USE_AFTER_FREE_BLOCK", "another file's content is destroyed"],
  stamps: ["", "of a recording: told by the stamps that reads returned"],
  state: ["", "of a recording: told by the order of events, without knowing what was read"],
  possible: ["STALE_CACHE LOST_UPDATE", "of a recording: the events leave it open whether older or newer data is left"],
  flush: ["PERSIST_LOST", "of a recording: fsync returned 0 with no FLUSH behind the last of the file's data"],
  commit: [
    "PERSIST_LOST",
    "of a recording: a commit record was issued before the blocks that it is about were complete",
  ],
  fault: ["LIVELOCK", "of a recording: a thread faults on one page again and again"],
};

/** All forms there are. */
export const FINDING_FORMS: readonly FindingForm[] = Object.entries(MEANINGS).map(([attribute, [of, meaning]]) => ({
  attribute,
  of: of === "" ? [] : of.split(" "),
  meaning,
}));
