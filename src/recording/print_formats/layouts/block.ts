/**
 * How the events of the block layer (`block`) are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const BLOCK_LAYOUTS = `
{dev:dev} {rwbs:text} {sector} + {nr_sector} [{comm:text}]
    block_bio_backmerge block_bio_bounce block_bio_frontmerge block_bio_queue block_getrq
{dev:dev} {rwbs:text} {sector} + {nr_sector} [{error}]
    block_bio_complete
{dev:dev} {rwbs:text} {sector} + {nr_sector} <- ({old_dev:dev}) {old_sector}
    block_bio_remap
{dev:dev} sector={sector} size={size}
    block_dirty_buffer block_touch_buffer
{dev:dev} {rwbs:text} {bytes} ({cmd:text}) {sector} + {nr_sector} {ioprio:ioprio} [{comm:text}]
    block_io_done block_io_start block_rq_insert block_rq_issue block_rq_merge
[{comm:text}]
    block_plug
{dev:dev} {rwbs:text} ({cmd:text}) {sector} + {nr_sector} {ioprio:ioprio} [{error}]
    block_rq_complete block_rq_error
{dev:dev} {rwbs:text} {sector} + {nr_sector} <- ({old_dev:dev}) {old_sector} {nr_bios}
    block_rq_remap
{dev:dev} {rwbs:text} ({cmd:text}) {sector} + {nr_sector} {ioprio:ioprio} [{}]
    block_rq_requeue
{dev:dev} {rwbs:text} {sector} / {new_sector} [{comm:text}]
    block_split
[{comm:text}] {nr_rq}
    block_unplug
{dev:dev} {rwbs:text} ({cmd:text}) {sector} + {nr_sector} [{error}]
    block_rq_complete block_rq_error
{dev:dev} {rwbs:text} {bytes} ({cmd:text}) {sector} + {nr_sector} [{comm:text}]
    block_rq_insert block_rq_issue block_rq_merge
{dev:dev} {rwbs:text} ({cmd:text}) {sector} + {nr_sector} [{}]
    block_rq_requeue
`;
