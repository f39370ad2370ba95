/**
 * Flags that mean the same in several systems.
 *
 * @module
 */

import type { SystemFlag } from "../system.ts";

export const ON_OFF = ["on", "off"] as const;

export const WCACHE: SystemFlag = {
  name: "wcache",
  values: ON_OFF,
  default: "off",
  kind: "injection",
  meaning: "device with a volatile write cache",
};

export const FUA: SystemFlag = {
  name: "fua",
  values: ON_OFF,
  default: "off",
  kind: "injection",
  meaning: "device with FUA",
};

export const TRUNCATE_DIO_WAIT: SystemFlag = {
  name: "truncate_dio_wait",
  values: ON_OFF,
  default: "on",
  kind: "repair",
  meaning: "planted defect, off: truncation and holes do not wait for direct I/O",
};
