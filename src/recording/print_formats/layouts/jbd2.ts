/**
 * How the events of `jbd2` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const JBD2_LAYOUTS = `
dev {dev:dev} result {result}
    jbd2_checkpoint
dev {dev:dev} tid {tid} chp_time {chp_time_msecs} forced_to_close {forced_to_close} written {written} dropped {dropped}
    jbd2_checkpoint_stats
dev {dev:dev} transaction {transaction} sync {sync_commit}
    jbd2_commit_flushing jbd2_commit_locking jbd2_commit_logging jbd2_drop_transaction jbd2_start_commit
dev {dev:dev} transaction {transaction} sync {sync_commit} head {head}
    jbd2_end_commit
dev {dev:dev} tid {tid} type {type} line_no {line_no} buffer_credits {buffer_credits} requested_blocks {requested_blocks}
    jbd2_handle_extend
dev {dev:dev} tid {tid} type {type} line_no {line_no} requested_blocks {requested_blocks}
    jbd2_handle_restart jbd2_handle_start
dev {dev:dev} tid {tid} type {type} line_no {line_no} interval {interval} sync {sync} requested_blocks {requested_blocks} dirtied_blocks {dirtied_blocks}
    jbd2_handle_stats
dev {dev:dev} stall_ms {stall_ms}
    jbd2_lock_buffer_stall
dev {dev:dev} tid {tid} wait {wait_msecs} request_delay {request_delay_msecs} running {running_msecs} locked {locked_msecs} flushing {flushing_msecs} logging {logging_msecs} handle_count {handle_count} blocks {blocks} blocks_logged {blocks_logged}
    jbd2_run_stats
dev {dev:dev} shrink transaction {first_tid}-{tid}({last_tid}) freed {nr_freed} next transaction {next_tid}
    jbd2_shrink_checkpoint_list
dev {dev:dev} nr_to_scan {nr_to_scan} count {count}
    jbd2_shrink_count jbd2_shrink_scan_enter
dev {dev:dev} nr_to_scan {nr_to_scan} nr_shrunk {nr_shrunk} count {count}
    jbd2_shrink_scan_exit
dev {dev:dev} ino {ino}
    jbd2_submit_inode_data
dev {dev:dev} from {tail_sequence} to {first_tid} offset {block_nr} freed {freed}
    jbd2_update_log_tail
dev {dev:dev} write_flags {write_flags:hex}
    jbd2_write_superblock
`;
