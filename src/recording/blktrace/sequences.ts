/**
 * Watches the sequence numbers that blktrace gives the records of each device and CPU, and counts those that are
 * missing.
 *
 * The kernel counts from 1 for each device and CPU. Notes have no number, and records that come from the ftrace tracer
 * `blk` have 0: neither is looked at.
 *
 * @module
 */

import type { Diagnostics } from "../diagnostics.ts";

/** Pairs of device and CPU that are watched; damaged records could bring up any number of them. */
const WATCHED_MAX = 65_536;

interface Counter {
  device: number;
  cpu: number;
  /** Number that the next record should have; -1 while a jump waits for its confirmation. */
  expected: number;
  /** The jump that waits: number expected there, and number found. */
  jump: { expected: number; found: number; position: string; firstNs: [number, number] } | null;
}

/** Something that knows where its current record is. */
interface Positioned {
  /** File and byte. */
  position(): string;
}

/** Difference of two numbers that count modulo 2^32, as a signed one. */
const difference = (a: number, b: number): number => (a - b) | 0;
/** The number after one; 0 is never looked at, so it is left out where the numbers begin again. */
const following = (sequence: number): number => sequence === 0xffff_ffff ? 1 : sequence + 1;

/** The counters of one input. */
export class SequenceWatch {
  /** Records that are missing by their numbers. */
  missing = 0;
  /** True once a record had a number: it was written by blktrace itself. */
  numbered = false;
  readonly #counters = new Map<number, Counter>();
  readonly #diagnostics: Diagnostics;
  #last: Counter | null = null;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /**
   * Looks at a record's number, which is not 0. Numbers are given as signed or unsigned halves alike.
   *
   * @param input asked for the record's position when something is wrong
   */
  see(
    device: number,
    cpu: number,
    sequence: number,
    tsLo: number,
    tsHi: number,
    input: Positioned,
  ): void {
    sequence >>>= 0;
    let counter = this.#last;
    if (counter === null || counter.cpu !== cpu || counter.device !== device) {
      counter = this.#counterOf(device, cpu, sequence);
      if (counter === null) return;
      this.#last = counter;
    }
    if (counter.expected === sequence) counter.expected = following(sequence);
    else this.#mismatch(counter, sequence, [tsLo, tsHi], input);
  }

  #counterOf(device: number, cpu: number, sequence: number): Counter | null {
    const key = (device >>> 0) * 0x100000 + (cpu & 0xfffff);
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      if (this.#counters.size === WATCHED_MAX) return null;
      this.numbered = true;
      counter = { device, cpu, expected: sequence, jump: null };
      this.#counters.set(key, counter);
    }
    return counter;
  }

  /**
   * A number that is not the next one may be a gap, or one damaged number among good ones: the record after it tells,
   * so the judgement waits for that.
   */
  #mismatch(counter: Counter, sequence: number, firstNs: [number, number], input: Positioned): void {
    const jump = counter.jump;
    if (jump === null) {
      counter.jump = { expected: counter.expected, found: sequence, position: input.position(), firstNs };
      counter.expected = -1;
      return;
    }
    counter.jump = null;
    if (sequence === following(jump.expected)) {
      this.#diagnostics.add("warning", "sequence_damaged", {
        message:
          `a record has number ${jump.found} where ${jump.expected} was due, and the next one goes on after that`,
        position: jump.position,
        firstNs: jump.firstNs,
      });
      counter.expected = following(sequence);
      return;
    }
    this.#report(counter, jump);
    counter.expected = following(jump.found);
    if (sequence === counter.expected) counter.expected = following(sequence);
    else this.#mismatch(counter, sequence, firstNs, input);
  }

  #report(counter: Counter, jump: NonNullable<Counter["jump"]>): void {
    const ahead = difference(jump.found, jump.expected);
    const cpu = `CPU ${counter.cpu >>> 0}`;
    if (ahead < 0) {
      this.#diagnostics.add("warning", "sequence_backwards", {
        message: `${cpu}: number ${jump.found} follows ${
          jump.expected - 1
        }: recordings joined, or records out of order`,
        position: jump.position,
        firstNs: jump.firstNs,
      });
      return;
    }
    this.missing += ahead;
    this.#diagnostics.add("data_loss", "sequence_gap", {
      message: `${cpu}: records ${jump.expected} to ${(jump.found - 1) >>> 0} are missing`,
      position: jump.position,
      firstNs: jump.firstNs,
      count: ahead,
    });
  }

  /** Judges what still waits; to be called after the last record. */
  finish(): void {
    for (const counter of this.#counters.values()) {
      if (counter.jump !== null) this.#report(counter, counter.jump);
      counter.jump = null;
    }
  }
}
