/**
 * Names of error numbers, as manual pages print them.
 *
 * @module
 */

const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  4: "EINTR",
  5: "EIO",
  6: "ENXIO",
  9: "EBADF",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  15: "ENOTBLK",
  16: "EBUSY",
  17: "EEXIST",
  22: "EINVAL",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  35: "EDEADLK",
  95: "EOPNOTSUPP",
  117: "EUCLEAN",
  122: "EDQUOT",
  125: "ECANCELED",
};

/** `-EIO` for -5; the number where it has no name here. */
export function errnoName(result: number): string {
  const name = NAMES[-result];
  return name === undefined ? String(result) : `-${name}`;
}
