/**
 * What there is to know of modelled systems, for a person at a terminal and as JSON.
 *
 * @module
 */

import type { FlagValues, System, SystemFlag } from "../systems/system.ts";
import { displayWidth } from "../results/query/text_width.ts";
import type { Paint } from "./paint.ts";
import { type Standing, standingText } from "./standing.ts";
import { padded, wrap } from "./text_wrap.ts";

export interface SystemTextOptions {
  readonly width: number;
  readonly paint: Paint;
}

/** A system with how its scenarios stand; null: it has none of its own. */
export interface KnownSystem {
  readonly system: System;
  readonly standing: Standing | null;
}

/** All systems, a few lines each. */
export function systemsText(all: readonly KnownSystem[], options: SystemTextOptions): string {
  return all.flatMap((known) => [
    ...headLines(known, options),
    ...wrap(`  flags: ${known.system.flags.map(defaultText).join(", ") || "none"}`, options.width, 4),
    "",
  ]).join("\n").trimEnd();
}

/** One system: all of its flags, presets, steps and its lock order. */
export function systemCard(known: KnownSystem, options: SystemTextOptions): string {
  const { system } = known;
  const { paint, width } = options;
  const presets = Object.entries(system.presets).map(([name, set]) => [name, presetText(set)] as const);
  const steps = Object.entries(system.steps);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", paint("title", title), ...lines];
  return [
    ...headLines(known, options),
    ...section("flags", system.flags.flatMap((flag) => flagLines(flag, width, paint))),
    ...section("presets", listLines(presets, options)),
    ...section("steps", listLines(steps, options)),
    ...section(
      "lock order as documented",
      system.lockOrder.length === 0
        ? []
        : wrap(`  ${system.lockOrder.map(([first, then]) => `${first} → ${then}`).join(", ")}`, width, 2),
    ),
  ].join("\n");
}

function headLines({ system, standing }: KnownSystem, { width, paint }: SystemTextOptions): string[] {
  const { name, title, sources } = system;
  return [
    `${paint("named", name)}  ${title}`,
    ...(sources === undefined ? [] : wrap(`  sources: ${sources}`, width, 4)),
    ...wrap(`  ${standing === null ? "no scenarios of its own" : standingText(standing)}`, width, 4),
  ];
}

function defaultText({ name, default: value }: SystemFlag): string {
  return `${name}=${value}`;
}

function flagLines({ name, values, default: usual, kind, meaning }: SystemFlag, width: number, paint: Paint): string[] {
  const others = values === null ? "any number" : values.filter((value) => value !== usual).join(", ");
  const head = wrap(`  ${name}=${usual}; or ${others} (${kind})`, width, 4);
  return [
    ...head.map((line, nth) => nth === 0 ? line.replace(name, paint("named", name)) : line),
    ...wrap(`    ${meaning}`, width, 4),
  ];
}

function presetText(set: FlagValues | readonly FlagValues[]): string {
  const sets = Array.isArray(set) ? set as readonly FlagValues[] : [set as FlagValues];
  const text = (values: FlagValues) => Object.entries(values).map(([name, value]) => `${name}=${value}`).join(", ");
  return sets.length === 1
    ? text(sets[0]) || "all defaults"
    : `${sets.length} sets of flags: ${sets.map(text).join("; ")}`;
}

function listLines(entries: readonly (readonly [name: string, text: string])[], { width, paint }: SystemTextOptions) {
  const column = Math.max(0, ...entries.map(([name]) => displayWidth(name)));
  return entries.flatMap(([name, text]) =>
    wrap(`  ${padded(name, column)}  ${text}`, width, column + 4)
      .map((line, nth) => nth === 0 ? line.replace(name, paint("named", name)) : line)
  );
}

/** The same as data. */
export function systemJson({ system, standing }: KnownSystem) {
  const { name, title, sources, flags, presets, steps, lockOrder } = system;
  return {
    name,
    title,
    sources: sources ?? null,
    flags: flags.map((flag) => ({ ...flag })),
    presets,
    steps,
    lock_order: lockOrder,
    standing,
  };
}
