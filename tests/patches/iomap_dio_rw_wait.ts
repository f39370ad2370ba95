import { patch } from "@dioscope/dioscope";

/** The ext4 patch of 2019-10 waits for all direct I/O of the inode, and still returns -EIOCBQUEUED. */
export default patch({
  name: "iomap_dio_rw_wait",
  title: "the ext4 patch of 2019-10 with iomap_dio_rw_wait, as its review proposes",
  of: "ext4-iomap-dio",
  defaults: { version: "v5" },
  flags: [{
    name: "rw_wait",
    values: ["on", "off"],
    default: "on",
    kind: "repair",
    meaning: "a write that extends the file is waited for, and returns what it has written",
  }],
  steps: { rw_wait: "iomap_dio_rw_wait: wait for this I/O alone" },
  paths: ({ rw_wait }) => ({
    *iomap_dio_rw(original, file, dios, transfer, pos, options) {
      const extending = options.op === "write" && pos + transfer.len > file.inode.diskSize.peek;
      if (rw_wait === "off" || !extending) return yield* original(file, dios, transfer, pos, options);
      transfer.call.at("rw_wait");
      return yield* original(file, dios, transfer, pos, { ...options, wait: "always" });
    },
  }),
});
