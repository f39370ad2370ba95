import { patch } from "@dioscope/dioscope";

/** About XFS alone: scenarios on ext4 say nothing of it. */
export default patch({
  name: "never-reached",
  title: "mainline with a path of XFS overridden",
  of: "mainline",
  paths: () => ({
    *xfs_file_dio_write(original, file, transfer) {
      return yield* original(file, transfer);
    },
    *iomap_dio_rw(original, file, dios, transfer, pos, options) {
      return yield* original(file, dios, transfer, pos, options);
    },
  }),
});
