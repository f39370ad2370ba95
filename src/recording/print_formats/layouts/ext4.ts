/**
 * How the events of `ext4` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const EXT4_LAYOUTS = `
dev {dev:dev} ino {ino} reserved_data_blocks {data_blocks}
    ext4_alloc_da_blocks
dev {dev:dev} ino {ino} flags {flags:symbol} len {len} block {block} lblk {logical} goal {goal} lleft {lleft} lright {lright} pleft {pleft} pright {pright}
    ext4_allocate_blocks
dev {dev:dev} ino {ino} dir {dir} mode {mode:octal}
    ext4_allocate_inode
dev {dev:dev} ino {ino} new_size {new_size}
    ext4_begin_ordered_truncate
dev {dev:dev} ino {ino} offset {offset} len {len}
    ext4_collapse_range ext4_insert_range
dev {dev:dev} ino {ino} mode {mode:octal} i_blocks {i_blocks} freed_blocks {freed_blocks} reserved_data_blocks {reserved_data_blocks}
    ext4_da_release_space
dev {dev:dev} ino {ino} mode {mode:octal} i_blocks {i_blocks} reserve_blocks {reserve_blocks}reserved_data_blocks {reserved_data_blocks}
    ext4_da_reserve_space
dev {dev:dev} ino {ino} mode {mode:octal} i_blocks {i_blocks} used_blocks {used_blocks} reserved_data_blocks {reserved_data_blocks} quota_claim {quota_claim}
    ext4_da_update_reserve_space
dev {dev:dev} ino {ino} pos {pos} len {len}
    ext4_da_write_begin ext4_write_begin
dev {dev:dev} ino {ino} pos {pos} len {len} copied {copied}
    ext4_da_write_end ext4_journalled_write_end ext4_write_end
dev {dev:dev} ino {ino} start_pos {start_pos:hex} next_pos {next_pos:hex} nr_to_write {nr_to_write} ret {ret}
    ext4_da_write_folios_end
dev {dev:dev} ino {ino} start_pos {start_pos:hex} next_pos {next_pos:hex} nr_to_write {nr_to_write} sync_mode {sync_mode}
    ext4_da_write_folios_start
dev {dev:dev} ino {ino} lblk {lblk} len {len} flags {flags:symbol}
    ext4_da_write_pages_extent ext4_ext_map_blocks_enter ext4_ind_map_blocks_enter
dev {dev:dev} blk {blk} count {count}
    ext4_discard_blocks
dev {dev:dev} ino {ino} len: {len}
    ext4_discard_preallocations
dev {dev:dev} ino {ino} drop {drop}
    ext4_drop_inode
dev {dev:dev} function {function:text} line {line}
    ext4_error
dev {dev:dev} ino {ino} es [{lblk}/{len}) mapped {pblk} status {status:symbol}
    ext4_es_cache_extent ext4_es_find_extent_range_exit ext4_es_insert_extent
dev {dev:dev} ino {ino} lblk {lblk}
    ext4_es_find_extent_range_enter ext4_es_lookup_extent_enter
dev {dev:dev} ino {ino} es [{lblk}/{len}) mapped {pblk} status {status:symbol} allocated {lclu_allocated} {end_allocated}
    ext4_es_insert_delayed_extent
dev {dev:dev} ino {ino} found {found} [{lblk}/{len}) {pblk} {status:symbol}
    ext4_es_lookup_extent_exit
dev {dev:dev} ino {ino} es [{lblk}/{len})
    ext4_es_remove_extent
dev {dev:dev} nr_shrunk {nr_shrunk}, scan_time {scan_time} nr_skipped {nr_skipped} retried {retried}
    ext4_es_shrink
dev {dev:dev} nr_to_scan {nr_to_scan} cache_cnt {cache_cnt}
    ext4_es_shrink_count ext4_es_shrink_scan_enter
dev {dev:dev} nr_shrunk {nr_shrunk} cache_cnt {cache_cnt}
    ext4_es_shrink_scan_exit
dev {dev:dev} ino {ino} nlink {nlink}
    ext4_evict_inode
dev {dev:dev} ino {ino} m_lblk {m_lblk} m_len {m_len} u_lblk {u_lblk} u_len {u_len} u_pblk {u_pblk}
    ext4_ext_convert_to_initialized_enter
dev {dev:dev} ino {ino} m_lblk {m_lblk} m_len {m_len} u_lblk {u_lblk} u_len {u_len} u_pblk {u_pblk} i_lblk {i_lblk} i_len {i_len} i_pblk {i_pblk}
    ext4_ext_convert_to_initialized_fastpath
dev {dev:dev} ino {ino} m_lblk {lblk} m_pblk {pblk} m_len {len} flags {flags:symbol} allocated {allocated} newblock {newblk}
    ext4_ext_handle_unwritten_extents
dev {dev:dev} ino {ino} lblk {lblk} pblk {pblk}
    ext4_ext_load_extent
dev {dev:dev} ino {ino} flags {flags:symbol} lblk {lblk} pblk {pblk} len {len} mflags {mflags:symbol} ret {ret}
    ext4_ext_map_blocks_exit ext4_ind_map_blocks_exit
dev {dev:dev} ino {ino} since {start} end {end} depth {depth}
    ext4_ext_remove_space
dev {dev:dev} ino {ino} since {start} end {end} depth {depth} partial [pclu {pc_pclu} lblk {pc_lblk} state {pc_state}] remaining_entries {eh_entries}
    ext4_ext_remove_space_done
dev {dev:dev} ino {ino} index_pblk {pblk}
    ext4_ext_rm_idx
dev {dev:dev} ino {ino} start_lblk {start} last_extent [{ee_lblk}({ee_pblk}), {ee_len}]partial [pclu {pc_pclu} lblk {pc_lblk} state {pc_state}]
    ext4_ext_rm_leaf
dev {dev:dev} ino {ino} lblk {lblk} pblk {pblk} len {len}
    ext4_ext_show_extent
dev {dev:dev} ino {ino} offset {offset} len {len} mode {mode:symbol}
    ext4_fallocate_enter ext4_punch_hole ext4_zero_range
dev {dev:dev} ino {ino} pos {pos} blocks {blocks} ret {ret}
    ext4_fallocate_exit
dev {dev:dev}, j_fc_off {j_fc_off}, full {full}, tid {tid}
    ext4_fc_cleanup
dev {dev:dev} tid {tid}
    ext4_fc_commit_start
dev {dev:dev} nblks {nblks}, reason {reason}, fc = {num_fc}, ineligible = {num_fc_ineligible}, agg_nblks {nblks_agg}, tid {tid}
    ext4_fc_commit_stop
dev {dev:dev}: tag {tag}, ino {ino}, data1 {priv1}, data2 {priv2}
    ext4_fc_replay
dev {dev:dev} error {error}, off {off}
    ext4_fc_replay_scan
dev {dev:dev}, t_tid {t_tid}, ino {i_ino}, i_sync_tid {i_sync_tid}, error {error}
    ext4_fc_track_create ext4_fc_track_link ext4_fc_track_unlink
dev {dev:dev}, t_tid {t_tid}, inode {i_ino}, i_sync_tid {i_sync_tid}, error {error}
    ext4_fc_track_inode
dev {dev:dev}, t_tid {t_tid}, inode {i_ino}, i_sync_tid {i_sync_tid}, error {error}, start {start}, end {end}
    ext4_fc_track_range
dev {dev:dev} ino {ino} mode {mode:octal} is_metadata {is_metadata} block {block}
    ext4_forget
dev {dev:dev} ino {ino} mode {mode:octal} block {block} count {count} flags {flags:symbol}
    ext4_free_blocks
dev {dev:dev} ino {ino} mode {mode:octal} uid {uid} gid {gid} blocks {blocks}
    ext4_free_inode
dev {dev:dev} m_lblk {lblk} m_pblk {pblk} m_len {len} m_flags {flags:symbol} ret {ret}
    ext4_get_implied_cluster_alloc_exit
dev {dev:dev} ino {ino} folio_index {index} offset {offset} length {length}
    ext4_invalidate_folio ext4_journalled_invalidate_folio
dev {dev:dev} blocks {blocks}, rsv_blocks {rsv_blocks}, revoke_creds {revoke_creds}, type {type}, ino {ino}, caller {ip:symbol}
    ext4_journal_start_inode
dev {dev:dev} blocks, {blocks} caller {ip:symbol}
    ext4_journal_start_reserved
dev {dev:dev} blocks {blocks}, rsv_blocks {rsv_blocks}, revoke_creds {revoke_creds}, type {type}, caller {ip:symbol}
    ext4_journal_start_sb
dev {dev:dev} group {group}
    ext4_lazy_itable_init ext4_load_inode_bitmap ext4_mb_bitmap_load ext4_mb_buddy_bitmap_load
dev {dev:dev} ino {ino}
    ext4_load_inode ext4_nfs_commit_metadata
dev {dev:dev} ino {ino} caller {ip:symbol}
    ext4_mark_inode_dirty
dev {dev:dev} needed {needed}
    ext4_mb_discard_preallocations
dev {dev:dev} ino {ino} pstart {pa_pstart} len {pa_len} lstart {pa_lstart}
    ext4_mb_new_group_pa ext4_mb_new_inode_pa
dev {dev:dev} pstart {pa_pstart} len {pa_len}
    ext4_mb_release_group_pa
dev {dev:dev} ino {ino} block {block} count {count}
    ext4_mb_release_inode_pa
dev {dev:dev} inode {ino} orig {orig_group}/{orig_start}/{orig_len}@{orig_logical} goal {goal_group}/{goal_start}/{goal_len}@{goal_logical} result {result_group}/{result_start}/{result_len}@{result_logical} blks {found} grps {groups} cr {cr:symbol} flags {flags:symbol} tail {tail} broken {broken}
    ext4_mballoc_alloc
dev {dev:dev} inode {ino} extent {result_group}/{result_start}/{result_len}
    ext4_mballoc_discard ext4_mballoc_free
dev {dev:dev} inode {ino} orig {orig_group}/{orig_start}/{orig_len}@{orig_logical} result {result_group}/{result_start}/{result_len}@{result_logical}
    ext4_mballoc_prealloc
dev {dev:dev} orig_ino {orig_ino} ino {ino} mode {mode:octal} uid {uid} gid {gid}
    ext4_other_inode_update_time
dev {dev:dev} group {group} next {next} ios {ios}
    ext4_prefetch_bitmaps
dev {dev:dev} group {group} prefetch {prefetch}
    ext4_read_block_bitmap_load
dev {dev:dev} ino {ino} folio_index {index}
    ext4_read_folio ext4_release_folio
dev {dev:dev} ino {ino} extent [{ee_lblk}({ee_pblk}), {ee_len}]from {from} to {to} partial [pclu {pc_pclu} lblk {pc_lblk} state {pc_state}]
    ext4_remove_blocks
dev {dev:dev} ino {ino} flags {flags:symbol} len {len} lblk {logical} goal {goal} lleft {lleft} lright {lright} pleft {pleft} pright {pright}
    ext4_request_blocks
dev {dev:dev} dir {dir} mode {mode:octal}
    ext4_request_inode
dev {dev:dev} flags {flags}
    ext4_shutdown
dev {dev:dev} ino {ino} parent {parent} datasync {datasync}
    ext4_sync_file_enter
dev {dev:dev} ino {ino} ret {ret}
    ext4_sync_file_exit ext4_unlink_exit
dev {dev:dev} wait {wait}
    ext4_sync_fs
dev {dev_major},{dev_minor} group {group}, start {start}, len {len}
    ext4_trim_all_free ext4_trim_extent
dev {dev:dev} ino {ino} blocks {blocks}
    ext4_truncate_enter ext4_truncate_exit
dev {dev:dev} ino {ino} size {size} parent {parent}
    ext4_unlink_enter
dev {dev:dev} fsblk {fsblk} flags {flags}
    ext4_update_sb
dev {dev:dev} ino {ino} nr_to_write {nr_to_write} pages_skipped {pages_skipped} range_start {range_start} range_end {range_end} sync_mode {sync_mode} for_kupdate {for_kupdate} range_cyclic {range_cyclic} writeback_index {writeback_index}
    ext4_writepages
dev {dev:dev} ino {ino} ret {ret} pages_written {pages_written} pages_skipped {pages_skipped} sync_mode {sync_mode} writeback_index {writeback_index}
    ext4_writepages_result
dev {dev:dev} ino {ino} mode {mode:octal} i_blocks {i_blocks} reserved_data_blocks {reserved_data_blocks}
    ext4_da_reserve_space
dev {dev:dev} ino {ino} first_page {first_page} nr_to_write {nr_to_write} sync_mode {sync_mode}
    ext4_da_write_pages
dev {dev:dev} ino {ino} len: {len} needed {needed}
    ext4_discard_preallocations
dev {dev:dev} ino {ino} es [{lblk}/{len}) mapped {pblk} status {status:symbol} allocated {allocated}
    ext4_es_insert_delayed_block
dev {dev:dev} blocks {blocks}, rsv_blocks {rsv_blocks}, revoke_creds {revoke_creds}, caller {ip:symbol}
    ext4_journal_start
dev {dev:dev} inode {ino} orig {orig_group}/{orig_start}/{orig_len}@{orig_logical} goal {goal_group}/{goal_start}/{goal_len}@{goal_logical} result {result_group}/{result_start}/{result_len}@{result_logical} blks {found} grps {groups} cr {cr} flags {flags:symbol} tail {tail} broken {broken}
    ext4_mballoc_alloc
dev {dev:dev} ino {ino} page_index {index}
    ext4_readpage ext4_releasepage ext4_writepage
dev {dev:dev} keydev {keydev:dev} agno {agno} bno {bno} len {len} owner {owner} flags {flags:hex}
    ext4_fsmap_high_key ext4_fsmap_low_key ext4_fsmap_mapping
dev {dev:dev} keydev {keydev:dev} block {block} len {len} owner {owner} flags {flags:hex}
    ext4_getfsmap_high_key ext4_getfsmap_low_key ext4_getfsmap_mapping
`;
