/** The watches that a client's reads have armed. */
import { present } from "../../src/base/assert.ts";
import type { WatchSpec } from "../../src/base/reads.ts";
import { watchKey } from "../../src/base/watch-rules.ts";
import { armedBy } from "../../src/client/session-checks.ts";
import type { RequestBody } from "../../src/protocol/client-messages.ts";

/** The watch that a read has armed. */
export function watchOf({ body }: { readonly body: RequestBody }): WatchSpec {
  return present(armedBy(body), "the watch of a read");
}

/** Those of several reads, without doubles. */
export function watchesOf(reads: readonly { readonly body: RequestBody }[]): readonly WatchSpec[] {
  return [...new Map(reads.map((read) => [watchKey(watchOf(read)), watchOf(read)])).values()];
}
