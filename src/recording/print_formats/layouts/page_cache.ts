/**
 * How the events of the page cache and readahead (`filemap`, `readahead`) are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const PAGE_CACHE_LAYOUTS = `
file={file:hex} dev={s_dev:dev} ino={i_ino:hex} old={old:hex} new={new:hex}
    file_check_and_advance_wb_err
dev={s_dev:dev} ino={i_ino:hex} errseq={errseq:hex}
    filemap_set_wb_err
dev {s_dev:dev} ino {i_ino:hex} pfn={pfn:hex} ofs={index:page} order={order}
    mm_filemap_add_to_page_cache mm_filemap_delete_from_page_cache
dev={s_dev:dev} ino={i_ino:hex} ofs={index:page}
    mm_filemap_fault
dev={s_dev:dev} ino={i_ino:hex} ofs={index:page}-{last_index:page}
    mm_filemap_get_pages mm_filemap_map_pages
dev={s_dev:dev} ino={i_ino:hex} index={index} req_count={req_count} order={order} size={size} async_size={async_size} ra_pages={ra_pages} mmap_miss={mmap_miss} prev_pos={prev_pos}
    page_cache_async_ra page_cache_sync_ra
dev={s_dev:dev} ino={i_ino:hex} index={index} order={order} size={size} async_size={async_size} ra_pages={ra_pages}
    page_cache_ra_order
dev={s_dev:dev} ino={i_ino:hex} index={index} nr_to_read={nr_to_read} lookahead_size={lookahead_size}
    page_cache_ra_unbounded
`;
