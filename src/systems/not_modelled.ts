/**
 * What a system says when a scenario asks for what it does not have.
 *
 * @module
 */

/** A run that cannot be done; the message is one line for the user. */
export class NotModelled extends Error {
  override name = "NotModelled";
}
