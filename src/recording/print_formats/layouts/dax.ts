/**
 * How the events of `fs_dax` are printed.
 *
 * Written down from the print formats in the format descriptions of Linux 6.1 and 6.18, newest first; the notation is that
 * of `layout.ts`. A layout stands at the line's beginning, the events that are printed so are indented below it.
 *
 * @module
 */

export const DAX_LAYOUTS = `
dev {dev:dev} ino {ino:hex} {vm_flags_text:text} {flags:symbol} address {address:hex} pgoff {pgoff:hex} {result:fault}
    dax_insert_pfn_mkwrite dax_insert_pfn_mkwrite_no_entry dax_load_hole dax_pte_fault dax_pte_fault_done
dev {dev:dev} ino {ino:hex} {vm_flags_text:text} {flags:symbol} address {address:hex} vm_start {vm_start:hex} vm_end {vm_end:hex} pgoff {pgoff:hex} max_pgoff {max_pgoff:hex} {result:fault}
    dax_pmd_fault dax_pmd_fault_done
dev {dev:dev} ino {ino:hex} {vm_flags_text:text} address {address:hex} zero_folio {zero_folio:hex} radix_entry {radix_entry:hex}
    dax_pmd_load_hole dax_pmd_load_hole_fallback
dev {dev:dev} ino {ino:hex} pgoff {pgoff:hex} pglen {pglen:hex}
    dax_writeback_one
dev {dev:dev} ino {ino:hex} pgoff {start_index:hex}-{end_index:hex}
    dax_writeback_range dax_writeback_range_done
dev {dev:dev} ino {ino:hex} {vm_flags_text:text} {write_text:text} address {address:hex} radix_entry {radix_entry:hex}
    dax_insert_mapping
dev {dev:dev} ino {ino:hex} {vm_flags_text:text} {write_text:text} address {address:hex} length {length:hex} pfn {pfn_val:hex} {pfn_flags_text:symbol} radix_entry {radix_entry:hex}
    dax_pmd_insert_mapping
dev {dev:dev} ino {ino:hex} {vm_flags_text:text} address {address:hex} zero_page {zero_page:hex} radix_entry {radix_entry:hex}
    dax_pmd_load_hole dax_pmd_load_hole_fallback
`;
