/**
 * Which recorded calls the model does.
 *
 * @module
 */

/** Kinds of calls that the model does. */
export const MODELLED_CALLS =
  /^(pread|pwrite|fsync|fdatasync|msync|sync_file_range|ftruncate|fallocate|fadvise|madvise|mmap|munmap|load|store|io_submit|io_uring_enter)$/;
