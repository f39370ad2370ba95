/**
 * How the events of `sched`; the last ones are those of the sched_switch plugin of libtraceevent, which trace-cmd
 * loads are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const SCHED_LAYOUTS = `
comm={comm:text} pid={pid}
    sched_kthread_stop sched_process_hang
ret={ret}
    sched_kthread_stop_ret
work struct {work:hex}: function {function:symbol}
    sched_kthread_work_execute_end sched_kthread_work_execute_start
work struct={work:hex} function={function:symbol} worker={worker:hex}
    sched_kthread_work_queue_work
comm={comm:text} pid={pid} prio={prio} orig_cpu={orig_cpu} dest_cpu={dest_cpu}
    sched_migrate_task
pid={pid} tgid={tgid} ngid={ngid} src_cpu={src_cpu} src_nid={src_nid} dst_cpu={dst_cpu} dst_nid={dst_nid}
    sched_move_numa
comm={comm:text} pid={pid} oldprio={oldprio} newprio={newprio}
    sched_pi_setprio
interp={interp:text} filename={filename:text} pid={pid} comm={comm:text}
    sched_prepare_exec
filename={filename:text} pid={pid} old_pid={old_pid}
    sched_process_exec
comm={comm:text} pid={pid} prio={prio} group_dead={group_dead_text:text}
    sched_process_exit
comm={parent_comm:text} pid={parent_pid} child_comm={child_comm:text} child_pid={child_pid}
    sched_process_fork
comm={comm:text} pid={pid} prio={prio}
    sched_process_exit sched_process_free sched_process_wait sched_wait_task
comm={comm:text} pid={pid} tgid={tgid} ngid={ngid} mem_nodes_allowed={mem_allowed:text}
    sched_skip_cpuset_numa
comm={comm:text} pid={pid} runtime={runtime} [ns]
    sched_stat_runtime
src_pid={src_pid} src_tgid={src_tgid} src_ngid={src_ngid} src_cpu={src_cpu} src_nid={src_nid} dst_pid={dst_pid} dst_tgid={dst_tgid} dst_ngid={dst_ngid} dst_cpu={dst_cpu} dst_nid={dst_nid}
    sched_stick_numa sched_swap_numa
prev_comm={prev_comm:text} prev_pid={prev_pid} prev_prio={prev_prio} prev_state={prev_state_text:text} ==> next_comm={next_comm:text} next_pid={next_pid} next_prio={next_prio}
    sched_switch
cpu={cpu}
    sched_wake_idle_without_ipi
comm={comm:text} pid={pid} prio={prio} target_cpu={target_cpu}
    sched_wakeup sched_wakeup_new sched_waking
comm={comm:text} pid={pid} delay={delay} [ns]
    sched_stat_blocked sched_stat_iowait sched_stat_sleep sched_stat_wait
comm={comm:text} pid={pid} runtime={runtime} [ns] vruntime={vruntime} [ns]
    sched_stat_runtime
{prev_comm:text}:{prev_pid} [{prev_prio}] {prev_state_text:text} ==> {next_comm:text}:{next_pid} [{next_prio}]
    sched_switch
{comm:text}:{pid} [{prio}] CPU:{target_cpu}
    sched_wakeup sched_wakeup_new sched_waking
{comm:text}:{pid} [{prio}] success={success} CPU:{target_cpu}
    sched_wakeup sched_wakeup_new
{comm:text}:{pid} [{prio}]<CANT FIND FIELD success> CPU:{target_cpu}
    sched_wakeup sched_wakeup_new sched_waking
`;
