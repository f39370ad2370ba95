/**
 * How the events of `xfs` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const XFS_LAYOUTS = `
dev {dev:dev} agno {agno:hex} resv {resv} freeblks {freeblks} flcount {flcount} resv {reserved} ask {asked} len {len}
    xfs_ag_resv_alloc_extent xfs_ag_resv_critical xfs_ag_resv_free xfs_ag_resv_free_extent xfs_ag_resv_init
    xfs_ag_resv_needed
dev {dev:dev} agno {agno:hex} error {error} caller {caller_ip:symbol}
    xfs_ag_resv_free_error xfs_ag_resv_init_error xfs_refcount_adjust_cow_error xfs_refcount_adjust_error
    xfs_refcount_delete_error xfs_refcount_find_left_extent_error xfs_refcount_find_right_extent_error
    xfs_refcount_find_shared_error xfs_refcount_insert_error xfs_refcount_merge_center_extents_error
    xfs_refcount_merge_left_extent_error xfs_refcount_merge_right_extent_error xfs_refcount_modify_extent_error
    xfs_refcount_split_extent_error xfs_refcount_update_error xfs_rmap_convert_error xfs_rmap_convert_state
    xfs_rmap_delete_error xfs_rmap_insert_error xfs_rmap_map_error xfs_rmap_unmap_error xfs_rmap_update_error
dev {dev:dev} agno {agno:hex} flags {flags:symbol} length {length} roots b {bno_root} c {cnt_root} levels b {bno_level} c {cnt_level} flfirst {flfirst} fllast {fllast} flcount {flcount} freeblks {freeblks} longest {longest} caller {caller_ip:symbol}
    xfs_agf xfs_agfl_reset
dev {dev:dev} {type:symbol}no {agno:hex} gbno {agbno:hex} fsbcount {len:hex} flags {flags:hex}
    xfs_agfl_free_deferred xfs_extent_free_defer xfs_extent_free_deferred
dev {dev:dev} lip {lip:hex} old lsn {old_lsn:lsn} new lsn {new_lsn:lsn} type {type:symbol} flags {flags:symbol}
    xfs_ail_delete xfs_ail_insert xfs_ail_move
dev {dev:dev} lsn {lsn:lsn} type {type:symbol} flags {flags:symbol}
    xfs_ail_flushing xfs_ail_locked xfs_ail_pinned xfs_ail_push
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} minlen {minlen} maxlen {maxlen} mod {mod} prod {prod} minleft {minleft} total {total} alignment {alignment} minalignslop {minalignslop} len {len} wasdel {wasdel} wasfromfl {wasfromfl} resv {resv} datatype {datatype:hex} highest_agno {highest_agno:hex}
    xfs_alloc_cur xfs_alloc_cur_left xfs_alloc_cur_lookup xfs_alloc_cur_lookup_done xfs_alloc_cur_right
    xfs_alloc_exact_done xfs_alloc_exact_error xfs_alloc_exact_notfound xfs_alloc_near_busy xfs_alloc_near_first
    xfs_alloc_near_noentry xfs_alloc_size_busy xfs_alloc_size_done xfs_alloc_size_error xfs_alloc_size_neither
    xfs_alloc_size_noentry xfs_alloc_size_nominleft xfs_alloc_small_done xfs_alloc_small_error
    xfs_alloc_small_freelist xfs_alloc_small_notenough xfs_alloc_vextent_allfailed xfs_alloc_vextent_badargs
    xfs_alloc_vextent_exact_bno xfs_alloc_vextent_finish xfs_alloc_vextent_first_ag xfs_alloc_vextent_loopfailed
    xfs_alloc_vextent_near_bno xfs_alloc_vextent_noagbp xfs_alloc_vextent_nofix xfs_alloc_vextent_skip_deadlock
    xfs_alloc_vextent_start_ag xfs_alloc_vextent_this_ag
dev {dev:dev} {name:text}bt agbno {bno:hex} fsbcount {len:hex} diff {diff:hex} new {new}
    xfs_alloc_cur_check
dev {dev:dev} ino {ino:hex} iflags {iflags:hex}
    xfs_alloc_file_space xfs_collapse_file_space xfs_destroy_inode xfs_dir_fsync xfs_dquot_dqalloc
    xfs_dquot_dqdetach xfs_file_compat_ioctl xfs_file_fsync xfs_file_ioctl xfs_free_file_space xfs_get_acl
    xfs_getattr xfs_iget_hit xfs_iget_miss xfs_iget_recycle xfs_iget_recycle_fail xfs_iget_skip xfs_inactive_symlink
    xfs_inode_clear_cowblocks_tag xfs_inode_clear_eofblocks_tag xfs_inode_free_cowblocks_invalid
    xfs_inode_free_eofblocks_invalid xfs_inode_inactivating xfs_inode_reclaiming xfs_inode_set_cowblocks_tag
    xfs_inode_set_eofblocks_tag xfs_inode_set_need_inactive xfs_inode_set_reclaimable xfs_insert_file_space
    xfs_ioctl_setattr xfs_readdir xfs_readlink xfs_reflink_set_inode_flag xfs_reflink_unset_inode_flag xfs_setattr
    xfs_update_time xfs_vm_bmap xfs_zero_file_space
dev {dev:dev} agno {agno:hex}
    xfs_alloc_read_agf xfs_ialloc_read_agi xfs_read_agf xfs_read_agi
state change {das:symbol} ino {ino:hex}
    xfs_attr_defer_add xfs_attr_defer_remove xfs_attr_defer_replace xfs_attr_leaf_addname_return
    xfs_attr_node_addname_return xfs_attr_remove_iter_return xfs_attr_rmtval_alloc xfs_attr_rmtval_remove_return
    xfs_attr_set_iter_return xfs_attr_sf_addname_return
dev {dev:dev} ino {ino:hex} name {name:text} namelen {namelen} valuelen {valuelen} hashval {hashval:hex} filter {attr_filter:symbol} op_flags {op_flags:symbol}
    xfs_attr_leaf_add xfs_attr_leaf_add_new xfs_attr_leaf_add_old xfs_attr_leaf_add_work xfs_attr_leaf_clearflag
    xfs_attr_leaf_compact xfs_attr_leaf_create xfs_attr_leaf_flipflags xfs_attr_leaf_get xfs_attr_leaf_lookup
    xfs_attr_leaf_rebalance xfs_attr_leaf_remove xfs_attr_leaf_removename xfs_attr_leaf_replace
    xfs_attr_leaf_setflag xfs_attr_leaf_split xfs_attr_leaf_split_after xfs_attr_leaf_split_before
    xfs_attr_leaf_to_node xfs_attr_leaf_to_sf xfs_attr_leaf_toosmall xfs_attr_leaf_unbalance xfs_attr_node_addname
    xfs_attr_node_get xfs_attr_node_replace xfs_attr_rmtval_get xfs_attr_sf_add xfs_attr_sf_addname
    xfs_attr_sf_create xfs_attr_sf_lookup xfs_attr_sf_remove xfs_attr_sf_to_leaf
dev {dev:dev} ino {ino:hex} cursor h/b/o {hashval:hex}/{blkno:hex}/{offset} dupcnt {dupcnt} buffer {buffer:hex} size {bufsize} count {count} firstu {firstu} filter {attr_filter:symbol}
    xfs_attr_leaf_list xfs_attr_list_add xfs_attr_list_full xfs_attr_list_leaf xfs_attr_list_leaf_end
    xfs_attr_list_notfound xfs_attr_list_sf xfs_attr_list_sf_all xfs_attr_list_wrong_blk xfs_attr_node_list
dev {dev:dev} ino {ino:hex} cursor h/b/o {hashval:hex}/{blkno:hex}/{offset} dupcnt {dupcnt} buffer {buffer:hex} size {bufsize} count {count} firstu {firstu} filter {attr_filter:symbol} node hashval {bt_hashval}, node before {bt_before}
    xfs_attr_list_node_descend
dev {dev:dev} m_features {mflags:hex} opstate ({opstate:symbol}) s_flags {sbflags:hex} caller {caller_ip:symbol}
    xfs_blockgc_flush_all xfs_blockgc_start xfs_blockgc_stop xfs_blockgc_worker xfs_fs_sync_fs xfs_inodegc_flush
    xfs_inodegc_push xfs_inodegc_queue xfs_inodegc_start xfs_inodegc_stop xfs_inodegc_throttle
dev {dev:dev} flags {flags:hex} uid {uid} gid {gid} prid {prid} minsize {min_file_size} scan_limit {scan_limit} caller {caller_ip:symbol}
    xfs_blockgc_free_space xfs_ioc_free_eofblocks
dev {dev:dev} op {op:symbol} ino {ino:hex} {type:symbol}no {agno:hex} gbno {gbno:hex} {whichfork:symbol} fileoff {l_loff:hex} fsbcount {l_len:hex} state {l_state}
    xfs_bmap_defer xfs_bmap_deferred
dev {dev:dev} ino {ino:hex} state {bmap_state:symbol} cur {leaf:hex}/{pos} fileoff {startoff:hex} startblock {startblock:hex} fsbcount {blockcount:hex} flag {state} caller {caller_ip:symbol}
    xfs_bmap_post_update xfs_bmap_pre_update xfs_iext_insert xfs_iext_remove xfs_read_extent xfs_write_extent
dev {dev:dev} {name:text}bt agno {agno:hex} ino {ino:hex} agbno {agbno:hex} error {error}
    xfs_btree_alloc_block
dev {dev:dev} {name:text}bt level {level} block {block_idx}/{nr_blocks} agno {agno:hex} agbno {agbno:hex} recs {nr_records}
    xfs_btree_bload_block
dev {dev:dev} {name:text}bt level {level}/{nlevels} nr_this_level {nr_this_level} nr_per_block {nr_per_block} desired_npb {desired_npb} blocks {blocks} blocks_with_extra {blocks_with_extra}
    xfs_btree_bload_level_geometry
dev {dev:dev} {name:text}bt agno {agno:hex} levels {levels} blocks {blocks} root {agbno}
    xfs_btree_commit_afakeroot
dev {dev:dev} {name:text}bt agno {agno:hex} agino {agino:hex} whichfork {whichfork:symbol} levels {levels} blocks {blocks}
    xfs_btree_commit_ifakeroot
dev {dev:dev} daddr {bno:hex} bbcount {nblks:hex} hold {hold} pincount {pincount} lock {lockval} flags {flags:symbol} bufops {buf_ops:symbol} caller {caller_ip:symbol}
    xfs_btree_corrupt xfs_buf_backing_fallback xfs_buf_backing_folio xfs_buf_backing_kmem xfs_buf_backing_vmalloc
    xfs_buf_delwri_pushbuf xfs_buf_delwri_queue xfs_buf_delwri_queued xfs_buf_delwri_split xfs_buf_drain_buftarg
    xfs_buf_error_relse xfs_buf_free xfs_buf_get_uncached xfs_buf_hold xfs_buf_init xfs_buf_iodone
    xfs_buf_iodone_async xfs_buf_iowait xfs_buf_iowait_done xfs_buf_item_relse xfs_buf_lock xfs_buf_lock_done
    xfs_buf_rele xfs_buf_submit xfs_buf_trylock xfs_buf_trylock_fail xfs_buf_unlock xfs_reset_dqcounts
    xfs_trans_read_buf_shut
dev {dev:dev} {name:text}bt agno {agno:hex} ino {ino:hex} agbno {agbno:hex}
    xfs_btree_free_block
dev {dev:dev} {name:text}bt level {level}/{nlevels} ptr {ptr} daddr {daddr:hex}
    xfs_btree_overlapped_query_range xfs_btree_updkeys
dev {dev:dev} daddr {bno:hex} bbcount {length:hex} hold {hold} pincount {pincount} lock {lockval} flags {flags:symbol} caller {caller_ip:symbol}
    xfs_buf_find xfs_buf_get xfs_buf_read xfs_buf_readahead
dev {dev:dev} daddr {bno:hex} bbcount {length:hex} hold {hold} pincount {pincount} lock {lockval} error {error} flags {flags:symbol} caller {caller_ip:symbol}
    xfs_buf_ioerror
dev {dev:dev} daddr {buf_bno:hex} bbcount {buf_len:hex} hold {buf_hold} pincount {buf_pincount} lock {buf_lockval} flags {buf_flags:symbol} recur {bli_recur} refcount {bli_refcount} bliflags {bli_flags:symbol} liflags {li_flags:symbol}
    xfs_buf_item_committed xfs_buf_item_format xfs_buf_item_format_stale xfs_buf_item_ordered xfs_buf_item_pin
    xfs_buf_item_push xfs_buf_item_release xfs_buf_item_size xfs_buf_item_size_ordered xfs_buf_item_size_stale
    xfs_buf_item_unpin xfs_buf_item_unpin_stale xfs_trans_bdetach xfs_trans_bhold xfs_trans_bhold_release
    xfs_trans_binval xfs_trans_bjoin xfs_trans_brelse xfs_trans_get_buf xfs_trans_get_buf_recur xfs_trans_getsb
    xfs_trans_getsb_recur xfs_trans_log_buf xfs_trans_read_buf xfs_trans_read_buf_recur
dev {dev:dev} ino {ino:hex} disize {size:hex} fileoff {fileoff:hex} fsbcount {len:hex} flags {flags:symbol} caller {caller_ip:symbol}
    xfs_bunmap
dev {dev:dev} {type:symbol} max_write {max_write} max_ioend {max_ioend} max_gsize {max_gsize} awu_max {awu_max}
    xfs_calc_atomic_write_unit_max
dev {dev:dev} per_intent {per_intent} step_size {step_size} logres {logres} blockcount {blockcount}
    xfs_calc_max_atomic_write_fsblocks
dev {dev:dev} per_intent {per_intent} step_size {step_size} blockcount {blockcount} min_logblocks {min_logblocks} logblocks {cur_logblocks} logres {logres}
    xfs_calc_max_atomic_write_log_geometry
dev {dev:dev} new_dalign {new_dalign} sb_rootino {sb_rootino:hex} calc_rootino {calc_rootino:hex}
    xfs_check_new_dalign
dev {dev:dev} lip {lip:hex} lsn {lsn:lsn} type {type:symbol} flags {flags:symbol}
    xfs_cil_whiteout_mark xfs_cil_whiteout_skip xfs_cil_whiteout_unpin xfs_trans_free_abort xlog_ail_insert_abort
dev {dev:dev} dp ino {dp_ino:hex} name {name:text}
    xfs_create xfs_link xfs_lookup xfs_remove xfs_symlink
dev {dev:dev} ino {ino:hex} name {name:text} namelen {namelen} hashval {hashval:hex} inumber {inumber:hex} op_flags {op_flags:symbol} owner {owner:hex}
    xfs_da_fixhashpath xfs_da_grow_inode xfs_da_join xfs_da_link_after xfs_da_link_before xfs_da_node_add
    xfs_da_node_create xfs_da_node_rebalance xfs_da_node_remove xfs_da_node_split xfs_da_node_toosmall
    xfs_da_node_unbalance xfs_da_path_shift xfs_da_root_join xfs_da_root_split xfs_da_shrink_inode xfs_da_split
    xfs_da_swap_lastblock xfs_da_unlink_back xfs_da_unlink_forward xfs_dir2_block_addname xfs_dir2_block_lookup
    xfs_dir2_block_removename xfs_dir2_block_replace xfs_dir2_block_to_leaf xfs_dir2_block_to_sf
    xfs_dir2_leaf_addname xfs_dir2_leaf_lookup xfs_dir2_leaf_removename xfs_dir2_leaf_replace xfs_dir2_leaf_to_block
    xfs_dir2_leaf_to_node xfs_dir2_node_addname xfs_dir2_node_lookup xfs_dir2_node_removename xfs_dir2_node_replace
    xfs_dir2_node_to_leaf xfs_dir2_sf_addname xfs_dir2_sf_create xfs_dir2_sf_lookup xfs_dir2_sf_removename
    xfs_dir2_sf_replace xfs_dir2_sf_to_block xfs_dir2_sf_toino4 xfs_dir2_sf_toino8
dev {dev:dev} optype {name:text} intent {intent:hex} item {item:hex} flags {flags:symbol} committed {committed} nr {nr}
    xfs_defer_add_item xfs_defer_cancel_item xfs_defer_finish_item
dev {dev:dev} tp {tp:hex} caller {caller_ip:symbol}
    xfs_defer_cancel xfs_defer_finish xfs_defer_finish_done xfs_defer_trans_abort xfs_defer_trans_roll
dev {dev:dev} optype {name:text} intent {intent:hex} flags {flags:symbol} committed {committed} nr {nr}
    xfs_defer_cancel_list xfs_defer_create_intent xfs_defer_isolate_paused xfs_defer_item_pause
    xfs_defer_item_unpause xfs_defer_pending_abort xfs_defer_pending_finish xfs_defer_relog_intent
dev {dev:dev} tp {tp:hex} err {error}
    xfs_defer_finish_error xfs_defer_trans_roll_error
dev {dev:dev} ino {ino:hex} isize {isize:hex} disize {disize:hex} pos {offset:hex} bytecount {count:hex}
    xfs_delalloc_enospc xfs_end_io_direct_write xfs_end_io_direct_write_append xfs_end_io_direct_write_unwritten
    xfs_file_splice_read xfs_reflink_cancel_cow_range xfs_reflink_end_cow xfs_reflink_unshare xfs_setfilesize
    xfs_unwritten_convert xfs_zero_eof xfs_zoned_map_blocks
dev {dev:dev} ino {ino:hex} op_flags {op_flags:symbol} index {idx}
    xfs_dir2_grow_inode xfs_dir2_leafn_add xfs_dir2_leafn_remove xfs_dir2_shrink_inode
dev {dev:dev} ino {ino:hex} op_flags {op_flags:symbol} src_idx {src_idx} dst_idx {dst_idx} count {count}
    xfs_dir2_leafn_moveents
dev {dev:dev} {type:symbol}no {agno:hex} gbno {agbno:hex} fsbcount {len:hex}
    xfs_discard_busy xfs_discard_exclude xfs_discard_extent xfs_discard_toosmall
dev {dev:dev} rtbno {rtbno:hex} rtbcount {len:hex}
    xfs_discard_rtextent xfs_discard_rttoosmall
dev {dev:dev} id {id:hex} type {type:symbol} flags {flags:symbol} nrefs {nrefs} res_bc {res_bcount:hex} res_rtbc {res_rtbcount:hex} res_ic {res_icount:hex} bcnt {bcount:hex} bhardlimit {blk_hardlimit:hex} bsoftlimit {blk_softlimit:hex} rtbcnt {rtbcount:hex} rtbhardlimit {rtb_hardlimit:hex} rtbsoftlimit {rtb_softlimit:hex} icnt {icount:hex} ihardlimit {ino_hardlimit:hex} isoftlimit {ino_softlimit:hex}]
    xfs_dqadjust xfs_dqalloc xfs_dqattach_found xfs_dqattach_get xfs_dqflush xfs_dqflush_done xfs_dqflush_force
    xfs_dqget_dup xfs_dqget_freeing xfs_dqget_hit xfs_dqget_miss xfs_dqput xfs_dqput_free xfs_dqread xfs_dqread_fail
    xfs_dqreclaim_busy xfs_dqreclaim_dirty xfs_dqreclaim_done xfs_dqreclaim_want xfs_dqrele xfs_dqtobp_read
    xfs_trans_apply_dquot_deltas_after xfs_trans_apply_dquot_deltas_before
dev {dev:dev} ino1 {ino1:hex} fileoff1 {startoff1:hex} ino2 {ino2:hex} fileoff2 {startoff2:hex} fsbcount {blockcount:hex} flags ({flags:symbol}) isize1 {isize1:hex} newisize1 {new_isize1:hex} isize2 {isize2:hex} newisize2 {new_isize2:hex}
    xfs_exchmaps_defer xfs_exchmaps_recover
dev {dev:dev} ino1 {ino1:hex} nexts {nexts1} ino2 {ino2:hex} nexts {nexts2} delta1 {d_nexts1} delta2 {d_nexts2}
    xfs_exchmaps_delta_nextents
dev {dev:dev} left {loff:hex}:{lstart:hex}:{lcount:hex}; curr {coff:hex}:{cstart:hex}:{ccount:hex} <- new {noff:hex}:{nstart:hex}:{ncount:hex}; right {roff:hex}:{rstart:hex}:{rcount:hex} delta {delta} state {state:hex}
    xfs_exchmaps_delta_nextents_step
dev {dev:dev} ino1 {ino1:hex} fileoff1 {startoff1:hex} ino2 {ino2:hex} fileoff2 {startoff2:hex} fsbcount {blockcount:hex} flags ({flags:symbol}) bcount1 {ip1_bcount:hex} rtbcount1 {ip1_rtbcount:hex} bcount2 {ip2_bcount:hex} rtbcount2 {ip2_rtbcount:hex} resblks {resblks:hex} nr_exchanges {nr_exchanges}
    xfs_exchmaps_final_estimate xfs_exchmaps_initial_estimate
dev {dev:dev} ino {ino:hex} fileoff {lblk:hex} fsbcount {len:hex} startblock {pblk:hex} st {state}
    xfs_exchmaps_mapping1 xfs_exchmaps_mapping1_skip xfs_exchmaps_mapping2 xfs_reflink_cancel_cow
    xfs_reflink_convert_cow xfs_reflink_cow_enospc xfs_reflink_cow_found xfs_reflink_cow_remap_from
    xfs_reflink_cow_remap_skip xfs_reflink_cow_remap_to xfs_reflink_remap_extent_dest xfs_reflink_remap_extent_src
    xfs_reflink_trim_around_shared xfs_swap_extent_rmap_remap xfs_swap_extent_rmap_remap_piece
dev {dev:dev} bmbt_blocks {bmbt_blocks:hex} rmapbt_blocks {rmapbt_blocks:hex}
    xfs_exchmaps_overhead
dev {dev:dev} ino {ino:hex} disize {size:hex} new_size {new_size:hex}
    xfs_exchmaps_update_inode_size xfs_itruncate_extents_end xfs_itruncate_extents_start
    xfs_reflink_update_inode_size
dev {dev:dev} ino {ino:hex} whichfile {whichfile:symbol} format {format:symbol} num_extents {nex} forkoff {fork_off:hex}
    xfs_exchrange_after xfs_exchrange_before
dev {dev:dev} ino {ino:hex} error {error} caller {caller_ip:symbol}
    xfs_exchrange_error xfs_reflink_cancel_cow_range_error xfs_reflink_compare_extents_error
    xfs_reflink_end_cow_error xfs_reflink_remap_blocks_error xfs_reflink_remap_extent_error
    xfs_reflink_remap_range_error xfs_reflink_set_inode_flag_error xfs_reflink_unshare_error
    xfs_reflink_update_inode_size_error xfs_swap_extent_rmap_error
dev {dev:dev} flags {flags:symbol} bytecount {length:hex} ino1 {ip1_ino:hex} isize {ip1_isize:hex} disize {ip1_disize:hex} pos {file1_offset:hex} -> ino2 {ip2_ino:hex} isize {ip2_isize:hex} disize {ip2_disize:hex} pos {file2_offset:hex}
    xfs_exchrange_flush xfs_exchrange_mappings xfs_exchrange_prep
dev {dev:dev} ino {ip2_ino:hex} mtime {ip2_mtime}:{ip2_mtime_nsec} ctime {ip2_ctime}:{ip2_ctime_nsec} -> file {file2_ino:hex} mtime {file2_mtime}:{file2_mtime_nsec} ctime {file2_ctime}:{file2_ctime_nsec}
    xfs_exchrange_freshness
dev {dev:dev} {type:symbol}no {agno:hex} {:symbol}bno {agbno:hex} fsbcount {len:hex}
    xfs_extent_busy xfs_extent_busy_clear xfs_extent_busy_force xfs_extent_busy_reuse
dev {dev:dev} {type:symbol}no {agno:hex} {:symbol}bno {agbno:hex} fsbcount {len:hex} found_agbno {tbno:hex} found_fsbcount {tlen:hex}
    xfs_extent_busy_trim
dev {dev:dev} ino {ino:hex} disize {size:hex} pos {offset:hex} bytecount {count:hex}
    xfs_file_buffered_read xfs_file_buffered_write xfs_file_dax_read xfs_file_dax_write xfs_file_direct_read
    xfs_file_direct_write xfs_reflink_bounce_dio_write
dev {dev:dev} ino {ino:hex} agno {agno:hex} streams {streams}
    xfs_filestream_free xfs_filestream_lookup xfs_filestream_scan
dev {dev:dev} ino {ino:hex} agno {agno:hex} streams {streams} free {free}
    xfs_filestream_pick
dev {dev:dev} tag {ptag:symbol} flags {flags:symbol} file {fname:text} line_num {line_num}
    xfs_force_shutdown
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} fsbcount {len:hex} resv {resv} {have_text:text}
    xfs_free_extent
dev {dev:dev} ctr {ctr:symbol} delta {delta} avail {avail} total {total} caller {caller_ip:symbol}
    xfs_freecounter_enospc xfs_freecounter_reserved
dev {dev:dev} flags {flags:hex}
    xfs_fs_mark_corrupt xfs_fs_mark_healthy xfs_fs_mark_sick xfs_fs_unfixed_corruption xfs_rt_mark_healthy
    xfs_rt_mark_sick xfs_rt_unfixed_corruption
dev {dev:dev} keydev {keydev:dev} agno {agno:hex} startblock {agbno:hex} owner {owner:hex} fileoff {offset:hex} flags {flags:hex}
    xfs_fsmap_high_group_key xfs_fsmap_low_group_key
dev {dev:dev} keydev {keydev:dev} bno {bno:hex}
    xfs_fsmap_high_key_linear xfs_fsmap_high_linear_key xfs_fsmap_low_key_linear xfs_fsmap_low_linear_key
dev {dev:dev} keydev {keydev:dev} agno {agno:hex} gbno {agbno:hex} start_daddr {start_daddr:hex} len_daddr {len_daddr:hex} owner {owner:hex} fileoff {offset:hex} flags {flags:hex}
    xfs_fsmap_mapping
dev {dev:dev} keydev {keydev:dev} daddr {block:hex} bbcount {len:hex} owner {owner:hex} fileoff_daddr {offset:hex} flags {flags:hex}
    xfs_getfsmap_high_key xfs_getfsmap_low_key xfs_getfsmap_mapping
dev {dev:dev} ino {ino:hex} iflags {iflags:hex} oflags {oflags:hex} bufsize {bufsize} cur_init? {initted} hashval {hashval:hex} blkno {blkno} offset {offset}
    xfs_getparents_begin xfs_getparents_end
dev {dev:dev} ino {ino:hex} firstu {firstu} reclen {reclen} bufsize {bufsize} parent_ino {parent_ino:hex} parent_gen {parent_gen:hex} name '{name:text}'
    xfs_getparents_expand_lastrec xfs_getparents_put_listent
dev {dev:dev} {type:symbol}no {agno:hex} passive refs {refcount} active refs {active_refcount} caller {caller_ip:symbol}
    xfs_group_get xfs_group_grab xfs_group_grab_next_tag xfs_group_hold xfs_group_put xfs_group_rele
dev {dev:dev} {type:symbol}no {index:hex} flags {flags:hex}
    xfs_group_mark_corrupt xfs_group_mark_healthy xfs_group_mark_sick xfs_group_unfixed_corruption
dev {dev:dev} ino {ino:hex} flags {lock_flags:symbol} caller {caller_ip:symbol}
    xfs_ilock xfs_ilock_demote xfs_ilock_nowait xfs_iunlock
dev {dev:dev} ino {ino:hex} flags {flags:hex}
    xfs_inode_mark_corrupt xfs_inode_mark_healthy xfs_inode_mark_sick xfs_inode_unfixed_corruption
dev {dev:dev} ino {ino:hex} count {count} pincount {pincount} iflags {iflags:hex} caller {caller_ip:symbol}
    xfs_inode_pin xfs_inode_push_pinned xfs_inode_push_stale xfs_inode_unpin xfs_inode_unpin_nowait xfs_irele
dev {dev:dev} agno {agno:hex} agino {agino:hex} bucket {bucket}
    xfs_inode_reload_unlinked_bucket
dev {dev:dev} min {min} max {max}
    xfs_inode_timestamp_range xfs_quota_expiry_range
dev {dev:dev} nr_to_scan {nr_to_scan} caller {caller_ip:symbol}
    xfs_inodegc_shrinker_scan
dev {dev:dev} shrinker_hits {shrinker_hits}
    xfs_inodegc_worker
dev {dev:dev} ino {ino:hex} disize {size:hex} pos {offset:hex} bytecount {count:hex} fork {whichfork:symbol} startoff {startoff:hex} startblock {startblock:hex} fsbcount {blockcount:hex}
    xfs_iomap_alloc xfs_iomap_found xfs_map_blocks_alloc xfs_map_blocks_found
dev {dev:dev} ino {ino:hex} pos {offset:hex} bytecount {count:hex}
    xfs_iomap_atomic_write_cow
dev {dev:dev} ino {ino:hex} pos {pos:hex} addr {addr:hex} bytecount {len:hex} type {type:hex} flags {flags:hex} validity_cookie {validity_cookie:hex} inodeseq {inodeseq:hex}
    xfs_iomap_invalid
dev {dev:dev} ino {ino:hex} prealloc blocks {blocks} shift {shift} m_allocsize_blocks {writeio_blocks}
    xfs_iomap_prealloc_size
dev {dev:dev} agno {agno:hex} agino {agino:hex} holemask {holemask:hex}
    xfs_irec_merge_post
dev {dev:dev} agno {agno:hex} agino {agino:hex} holemask {holemask:hex} new_agino {nagino:hex} new_holemask {nholemask:hex}
    xfs_irec_merge_pre
dev {dev:dev} agno {agno:hex} agino {agino:hex}
    xfs_iunlink xfs_iunlink_remove
dev {dev:dev} agno {agno:hex} agino {agino:hex} prev_unlinked {prev_agino:hex} next_unlinked {next_agino:hex}
    xfs_iunlink_reload_next
dev {dev:dev} agno {agno:hex} bucket {bucket} old {old_ptr:hex} new {new_ptr:hex}
    xfs_iunlink_update_bucket
dev {dev:dev} agno {agno:hex} agino {agino:hex} old {old_ptr:hex} new {new_ptr:hex}
    xfs_iunlink_update_dinode
dev {dev:dev} agno {agno:hex} startino {startino:hex} freemask {freemask:hex}
    xfs_iwalk_ag_rec
dev {dev:dev} new tail lsn {new_lsn:lsn}, old lsn {old_lsn:lsn}, head lsn {head_lsn:lsn}
    xfs_log_assign_tail_lsn
dev {dev:dev} tic {tic:hex} t_ocnt {ocnt} t_cnt {cnt} t_curr_res {curr_res} t_unit_res {unit_res} t_flags {flags:symbol} reserveq {reserveq_text:text} writeq {writeq_text:text} tail space {tail_space} grant_reserve_bytes {grant_reserve_bytes} grant_write_bytes {grant_write_bytes} curr_cycle {curr_cycle} curr_block {curr_block} tail_cycle {tail_cycle} tail_block {tail_block}
    xfs_log_cil_wait xfs_log_grant_sleep xfs_log_grant_wake xfs_log_grant_wake_up xfs_log_regrant
    xfs_log_regrant_exit xfs_log_reserve xfs_log_reserve_exit xfs_log_ticket_regrant xfs_log_ticket_regrant_exit
    xfs_log_ticket_regrant_sub xfs_log_ticket_ungrant xfs_log_ticket_ungrant_exit xfs_log_ticket_ungrant_sub
    xfs_log_umount_write
dev {dev:dev} lsn {lsn:hex} caller {caller_ip:symbol}
    xfs_log_force
dev {dev:dev} logres {logres} logcount {logcount}
    xfs_log_get_max_trans_res
dev {dev:dev} headblk {headblk:hex} tailblk {tailblk:hex}
    xfs_log_recover
dev {dev:dev} daddr {blkno:hex}, bbcount {len:hex}, flags {flags:hex}, size {size}, map_size {map_size}
    xfs_log_recover_buf_cancel xfs_log_recover_buf_cancel_add xfs_log_recover_buf_cancel_ref_inc
    xfs_log_recover_buf_dquot_buf xfs_log_recover_buf_inode_buf xfs_log_recover_buf_not_cancel
    xfs_log_recover_buf_recover xfs_log_recover_buf_reg_buf xfs_log_recover_buf_skip
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} fsbcount {length:hex} ireccount {count} isize {isize} gen {gen:hex}
    xfs_log_recover_icreate_cancel xfs_log_recover_icreate_recover
dev {dev:dev} ino {ino:hex}, size {size}, fields {fields:hex}, asize {asize}, dsize {dsize}, daddr {blkno:hex}, bbcount {len:hex}, boffset {boffset}
    xfs_log_recover_inode_cancel xfs_log_recover_inode_recover xfs_log_recover_inode_skip
dev {dev:dev} tid {tid:hex} lsn {lsn:hex}, pass {pass}, item {item:hex}, item type {type:symbol} item region count/total {count}/{total}
    xfs_log_recover_item_add xfs_log_recover_item_add_cont xfs_log_recover_item_recover
    xfs_log_recover_item_reorder_head xfs_log_recover_item_reorder_tail
dev {dev:dev} lsn {lsn:hex} len {len:hex} num_logops {num_logops:hex} pass {pass}
    xfs_log_recover_record
dev {dev:dev} dp {dp_ino:hex} fname '{fname:text}' ino {ino:hex}
    xfs_metadir_cancel xfs_metadir_commit xfs_metadir_create xfs_metadir_link xfs_metadir_start_create
    xfs_metadir_start_link xfs_metadir_try_create
dev {dev:dev} dir {dp_ino:hex} type {ftype:symbol} name '{name:text}' ino {ino:hex}
    xfs_metadir_lookup
dev {dev:dev} dp {dp_ino:hex} fname '{fname:text}' ino {ino:hex} error {error}
    xfs_metadir_teardown
dev {dev:dev} freeblks {freeblks} resv {reserved} ask {asked} used {used} len {len}
    xfs_metafile_resv_alloc_space xfs_metafile_resv_critical xfs_metafile_resv_free xfs_metafile_resv_free_space
    xfs_metafile_resv_init xfs_metafile_resv_init_error
dev {dev:dev} agno {agno:hex} passive refs {refcount} active refs {active_refcount} caller {caller_ip:symbol}
    xfs_perag_clear_inode_tag xfs_perag_set_inode_tag xfs_reclaim_inodes_count
dev {dev:dev} nr_threads {nr_threads} pid {pid}
    xfs_pwork_init
dev {dev:dev} ino {ino:hex} order {order}
    xfs_read_fault xfs_write_fault
dev {dev:dev} agno {agno:hex} ino {ino:hex} error {error} caller {caller_ip:symbol}
    xfs_refcount_adjust_cow_error xfs_refcount_adjust_error xfs_refcount_delete_error
    xfs_refcount_find_left_extent_error xfs_refcount_find_right_extent_error xfs_refcount_find_shared_error
    xfs_refcount_insert_error xfs_refcount_merge_center_extents_error xfs_refcount_merge_left_extent_error
    xfs_refcount_merge_right_extent_error xfs_refcount_modify_extent_error xfs_refcount_split_extent_error
    xfs_refcount_update_error xfs_rmap_convert_error xfs_rmap_delete_error xfs_rmap_insert_error xfs_rmap_map_error
    xfs_rmap_unmap_error xfs_rmap_update_error
dev {dev:dev} {type:symbol}no {agno:hex} gbno {gbno:hex} fsbcount {len:hex}
    xfs_refcount_cow_decrease xfs_refcount_cow_increase xfs_refcount_decrease xfs_refcount_find_shared
    xfs_refcount_find_shared_result xfs_refcount_increase
dev {dev:dev} op {op:symbol} {type:symbol}no {agno:hex} gbno {gbno:hex} fsbcount {len:hex}
    xfs_refcount_defer xfs_refcount_deferred xfs_refcount_finish_one_leftover
dev {dev:dev} {type:symbol}no {agno:hex} dom {domain:symbol} gbno {startblock:hex} fsbcount {blockcount:hex} refcount {refcount}
    xfs_refcount_delete xfs_refcount_get xfs_refcount_insert xfs_refcount_modify_extent xfs_refcount_update
dev {dev:dev} {type:symbol}no {agno:hex} dom {i1_domain:symbol} gbno {i1_startblock:hex} fsbcount {i1_blockcount:hex} refcount {i1_refcount} -- dom {i2_domain:symbol} gbno {i2_startblock:hex} fsbcount {i2_blockcount:hex} refcount {i2_refcount} @ gbno {gbno:hex}
    xfs_refcount_find_left_extent xfs_refcount_find_right_extent
dev {dev:dev} {type:symbol}no {agno:hex} gbno {gbno:hex} cmp {dir_text:text}({dir})
    xfs_refcount_lookup
dev {dev:dev} {type:symbol}no {agno:hex} dom {i1_domain:symbol} gbno {i1_startblock:hex} fsbcount {i1_blockcount:hex} refcount {i1_refcount} -- dom {i2_domain:symbol} gbno {i2_startblock:hex} fsbcount {i2_blockcount:hex} refcount {i2_refcount} -- dom {i3_domain:symbol} gbno {i3_startblock:hex} fsbcount {i3_blockcount:hex} refcount {i3_refcount}
    xfs_refcount_merge_center_extents
dev {dev:dev} {type:symbol}no {agno:hex} dom {i1_domain:symbol} gbno {i1_startblock:hex} fsbcount {i1_blockcount:hex} refcount {i1_refcount} -- dom {i2_domain:symbol} gbno {i2_startblock:hex} fsbcount {i2_blockcount:hex} refcount {i2_refcount}
    xfs_refcount_merge_left_extent xfs_refcount_merge_right_extent
dev {dev:dev} {type:symbol}no {agno:hex} dom {domain:symbol} gbno {startblock:hex} fsbcount {blockcount:hex} refcount {refcount} @ gbno {gbno:hex}
    xfs_refcount_split_extent
dev {dev:dev} fsbcount {len:hex} ino {src_ino:hex} fileoff {src_lblk:hex} -> ino {dest_ino:hex} fileoff {dest_lblk:hex}
    xfs_reflink_remap_blocks
dev {dev:dev} bytecount {len:hex} ino {src_ino:hex} isize {src_isize:hex} disize {src_disize:hex} pos {src_offset:hex} -> ino {dest_ino:hex} isize {dest_isize:hex} disize {dest_disize:hex} pos {dest_offset:hex}
    xfs_reflink_compare_extents xfs_reflink_remap_range
dev {dev:dev} src dp ino {src_dp_ino:hex} target dp ino {target_dp_ino:hex} src name {src_name:text} target name {target_name:text}
    xfs_rename
dev {dev:dev} {type:symbol}no {agno:hex} gbno {gbno:hex} fsbcount {len:hex} owner {owner:hex} fileoff {offset:hex} flags {flags:hex}
    xfs_rmap_convert xfs_rmap_convert_done xfs_rmap_delete xfs_rmap_find_left_neighbor_candidate
    xfs_rmap_find_left_neighbor_query xfs_rmap_find_left_neighbor_result xfs_rmap_find_right_neighbor_result
    xfs_rmap_insert xfs_rmap_lookup_le_range xfs_rmap_lookup_le_range_candidate xfs_rmap_lookup_le_range_result
    xfs_rmap_map xfs_rmap_map_done xfs_rmap_unmap xfs_rmap_unmap_done xfs_rmap_update
dev {dev:dev} {type:symbol}no {agno:hex} state {state} caller {caller_ip:symbol}
    xfs_rmap_convert_state
dev {dev:dev} op {op:symbol} {type:symbol}no {agno:hex} gbno {gbno:hex} owner {owner:hex} {whichfork:symbol} fileoff {l_loff:hex} fsbcount {l_len:hex} state {l_state}
    xfs_rmap_defer xfs_rmap_deferred
dev {dev:dev} ino {ino:hex} ({which:symbol}), {format:symbol} format, num_extents {nex}, broot size {broot_size}, forkoff {fork_off:hex}
    xfs_swap_extent_after xfs_swap_extent_before
dev {dev:dev} trans {tid:hex} flags {flags:hex} caller {caller_ip:symbol}
    xfs_trans_add_item xfs_trans_alloc xfs_trans_cancel xfs_trans_commit xfs_trans_commit_items xfs_trans_dup
    xfs_trans_free xfs_trans_free_items xfs_trans_roll
dev {dev:dev} dquot id {dqid:hex} type {type:symbol} flags {flags:symbol} blk_res {blk_res} bcount_delta {bcount_delta} delbcnt_delta {delbcnt_delta} rtblk_res {rtblk_res} rtblk_res_used {rtblk_res_used} rtbcount_delta {rtbcount_delta} delrtb_delta {delrtb_delta} ino_res {ino_res} ino_res_used {ino_res_used} icount_delta {icount_delta}
    xfs_trans_apply_dquot_deltas xfs_trans_mod_dquot_after xfs_trans_mod_dquot_before
dev {dev:dev} dquot id {dqid:hex} type {type:symbol} flags {flags:symbol} field {field:symbol} delta {delta}
    xfs_trans_mod_dquot
dev {dev:dev} type {type} logres {logres} logcount {logcount} flags {logflags:hex}
    xfs_trans_resv_calc xfs_trans_resv_calc_minlogsize
dev {dev:dev} ino {ino:hex} pos {pos:hex} addr {addr:hex} bytecount {len:hex} type {type:hex} flags {flags:hex} wpcseq {wpcseq:hex} forkseq {forkseq:hex}
    xfs_wb_cow_iomap_invalid xfs_wb_data_iomap_invalid
dev {dev:dev} state {state:symbol} refcnt {refcount} offset {offset} lsn {lsn:hex} flags {flags:symbol} caller {caller_ip:symbol}
    xlog_iclog_activate xlog_iclog_callback xlog_iclog_callbacks_done xlog_iclog_callbacks_start xlog_iclog_clean
    xlog_iclog_force xlog_iclog_force_lsn xlog_iclog_get_space xlog_iclog_release xlog_iclog_switch xlog_iclog_sync
    xlog_iclog_sync_done xlog_iclog_syncing xlog_iclog_wait_on xlog_iclog_want_sync xlog_iclog_write
dev {dev:dev} optype {name:text} error {error}
    xlog_intent_recovery_failed
dev {dev:dev} agno {agno:hex} flags {flags:hex}
    xfs_ag_mark_healthy xfs_ag_mark_sick xfs_ag_unfixed_corruption
dev {dev:dev} op {type} agno {agno:hex} agbno {agbno:hex} fsbcount {len:hex}
    xfs_agfl_free_defer xfs_agfl_free_deferred xfs_bmap_free_defer xfs_bmap_free_deferred xfs_refcount_defer
    xfs_refcount_deferred
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} minlen {minlen} maxlen {maxlen} mod {mod} prod {prod} minleft {minleft} total {total} alignment {alignment} minalignslop {minalignslop} len {len} type {type:symbol} otype {otype:symbol} wasdel {wasdel} wasfromfl {wasfromfl} resv {resv} datatype {datatype:hex} firstblock {firstblock:hex}
    xfs_alloc_cur xfs_alloc_cur_left xfs_alloc_cur_lookup xfs_alloc_cur_lookup_done xfs_alloc_cur_right
    xfs_alloc_exact_done xfs_alloc_exact_error xfs_alloc_exact_notfound xfs_alloc_near_busy xfs_alloc_near_error
    xfs_alloc_near_first xfs_alloc_near_noentry xfs_alloc_near_nominleft xfs_alloc_size_busy xfs_alloc_size_done
    xfs_alloc_size_error xfs_alloc_size_neither xfs_alloc_size_noentry xfs_alloc_size_nominleft xfs_alloc_small_done
    xfs_alloc_small_error xfs_alloc_small_freelist xfs_alloc_small_notenough xfs_alloc_vextent_allfailed
    xfs_alloc_vextent_badargs xfs_alloc_vextent_loopfailed xfs_alloc_vextent_noagbp xfs_alloc_vextent_nofix
    xfs_alloc_vextent_skip_deadlock
dev {dev:dev} btree {btnum:symbol} agbno {bno:hex} fsbcount {len:hex} diff {diff:hex} new {new}
    xfs_alloc_cur_check
dev {dev:dev} ino {ino:hex} name {name:text} namelen {namelen} valuelen {valuelen} hashval {hashval:hex} filter {attr_filter:symbol} flags {attr_flags:symbol} op_flags {op_flags:symbol}
    xfs_attr_fillstate xfs_attr_leaf_add xfs_attr_leaf_add_new xfs_attr_leaf_add_old xfs_attr_leaf_add_work
    xfs_attr_leaf_clearflag xfs_attr_leaf_compact xfs_attr_leaf_create xfs_attr_leaf_flipflags xfs_attr_leaf_get
    xfs_attr_leaf_lookup xfs_attr_leaf_rebalance xfs_attr_leaf_remove xfs_attr_leaf_removename xfs_attr_leaf_replace
    xfs_attr_leaf_setflag xfs_attr_leaf_split xfs_attr_leaf_split_after xfs_attr_leaf_split_before
    xfs_attr_leaf_to_node xfs_attr_leaf_to_sf xfs_attr_leaf_toosmall xfs_attr_leaf_unbalance xfs_attr_node_addname
    xfs_attr_node_get xfs_attr_node_removename xfs_attr_node_replace xfs_attr_refillstate xfs_attr_rmtval_get
    xfs_attr_rmtval_set xfs_attr_sf_add xfs_attr_sf_addname xfs_attr_sf_create xfs_attr_sf_lookup xfs_attr_sf_remove
    xfs_attr_sf_to_leaf
dev {dev:dev} op {op} agno {agno:hex} agbno {agbno:hex} owner {ino:hex} {whichfork:symbol} fileoff {l_loff:hex} fsbcount {l_len:hex} state {l_state}
    xfs_bmap_defer xfs_bmap_deferred xfs_rmap_defer xfs_rmap_deferred
dev {dev:dev} btree {btnum:symbol} level {level} block {block_idx}/{nr_blocks} agno {agno:hex} agbno {agbno:hex} recs {nr_records}
    xfs_btree_bload_block
dev {dev:dev} btree {btnum:symbol} level {level}/{nlevels} nr_this_level {nr_this_level} nr_per_block {nr_per_block} desired_npb {desired_npb} blocks {blocks} blocks_with_extra {blocks_with_extra}
    xfs_btree_bload_level_geometry
dev {dev:dev} btree {btnum:symbol} agno {agno:hex} levels {levels} blocks {blocks} root {agbno}
    xfs_btree_commit_afakeroot
dev {dev:dev} btree {btnum:symbol} agno {agno:hex} agino {agino:hex} whichfork {whichfork:symbol} levels {levels} blocks {blocks}
    xfs_btree_commit_ifakeroot
dev {dev:dev} btree {btnum:symbol} level {level}/{nlevels} ptr {ptr} daddr {daddr:hex}
    xfs_btree_overlapped_query_range xfs_btree_updkeys
dev {dev:dev} ino {ino:hex} name {name:text} namelen {namelen} hashval {hashval:hex} inumber {inumber:hex} op_flags {op_flags:symbol}
    xfs_da_fixhashpath xfs_da_grow_inode xfs_da_join xfs_da_link_after xfs_da_link_before xfs_da_node_add
    xfs_da_node_create xfs_da_node_rebalance xfs_da_node_remove xfs_da_node_split xfs_da_node_toosmall
    xfs_da_node_unbalance xfs_da_path_shift xfs_da_root_join xfs_da_root_split xfs_da_shrink_inode xfs_da_split
    xfs_da_swap_lastblock xfs_da_unlink_back xfs_da_unlink_forward xfs_dir2_block_addname xfs_dir2_block_lookup
    xfs_dir2_block_removename xfs_dir2_block_replace xfs_dir2_block_to_leaf xfs_dir2_block_to_sf
    xfs_dir2_leaf_addname xfs_dir2_leaf_lookup xfs_dir2_leaf_removename xfs_dir2_leaf_replace xfs_dir2_leaf_to_block
    xfs_dir2_leaf_to_node xfs_dir2_node_addname xfs_dir2_node_lookup xfs_dir2_node_removename xfs_dir2_node_replace
    xfs_dir2_node_to_leaf xfs_dir2_sf_addname xfs_dir2_sf_create xfs_dir2_sf_lookup xfs_dir2_sf_removename
    xfs_dir2_sf_replace xfs_dir2_sf_to_block xfs_dir2_sf_toino4 xfs_dir2_sf_toino8
dev {dev:dev} optype {type} intent {intent:hex} committed {committed} nr {nr}
    xfs_defer_cancel_list xfs_defer_create_intent xfs_defer_pending_abort xfs_defer_pending_finish
    xfs_defer_relog_intent
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} fsbcount {len:hex}
    xfs_discard_busy xfs_discard_exclude xfs_discard_extent xfs_discard_toosmall xfs_extent_busy
    xfs_extent_busy_clear xfs_extent_busy_enomem xfs_extent_busy_force xfs_extent_busy_reuse
    xfs_refcount_cow_decrease xfs_refcount_cow_increase xfs_refcount_decrease xfs_refcount_find_shared
    xfs_refcount_find_shared_result xfs_refcount_increase xfs_refcountbt_alloc_block xfs_refcountbt_free_block
    xfs_rmapbt_alloc_block xfs_rmapbt_free_block
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} fsbcount {len:hex} found_agbno {tbno:hex} found_fsbcount {tlen:hex}
    xfs_extent_busy_trim
dev {dev:dev} ino {ino:hex} {pe_size:symbol} write_fault {write_fault}
    xfs_filemap_fault
dev {dev:dev} ino {ino:hex} agno {agno:hex} streams {streams} free {free} nscan {nscan}
    xfs_filestream_pick
dev {dev:dev} keydev {keydev:dev} agno {agno:hex} startblock {bno:hex} fsbcount {len:hex} owner {owner:hex} fileoff {offset:hex} flags {flags:hex}
    xfs_fsmap_high_key xfs_fsmap_low_key xfs_fsmap_mapping
dev {dev:dev} ino {ino:hex} count {count} pincount {pincount} caller {caller_ip:symbol}
    xfs_inode_pin xfs_inode_unpin xfs_inode_unpin_nowait xfs_irele
dev {dev:dev} ino {src_ino:hex} isize {src_isize:hex} -> ino {dest_ino:hex} isize {dest_isize:hex}
    xfs_ioctl_clone
dev {dev:dev} agno {agno:hex} startino {startino:hex}
    xfs_iwalk_ag
dev {dev:dev} new tail lsn {new_lsn:lsn}, old lsn {old_lsn:lsn}, last sync {last_sync_lsn:lsn}
    xfs_log_assign_tail_lsn
dev {dev:dev} t_ocnt {ocnt} t_cnt {cnt} t_curr_res {curr_res} t_unit_res {unit_res} t_flags {flags:symbol} reserveq {reserveq_text:text} writeq {writeq_text:text} grant_reserve_cycle {grant_reserve_cycle} grant_reserve_bytes {grant_reserve_bytes} grant_write_cycle {grant_write_cycle} grant_write_bytes {grant_write_bytes} curr_cycle {curr_cycle} curr_block {curr_block} tail_cycle {tail_cycle} tail_block {tail_block}
    xfs_log_cil_wait xfs_log_grant_sleep xfs_log_grant_wake xfs_log_grant_wake_up xfs_log_regrant
    xfs_log_regrant_exit xfs_log_reserve xfs_log_reserve_exit xfs_log_ticket_regrant xfs_log_ticket_regrant_exit
    xfs_log_ticket_regrant_sub xfs_log_ticket_ungrant xfs_log_ticket_ungrant_exit xfs_log_ticket_ungrant_sub
    xfs_log_umount_write
dev {dev:dev} ino {ino:hex} disize {size:hex} start {start:hex} finish {finish:hex}
    xfs_pagecache_inval
dev {dev:dev} agno {agno:hex} refcount {refcount} caller {caller_ip:symbol}
    xfs_perag_clear_inode_tag xfs_perag_get xfs_perag_get_tag xfs_perag_put xfs_perag_set_inode_tag
dev {dev:dev} agno {agno:hex} dom {domain:symbol} agbno {startblock:hex} fsbcount {blockcount:hex} refcount {refcount}
    xfs_refcount_delete xfs_refcount_get xfs_refcount_insert xfs_refcount_modify_extent xfs_refcount_recover_extent
    xfs_refcount_update
dev {dev:dev} agno {agno:hex} dom {i1_domain:symbol} agbno {i1_startblock:hex} fsbcount {i1_blockcount:hex} refcount {i1_refcount} -- dom {i2_domain:symbol} agbno {i2_startblock:hex} fsbcount {i2_blockcount:hex} refcount {i2_refcount} @ agbno {agbno:hex}
    xfs_refcount_find_left_extent xfs_refcount_find_right_extent
dev {dev:dev} type {type} agno {agno:hex} agbno {agbno:hex} fsbcount {len:hex}
    xfs_refcount_finish_one_leftover
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} cmp {dir_text:text}({dir})
    xfs_refcount_lookup
dev {dev:dev} agno {agno:hex} dom {i1_domain:symbol} agbno {i1_startblock:hex} fsbcount {i1_blockcount:hex} refcount {i1_refcount} -- dom {i2_domain:symbol} agbno {i2_startblock:hex} fsbcount {i2_blockcount:hex} refcount {i2_refcount} -- dom {i3_domain:symbol} agbno {i3_startblock:hex} fsbcount {i3_blockcount:hex} refcount {i3_refcount}
    xfs_refcount_merge_center_extents
dev {dev:dev} agno {agno:hex} dom {i1_domain:symbol} agbno {i1_startblock:hex} fsbcount {i1_blockcount:hex} refcount {i1_refcount} -- dom {i2_domain:symbol} agbno {i2_startblock:hex} fsbcount {i2_blockcount:hex} refcount {i2_refcount}
    xfs_refcount_merge_left_extent xfs_refcount_merge_right_extent
dev {dev:dev} agno {agno:hex} dom {domain:symbol} agbno {startblock:hex} fsbcount {blockcount:hex} refcount {refcount} @ agbno {agbno:hex}
    xfs_refcount_split_extent
dev {dev:dev} agno {agno:hex} agbno {agbno:hex} fsbcount {len:hex} owner {owner:hex} fileoff {offset:hex} flags {flags:hex}
    xfs_rmap_convert xfs_rmap_convert_done xfs_rmap_delete xfs_rmap_find_left_neighbor_candidate
    xfs_rmap_find_left_neighbor_query xfs_rmap_find_left_neighbor_result xfs_rmap_find_right_neighbor_result
    xfs_rmap_insert xfs_rmap_lookup_le_range xfs_rmap_lookup_le_range_candidate xfs_rmap_lookup_le_range_result
    xfs_rmap_map xfs_rmap_map_done xfs_rmap_unmap xfs_rmap_unmap_done xfs_rmap_update
dev {dev:dev} error {error} function {function:symbol}
    xlog_intent_recovery_failed
`;
