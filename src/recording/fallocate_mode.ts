/**
 * Bits of fallocate(2)'s mode, as sys_enter_fallocate has them.
 *
 * Source: include/uapi/linux/falloc.h.
 *
 * @module
 */

export const KEEP_SIZE = 0x01;
export const PUNCH_HOLE = 0x02;
export const COLLAPSE_RANGE = 0x08;
export const ZERO_RANGE = 0x10;
export const INSERT_RANGE = 0x20;
export const UNSHARE_RANGE = 0x40;
