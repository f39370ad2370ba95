/**
 * How the events of `iomap` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const IOMAP_LAYOUTS = `
dev {dev:dev} ino {ino:hex} bdev {bdev:dev} pos {pos:hex} dirty len {dirty_len:hex} addr {addr:hex} offset {offset:hex} length {length:hex} type {type_text:text} ({type:hex}) flags {flags_text:text} ({flags:hex})
    iomap_add_to_ioend
dev {dev:dev} ino {ino:hex} size {isize:hex} offset {pos:hex} flags {ki_flags:symbol} aio {aio} error {error} ret {ret}
    iomap_dio_complete
dev {dev:dev} ino {ino:hex} size {size:hex} offset {offset:hex} length {length:hex}
    iomap_dio_invalidate_fail iomap_dio_rw_queued iomap_invalidate_folio iomap_release_folio iomap_writeback_folio
    iomap_writepage iomap_zero_iter
dev {dev:dev} ino {ino:hex} size {isize:hex} offset {pos:hex} length {count:hex} done_before {done_before:hex} flags {ki_flags:symbol} dio_flags {dio_flags:symbol} aio {aio}
    iomap_dio_rw_begin
dev {dev:dev} ino {ino:hex} pos {pos:hex} length {length:hex} status {status} flags {flags_text:text} ({flags:hex}) ops {ops:symbol} caller {caller:symbol}
    iomap_iter
dev {dev:dev} ino {ino:hex} bdev {bdev:dev} addr {addr:hex} offset {offset:hex} length {length:hex} type {type_text:text} ({type:hex}) flags {flags_text:text} ({flags:hex})
    iomap_iter_dstmap iomap_iter_srcmap
dev {dev:dev} ino {ino:hex} nr_pages {nr_pages}
    iomap_readahead iomap_readpage
dev {dev:dev} ino {ino:hex} pos {pos:hex} length {length:hex} flags {flags_text:text} ({flags:hex}) ops {ops:symbol} caller {caller:symbol}
    iomap_iter
dev {dev:dev} ino {ino:hex} bdev {bdev:dev} addr {addr:hex} offset {offset:hex} length {length:hex} type {type:symbol} flags {flags:symbol}
    iomap_iter_dstmap iomap_iter_srcmap iomap_writepage_map
`;
