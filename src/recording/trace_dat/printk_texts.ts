/**
 * Texts of trace_printk messages: records hold the address of the format (`bprint`) or of the whole text (`bputs`), and
 * the file lists the texts by address, as the kernel's `printk_formats` does.
 *
 * @module
 */

import { type PrintfBasis, renderBinaryPrintf } from "./binary_printf.ts";
import type { EventFormat } from "./event_format.ts";
import { KernelSymbols } from "./kernel_symbols.ts";
import type { RingBufferPage } from "./ring_buffer.ts";

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\" };

/** Lines of `0xADDRESS : "text"`, the text with C's escapes. */
function parseTexts(printk: string): Map<bigint, string> {
  const texts = new Map<bigint, string>();
  for (const match of printk.matchAll(/^\s*0x([0-9a-f]{1,16})\s*:\s*"(.*)"\s*$/gm)) {
    texts.set(BigInt(`0x${match[1]}`), match[2].replaceAll(/\\(.)/g, (whole, c) => ESCAPES[c] ?? whole));
  }
  return texts;
}

/** Offsets of the fields that a message is made from. */
function placesOf(format: EventFormat): { text: number; args: number | null } | null {
  if (format.system !== "ftrace") return null;
  const at = (name: string) => format.fields.find((field) => field.name === name)?.offset;
  if (format.name === "bputs") {
    const text = at("str");
    return text === undefined ? null : { text, args: null };
  }
  const text = at("fmt");
  const args = at("buf");
  return format.name === "bprint" && text !== undefined && args !== undefined ? { text, args } : null;
}

export class PrintkTexts {
  readonly #texts: Map<bigint, string>;
  readonly #basis: PrintfBasis;
  readonly #failed: (what: string) => void;

  /** @param failed told what is wrong with a message that cannot be rendered */
  constructor(
    head: { printk: string; kallsyms: string },
    basis: { littleEndian: boolean; longBytes: number },
    failed: (what: string) => void,
  ) {
    this.#texts = parseTexts(head.printk);
    const symbols = new KernelSymbols(head.kallsyms);
    this.#basis = { ...basis, symbol: (address) => symbols.nameOf(address) };
    this.#failed = failed;
  }

  /** True for the event types whose messages are here. */
  takes(format: EventFormat): boolean {
    return placesOf(format) !== null;
  }

  /** The message of the page's current record, null when it cannot be told. */
  render(format: EventFormat, page: RingBufferPage): string | null {
    const places = placesOf(format)!;
    const { longBytes, littleEndian } = this.#basis;
    const at = page.dataStart + places.text;
    if (at + longBytes > page.dataEnd) return null;
    const address = longBytes === 8
      ? page.view.getBigUint64(at, littleEndian)
      : BigInt(page.view.getUint32(at, littleEndian));
    const text = this.#texts.get(address);
    if (text === undefined) {
      this.#failed(`the file does not have the text at 0x${address.toString(16)}`);
      return null;
    }
    if (places.args === null) return text;
    try {
      return renderBinaryPrintf(text, page.view, page.dataStart + places.args, page.dataEnd, this.#basis);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#failed(`${JSON.stringify(text)}: ${error.message}`);
      return null;
    }
  }
}
