/**
 * How the events of `writeback` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const WRITEBACK_LAYOUTS = `
bdi {bdi:text}: limit={limit} setpoint={setpoint} dirty={dirty} wb_setpoint={wb_setpoint} wb_dirty={wb_dirty} dirty_ratelimit={dirty_ratelimit} task_ratelimit={task_ratelimit} dirtied={dirtied} dirtied_pause={dirtied_pause} paused={paused} pause={pause} period={period} think={think} cgroup_ino={cgroup_ino}
    balance_dirty_pages
bdi {bdi:text}: write_bw={write_bw} awrite_bw={avg_write_bw} dirty_rate={dirty_rate} dirty_ratelimit={dirty_ratelimit} task_ratelimit={task_ratelimit} balanced_dirty_ratelimit={balanced_dirty_ratelimit} cgroup_ino={cgroup_ino}
    bdi_dirty_ratelimit
bdi {name:text}: cgroup_ino={cgroup_ino} frn_bdi_id={frn_bdi_id} frn_memcg_id={frn_memcg_id}
    flush_foreign
bdi {name:text}: ino={ino} index={index}
    folio_wait_writeback writeback_dirty_folio
dirty={nr_dirty} writeback={nr_writeback} bg_thresh={background_thresh} thresh={dirty_thresh} limit={dirty_limit} dirtied={nr_dirtied} written={nr_written}
    global_dirty_state
bdi {name:text}: ino={ino} cgroup_ino={cgroup_ino} history={history:hex}
    inode_foreign_history
bdi {name:text}: ino={ino} old_cgroup_ino={old_cgroup_ino} new_cgroup_ino={new_cgroup_ino}
    inode_switch_wbs
bdi {name:text}: old_cgroup_ino={old_cgroup_ino} new_cgroup_ino={new_cgroup_ino} count={count}
    inode_switch_wbs_queue
dev {dev:dev} ino {ino} dirtied {dirtied_when} state {state:symbol} mode {mode:octal}
    sb_clear_inode_writeback sb_mark_inode_writeback writeback_dirty_inode_enqueue writeback_lazytime
    writeback_lazytime_iput
bdi {name:text}[{bdi_id}]: ino={ino} memcg_id={memcg_id} cgroup_ino={cgroup_ino} page_cgroup_ino={page_cgroup_ino}
    track_foreign_dirty
bdi {name:text}: towrt={nr_to_write} skip={pages_skipped} mode={sync_mode} kupd={for_kupdate} bgrd={for_background} cyclic={range_cyclic} start={range_start:hex} end={range_end:hex} cgroup_ino={cgroup_ino}
    wbc_writepage
bdi {name:text}
    writeback_bdi_register
bdi {name:text}: ino={ino} state={state:symbol} flags={flags:symbol}
    writeback_dirty_inode writeback_dirty_inode_start writeback_mark_inode_dirty
bdi {name:text}: sb_dev {sb_dev:dev} nr_pages={nr_pages} sync_mode={sync_mode} kupdate={for_kupdate} range_cyclic={range_cyclic} background={for_background} reason={reason:symbol} cgroup_ino={cgroup_ino}
    writeback_exec writeback_queue writeback_start writeback_wait writeback_written
{pages}
    writeback_pages_written
bdi {name:text}: older={older} age={age} enqueue={moved} reason={reason:symbol} cgroup_ino={cgroup_ino}
    writeback_queue_io
bdi {name:text}: ino={ino} state={state:symbol} dirtied_when={dirtied_when} age={age} cgroup_ino={cgroup_ino}
    writeback_sb_inodes_requeue
bdi {name:text}: ino={ino} state={state:symbol} dirtied_when={dirtied_when} age={age} index={writeback_index} to_write={nr_to_write} wrote={wrote} cgroup_ino={cgroup_ino}
    writeback_single_inode writeback_single_inode_start
bdi {name:text}: cgroup_ino={cgroup_ino}
    writeback_wake_background
bdi {name:text}: ino={ino} sync_mode={sync_mode} cgroup_ino={cgroup_ino}
    writeback_write_inode writeback_write_inode_start
bdi {bdi:text}: limit={limit} setpoint={setpoint} dirty={dirty} bdi_setpoint={bdi_setpoint} bdi_dirty={bdi_dirty} dirty_ratelimit={dirty_ratelimit} task_ratelimit={task_ratelimit} dirtied={dirtied} dirtied_pause={dirtied_pause} paused={paused} pause={pause} period={period} think={think} cgroup_ino={cgroup_ino}
    balance_dirty_pages
bdi {name:text}: towrt={nr_to_write} skip={pages_skipped} mode={sync_mode} kupd={for_kupdate} bgrd={for_background} reclm={for_reclaim} cyclic={range_cyclic} start={range_start:hex} end={range_end:hex} cgroup_ino={cgroup_ino}
    wbc_writepage
`;
