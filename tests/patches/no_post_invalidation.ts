import { patch } from "@dioscope/dioscope";

/** Wrong on purpose: what was read into the page cache meanwhile stays there. */
export default patch({
  name: "no-post-invalidation",
  title: "mainline without the invalidation behind a direct write",
  of: "mainline",
  paths: () => ({ *kiocb_invalidate_post_direct_write() {} }),
});
