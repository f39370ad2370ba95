/**
 * The world at the beginning of a recording, as a scenario that mounts it.
 *
 * @module
 */

import { rangeOf } from "../../scenarios/place.ts";
import { readScenario } from "../../scenarios/read_scenario.ts";
import type { BlockRun, DiskRun, FreeRun, Scenario, ScenarioFile } from "../../scenarios/scenario.ts";
import type { EnvironmentFacts, InitialBlock } from "./environment.ts";
import { FAULT_AROUND } from "./model_memory.ts";
import { fileName } from "./file_names.ts";

/** The world at the beginning, as a scenario whose task is never begun. @param pageSize bytes */
export function scenarioOf(environment: EnvironmentFacts, pageSize: number): Scenario {
  const { files, pagesMax, sectorsPerBlock, places } = environment;
  const sectorsPerPage = pageSize / 512;
  const blocksPerPage = sectorsPerPage / sectorsPerBlock;
  const lines = [
    "title: a recording",
    "system: mainline",
    `bounds: { pages: ${pagesMax}, SECTORS_PER_PAGE: ${sectorsPerPage}, PAGEVEC: 31, BIO_MAX_VECS: 256, ` +
    `fault_around: ${FAULT_AROUND}, retries: 100 }`,
    `mount: { blocks_per_page: ${blocksPerPage} }`,
    "files:",
    ...files.map(({ ino, size }) => `  ${fileName(ino)}: { size: ${positionText(size, sectorsPerPage)} }`),
    "tasks:",
    `  T1: [{ fsync: ${fileName(files[0].ino)} }]`,
    "expect: []",
    "",
  ];
  const scenario = readScenario("recording.yaml", lines.join("\n"));
  const made: Record<string, ScenarioFile> = {};
  for (const { ino, blocks } of files) {
    const runs: BlockRun[] = [];
    const disk: DiskRun[] = [];
    for (const run of runsOf(blocks)) {
      const from = run.lblk * sectorsPerBlock;
      const range = rangeOf({ from, to: from + run.count * sectorsPerBlock }, sectorsPerPage);
      runs.push({ range, state: run.state, sharedWith: null });
      disk.push({ range, pblk: run.pblk });
    }
    made[fileName(ino)] = { ...scenario.files[fileName(ino)], blocks: runs, disk };
  }
  // A place far behind all others, for a block that nobody has, makes the device as large as it has to be.
  const first = fileName(files[0].ino);
  const end = (pagesMax - 1) * sectorsPerPage;
  const room = files.length * pagesMax * blocksPerPage;
  const far: DiskRun = { range: rangeOf({ from: end, to: end + 1 }, sectorsPerPage), pblk: places.blocksWith(room) };
  const isFree = !environment.files[0].blocks.some(({ lblk }) => lblk * sectorsPerBlock >= end);
  if (isFree) made[first] = { ...made[first], disk: [...made[first].disk, far] };
  const free: FreeRun = { blocks: room, was: null, state: "free" };
  return { ...scenario, files: made, device: { ...scenario.device, free: [free] } };
}

function positionText(sectors: number, sectorsPerPage: number): string {
  return `"${Math.floor(sectors / sectorsPerPage)}:${sectors % sectorsPerPage}"`;
}

/** Blocks of one state that follow each other in the file and on the device. */
function runsOf(blocks: readonly InitialBlock[]): (InitialBlock & { count: number })[] {
  const runs: (InitialBlock & { count: number })[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    const goesOn = last !== undefined && last.state === block.state && last.lblk + last.count === block.lblk &&
      last.pblk + last.count === block.pblk;
    if (goesOn) last.count++;
    else runs.push({ ...block, count: 1 });
  }
  return runs;
}
