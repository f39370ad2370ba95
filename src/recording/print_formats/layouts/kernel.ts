/**
 * How the events of page faults, lock contention and file locks (`exceptions`, `lock`, `filelock`) are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const KERNEL_LAYOUTS = `
fl={fl:hex} dev={s_dev:dev} ino={i_ino:hex} fl_blocker={blocker:hex} fl_owner={owner:hex} fl_flags={flags:symbol} fl_type={type:symbol} fl_break_time={break_time} fl_downgrade_time={downgrade_time}
    break_lease_block break_lease_noblock break_lease_unblock generic_delete_lease time_out_leases
{lock_addr:hex} (flags={flags:symbol})
    contention_begin
{lock_addr:hex} (ret={ret})
    contention_end
fl={fl:hex} dev={s_dev:dev} ino={i_ino:hex} fl_blocker={blocker:hex} fl_owner={owner:hex} fl_pid={pid} fl_flags={flags:symbol} fl_type={type:symbol} fl_start={fl_start} fl_end={fl_end} ret={ret}
    fcntl_setlk flock_lock_inode locks_remove_posix posix_lock_inode
dev={s_dev:dev} ino={i_ino:hex} wcount={wcount} rcount={rcount} icount={icount} fl_owner={owner:hex} fl_flags={flags:symbol} fl_type={type:symbol}
    generic_add_lease
conflict {conflict}: lease={lease:hex} fl_flags={l_fl_flags:symbol} fl_type={l_fl_type:symbol}; breaker={breaker:hex} fl_flags={b_fl_flags:symbol} fl_type={b_fl_type:symbol}
    leases_conflict
dev={s_dev:dev} ino={i_ino:hex} type={type:symbol} ctx={ctx:hex}
    locks_get_lock_context
address={address:symbol} ip={ip:symbol} error_code={error_code:hex}
    page_fault_kernel page_fault_user
fl={fl:hex} dev={s_dev:dev} ino={i_ino:hex} fl_blocker={fl_blocker:hex} fl_owner={fl_owner:hex} fl_flags={fl_flags:symbol} fl_type={fl_type:symbol} fl_break_time={fl_break_time} fl_downgrade_time={fl_downgrade_time}
    break_lease_block break_lease_noblock break_lease_unblock generic_delete_lease time_out_leases
fl={fl:hex} dev={s_dev:dev} ino={i_ino:hex} fl_blocker={fl_blocker:hex} fl_owner={fl_owner:hex} fl_pid={fl_pid} fl_flags={fl_flags:symbol} fl_type={fl_type:symbol} fl_start={fl_start} fl_end={fl_end} ret={ret}
    fcntl_setlk flock_lock_inode locks_remove_posix posix_lock_inode
dev={s_dev:dev} ino={i_ino:hex} wcount={wcount} rcount={rcount} icount={icount} fl_owner={fl_owner:hex} fl_flags={fl_flags:symbol} fl_type={fl_type:symbol}
    generic_add_lease
`;
