/**
 * How the events of `io_uring` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const IO_URING_LAYOUTS = `
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, result {res}, cflags {cflags:hex} extra1 {extra1} extra2 {extra2}
    io_uring_complete
ring {ctx:hex}, user_data {user_data:hex}, res {res}, cflags {cflags:hex}, overflow_cqe {ocqe:hex}
    io_uring_cqe_overflow
ring {ctx:hex}, min_events {min_events}
    io_uring_cqring_wait
ring {ctx:hex}, fd {fd} sq size {sq_entries}, cq size {cq_entries}, flags {flags:hex}
    io_uring_create
ring {ctx:hex}, request {req:hex}, user_data {data:hex}, opcode {op_str:text}
    io_uring_defer
ring {ctx:hex}, request {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, link {link:hex}
    io_uring_fail_link
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, fd {fd}
    io_uring_file_get
ring {ctx:hex}, request {req:hex} linked after {target_req:hex}
    io_uring_link
ring {ctx:hex}, count {count}, loops {loops}
    io_uring_local_work_run
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, mask {mask:hex}, events {events:hex}
    io_uring_poll_arm
ring {ctx:hex}, request {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, flags {flags:hex}, {rw_text:text} queue, work {work:hex}
    io_uring_queue_async_work
ring {ctx:hex}, opcode {opcode}, nr_user_files {nr_files}, nr_user_bufs {nr_bufs}, ret {ret}
    io_uring_register
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, flags {flags:hex}, prio={ioprio}, off={off}, addr={addr}, len={len}, rw_flags={op_flags:hex}, buf_index={buf_index}, personality={personality}, file_index={file_index}, pad={pad1:hex}, addr3={addr3:hex}, error={error}
    io_uring_req_failed
ring {ctx:hex}, fpos {fpos}, wanted {wanted}, got {got}
    io_uring_short_write
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, flags {flags:hex}, sq_thread {sq_thread}
    io_uring_submit_req
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, mask {mask:hex}
    io_uring_task_add
tctx {tctx:hex}, count {count}
    io_uring_task_work_run
ring {ctx:hex}, req {req:hex}, user_data {user_data:hex}, opcode {op_str:text}, flags {flags:hex}, non block {force_nonblock}, sq_thread {sq_thread}
    io_uring_submit_sqe
tctx {tctx:hex}, count {count}, loops {loops}
    io_uring_task_work_run
`;
