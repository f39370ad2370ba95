/**
 * What stands after the head of a line: which event it is, and where its fields begin.
 *
 * @module
 */

import { find, isAt, isDigit, NAME_BYTE, skipBlanks, symbolEnd } from "../print_formats/byte_text.ts";

export enum BodyKind {
  /** `name: fields` */
  Named,
  /** `sys_pwrite64(fd: 3, ...)`: the name is that of the system call. */
  Call,
  /** `sys_pwrite64 -> 0x2000` */
  Return,
  /** `tracing_mark_write: text`, `function+0x8a/0x170: text`: the name is where it was printed. */
  Print,
  /** `vfs_read <-ksys_read` */
  Function,
  /** `<stack trace>`, `<user stack trace>` */
  KernelStack,
  UserStack,
  /** `UNKNOWN TYPE 5`, `Unknown type 174`: the kernel has no name for it. */
  Unknown,
  /** Begins with a blank, as the tracer `blk` prints. */
  Indented,
  /** Anything else. */
  Text,
}

const COLON = 0x3a;
const BLANK = 0x20;

/** A body, taken apart. */
export class Body {
  kind = BodyKind.Text;
  /** The event's name, the system call's, or the place of a print. */
  nameStart = 0;
  nameEnd = 0;
  textStart = 0;
  textEnd = 0;
  /** Of an event without a name. */
  typeNumber = 0;

  parse(bytes: Uint8Array, start: number, end: number): void {
    this.nameStart = start;
    this.textStart = start;
    this.textEnd = end;
    // Some events' names begin with a digit (9p_client_req).
    let nameEnd = start;
    while (nameEnd < end && NAME_BYTE[bytes[nameEnd]] === 1) nameEnd++;
    this.nameEnd = nameEnd;
    if (nameEnd > start) {
      if (bytes[nameEnd] === COLON && nameEnd < end && (nameEnd + 1 === end || bytes[nameEnd + 1] === BLANK)) {
        this.kind = isPlace(bytes, start, nameEnd) ? BodyKind.Print : BodyKind.Named;
        this.textStart = nameEnd + 2 < end ? nameEnd + 2 : end;
        return;
      }
      this.#other(bytes, start, nameEnd, end);
      return;
    }
    if (start < end && bytes[start] === BLANK) {
      this.kind = BodyKind.Indented;
    } else if (isAt(bytes, start, end, "<stack trace")) {
      this.kind = BodyKind.KernelStack;
    } else if (isAt(bytes, start, end, "<user stack trace")) {
      this.kind = BodyKind.UserStack;
    } else {
      this.kind = BodyKind.Text;
    }
  }

  /** A body that begins with an identifier which is not the event's name. */
  #other(bytes: Uint8Array, start: number, nameEnd: number, end: number): void {
    if (isAt(bytes, start, nameEnd, "sys_") && this.#syscall(bytes, start, nameEnd, end)) return;
    if (find(bytes, nameEnd, end, " <-") >= 0) {
      this.kind = BodyKind.Function;
      return;
    }
    if (isAt(bytes, start, end, "UNKNOWN TYPE ") || isAt(bytes, start, end, "Unknown type ")) {
      this.kind = BodyKind.Unknown;
      this.typeNumber = 0;
      for (let at = start + 13; at < end && isDigit(bytes[at]) && this.typeNumber < 1e6; at++) {
        this.typeNumber = this.typeNumber * 10 + bytes[at] - 0x30;
      }
      return;
    }
    // Option sym-offset gives the place an offset, sym-addr its address: `tracing_mark_write <ffffffff8149895a>: text`.
    let placeEnd = symbolEnd(bytes, start, end);
    this.nameEnd = placeEnd;
    if (isAt(bytes, placeEnd, end, " <")) {
      placeEnd = find(bytes, placeEnd, end, ">") + 1;
      if (placeEnd === 0) placeEnd = end;
    }
    if (placeEnd < end && bytes[placeEnd] === COLON && (placeEnd + 1 === end || bytes[placeEnd + 1] === BLANK)) {
      this.kind = BodyKind.Print;
      this.textStart = placeEnd + 2 < end ? placeEnd + 2 : end;
      return;
    }
    this.kind = BodyKind.Text;
  }

  #syscall(bytes: Uint8Array, start: number, nameEnd: number, end: number): boolean {
    if (bytes[nameEnd] === 0x28 && nameEnd < end) {
      let close = end - 1;
      while (close > nameEnd && bytes[close] === BLANK) close--;
      this.kind = BodyKind.Call;
      this.nameStart = start + 4;
      this.textStart = nameEnd + 1;
      this.textEnd = bytes[close] === 0x29 ? close : end;
      return true;
    }
    if (isAt(bytes, nameEnd, end, " -> ")) {
      this.kind = BodyKind.Return;
      this.nameStart = start + 4;
      this.textStart = skipBlanks(bytes, nameEnd + 4, end);
      return true;
    }
    return false;
  }
}

/** True for the place that markers are written from, and for an address without a symbol. */
function isPlace(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === 0x74) return end - start === 18 && isAt(bytes, start, end, "tracing_mark_write");
  return bytes[start] === 0x30 && isAt(bytes, start, end, "0x");
}
