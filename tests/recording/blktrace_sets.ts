/**
 * The recorded block traces that tests read: those that the project ships, and more of the kind where they lie beside
 * it.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** A recorded block trace: per-CPU files and what blkparse printed for them. */
export interface BlktraceSet {
  name: string;
  files: string[];
  /** blkparse's text. */
  text: string;
}

function names(folder: URL): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

function setIn(folder: URL, name: string): BlktraceSet[] {
  const inside = names(folder);
  const path = (file: string): string => decodeURIComponent(new URL(file, folder).pathname);
  const text = inside.find((file) => file.startsWith("blkparse.txt"));
  const files = inside.filter((file) => /^dev\.blktrace\.\d+/.test(file)).map(path);
  return text === undefined || files.length === 0 ? [] : [{ name, files, text: path(text) }];
}

/** Every set there is; none when the project stands alone and ships none. */
export function blktraceSets(): BlktraceSet[] {
  return ["traces/", "../shared/recordings/"].flatMap((place) => {
    const folder = new URL(place, ROOT);
    return names(folder).flatMap((name) => setIn(new URL(`${name}/blktrace/`, folder), `${place}${name}`));
  });
}

/** A small one, the project's own if it ships one. */
export function smallSet(): BlktraceSet | null {
  return blktraceSets().find((set) => set.name.endsWith("/hello-ext4")) ?? null;
}
