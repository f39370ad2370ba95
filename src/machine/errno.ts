/**
 * Error numbers, positive; functions return them negated, as the kernel does.
 *
 * @module
 */

export const EIO = 5;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const ENOTBLK = 15;
export const EBUSY = 16;
export const EINVAL = 22;
export const ENOSPC = 28;
export const EROFS = 30;
export const EOPNOTSUPP = 95;
