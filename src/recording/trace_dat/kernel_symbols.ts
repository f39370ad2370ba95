/**
 * Kernel symbols that a file brings along, as /proc/kallsyms lists them.
 *
 * @module
 */
import { partitionPoint } from "../../std/partition_point.ts";

export interface KernelSymbol {
  address: bigint;
  name: string;
  module: string | null;
}

/** Lines of `ADDRESS TYPE NAME [MODULE]`. */
export function* parseSymbols(kallsyms: string): Iterable<KernelSymbol> {
  for (const match of kallsyms.matchAll(/^([0-9a-f]{1,16}) \S (\S+)(?:[ \t]+\[(.+)\])?$/gm)) {
    yield { address: BigInt(`0x${match[1]}`), name: match[2], module: match[3] ?? null };
  }
}

/** Symbols by address; parsed when first asked for. */
export class KernelSymbols {
  readonly #kallsyms: string;
  #sorted: KernelSymbol[] | null = null;

  constructor(kallsyms: string) {
    this.#kallsyms = kallsyms;
  }

  /** `name` or `name+0xoffset` of the symbol that an address lies in; null when there is none before it. */
  nameOf(address: bigint): string | null {
    this.#sorted ??= [...parseSymbols(this.#kallsyms)].sort((a, b) => Number(a.address - b.address));
    const behind = partitionPoint(this.#sorted, (symbol) => symbol.address <= address);
    if (behind === 0) return null;
    const { address: start, name } = this.#sorted[behind - 1];
    return start === address ? name : `${name}+0x${(address - start).toString(16)}`;
  }
}
