/**
 * Calls of a modelled run, and requests that they have submitted, that are not over.
 *
 * @module
 */

import type { RecordedCall } from "./recorded_events.ts";

/** A call as it is handed to the model. */
export interface AskedCall {
  readonly call: RecordedCall;
  readonly requests: readonly RecordedCall[];
  /** Flags of the call itself (RWF_*, FALLOC_FL_*, MS_*, advice), and its address, as its registers had them. */
  readonly registers: ReadonlyMap<string, number>;
}

export class CallsAtWork {
  /** Calls that the model has not come through. */
  readonly underWay = new Set<number>();
  /** Requests that have been submitted and not been seen to be over. */
  readonly inFlight = new Set<RecordedCall>();
  /** Inodes that a call is about, itself or by its requests. */
  readonly filesOf = new Map<number, ReadonlySet<number>>();
  /** Calls that have begun and not been seen to be over, by inode. */
  readonly #byFile = new Map<number, Set<AskedCall>>();

  begin(asked: AskedCall): void {
    const { call, requests } = asked;
    this.underWay.add(call.id);
    for (const request of requests) this.inFlight.add(request);
    const files = new Set([call.ino, ...requests.map(({ ino }) => ino)].filter((ino) => ino !== null));
    this.filesOf.set(call.id, files);
    for (const ino of files) {
      const own = this.#byFile.get(ino);
      if (own === undefined) this.#byFile.set(ino, new Set([asked]));
      else own.add(asked);
    }
  }

  /** Of a file: those that have begun and not been seen to be over. */
  of(ino: number): AskedCall[] {
    return [...this.#byFile.get(ino) ?? []];
  }

  /** Forgets all of a file but these. */
  keep(ino: number, calls: readonly AskedCall[]): void {
    this.#byFile.set(ino, new Set(calls));
  }
}
