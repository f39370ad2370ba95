/**
 * Messages of the kernel's trace_printk: a format and its arguments as the kernel's vbin_printf packs them.
 *
 * Arguments follow each other in the order of the format: numbers in their own size, those of 8 bytes aligned to 4 and
 * smaller ones to their size; texts with a NUL; what a pointer points at (`%pI4`, `%pd`) as the text that the kernel made
 * of it. Cold path: numbers go through BigInt.
 *
 * Source: Documentation/core-api/printk-formats.rst and lib/vsprintf.c of Linux 4.16 to 6.18.
 *
 * @module
 */

/** `%`, flags, width, precision, length, conversion. */
const CONVERSION = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(hh|h|ll|l|L|q|z|Z|t|j)?([a-zA-Z%])([a-zA-Z0-9]*)/y;

/** Widest text that one conversion may make. */
const WIDTH_MAX = 4096;

/** Arguments, one after another. */
class PackedArguments {
  #at: number;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  readonly #littleEndian: boolean;
  static readonly #decoder = new TextDecoder();

  constructor(view: DataView, start: number, end: number, littleEndian: boolean) {
    this.#view = view;
    this.#start = this.#at = start;
    this.#end = end;
    this.#littleEndian = littleEndian;
  }

  /** @throws {RangeError} when there are no more */
  integer(bytes: number): bigint {
    const alignment = Math.min(bytes, 4);
    const at = this.#start + Math.ceil((this.#at - this.#start) / alignment) * alignment;
    if (at + bytes > this.#end) throw new RangeError("the record has fewer arguments than its format");
    this.#at = at + bytes;
    switch (bytes) {
      case 1:
        return BigInt(this.#view.getInt8(at));
      case 2:
        return BigInt(this.#view.getInt16(at, this.#littleEndian));
      case 4:
        return BigInt(this.#view.getInt32(at, this.#littleEndian));
      default:
        return this.#view.getBigInt64(at, this.#littleEndian);
    }
  }

  /** @throws {RangeError} when there are no more */
  text(): string {
    let end = this.#at;
    while (end < this.#end && this.#view.getUint8(end) !== 0) end++;
    if (end === this.#end) throw new RangeError("the record has fewer arguments than its format");
    const { buffer, byteOffset } = this.#view;
    const text = PackedArguments.#decoder.decode(new Uint8Array(buffer, byteOffset + this.#at, end - this.#at));
    this.#at = end + 1;
    return text;
  }
}

interface Spec {
  flags: string;
  width: number;
  /** -1: none given. */
  precision: number;
}

function pad(text: string, spec: Spec): string {
  const width = Math.min(spec.width, WIDTH_MAX);
  return spec.flags.includes("-") ? text.padEnd(width) : text.padStart(width);
}

function renderInteger(value: bigint, bytes: number, conversion: string, spec: Spec): string {
  const { flags } = spec;
  const signed = conversion === "d" || conversion === "i";
  const number = signed ? BigInt.asIntN(bytes * 8, value) : BigInt.asUintN(bytes * 8, value);
  const magnitude = number < 0n ? -number : number;
  const base = conversion === "o" ? 8 : conversion === "x" || conversion === "X" ? 16 : 10;
  let digits = magnitude.toString(base);
  let prefix = number < 0n ? "-" : signed && flags.includes("+") ? "+" : signed && flags.includes(" ") ? " " : "";
  if (flags.includes("#")) prefix += base === 16 ? "0x" : base === 8 && digits !== "0" ? "0" : "";
  if (conversion === "X") digits = digits.toUpperCase();
  if (spec.precision >= 0) digits = digits.padStart(Math.min(spec.precision, WIDTH_MAX), "0");
  else if (flags.includes("0") && !flags.includes("-")) {
    digits = digits.padStart(Math.min(spec.width, WIDTH_MAX) - prefix.length, "0");
  }
  return pad(prefix + digits, spec);
}

/** Pointers that are kept as addresses: symbols, plain addresses, error numbers. */
function isAddress(extension: string): boolean {
  if (extension === "") return true;
  // Up to 5.4, %pf and %pF are symbols; later %pfw is a firmware node.
  if (/^[fF]/.test(extension)) return extension[1] !== "w";
  return /^[SsxKe]/.test(extension);
}

function integerBytes(length: string | undefined, longBytes: number): number {
  switch (length) {
    case "hh":
      return 1;
    case "h":
      return 2;
    case "ll":
    case "L":
    case "q":
    case "j":
      return 8;
    case undefined:
      return 4;
    default:
      return longBytes;
  }
}

/** What rendering needs to know of the recorded kernel. */
export interface PrintfBasis {
  littleEndian: boolean;
  longBytes: number;
  /** Name of the function or object at an address, with an offset where it is not its beginning; null: not known. */
  symbol(address: bigint): string | null;
}

function renderPointer(extension: string, value: bigint, basis: PrintfBasis, spec: Spec): string {
  const address = BigInt.asUintN(basis.longBytes * 8, value);
  const hex = address.toString(16).padStart(basis.longBytes * 2, "0");
  if (/^[SsfF]/.test(extension)) return pad(basis.symbol(address) ?? `0x${hex}`, spec);
  if (extension.startsWith("e")) return pad(BigInt.asIntN(basis.longBytes * 8, value).toString(), spec);
  return pad(hex, spec);
}

/**
 * The text of a message whose arguments are `view[start, end)`.
 *
 * @throws {RangeError} when the format asks for more than is there
 */
export function renderBinaryPrintf(
  format: string,
  view: DataView,
  start: number,
  end: number,
  basis: PrintfBasis,
): string {
  const args = new PackedArguments(view, start, end, basis.littleEndian);
  const given = (text: string | undefined, absent: number) =>
    text === undefined ? absent : text === "*" ? Number(args.integer(4)) : Number(text);
  let out = "";
  for (let at = 0; at < format.length;) {
    const percent = format.indexOf("%", at);
    if (percent < 0) return out + format.slice(at);
    out += format.slice(at, percent);
    CONVERSION.lastIndex = percent;
    const match = CONVERSION.exec(format);
    if (match === null) return out + format.slice(percent);
    const [, flags, width, precision, length, conversion, letters] = match;
    // Only pointers take more letters behind the conversion.
    at = CONVERSION.lastIndex - (conversion === "p" ? 0 : letters.length);
    if (conversion === "%") {
      out += "%";
      continue;
    }
    const spec: Spec = { flags, width: given(width, 0), precision: given(precision, -1) };
    if (spec.width < 0) {
      spec.flags += "-";
      spec.width = -spec.width;
    }
    switch (conversion) {
      case "d":
      case "i":
      case "u":
      case "x":
      case "X":
      case "o": {
        const bytes = integerBytes(length, basis.longBytes);
        out += renderInteger(args.integer(bytes), bytes, conversion, spec);
        break;
      }
      case "c":
        out += pad(String.fromCharCode(Number(args.integer(1)) & 0xff), spec);
        break;
      case "s": {
        const text = args.text();
        out += pad(spec.precision >= 0 ? text.slice(0, spec.precision) : text, spec);
        break;
      }
      case "p":
        out += isAddress(letters)
          ? renderPointer(letters, args.integer(basis.longBytes), basis, spec)
          : pad(args.text(), spec);
        break;
      default:
        throw new RangeError(`a format with %${conversion}`);
    }
  }
  return out;
}
