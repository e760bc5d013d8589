/** Frames of ZooKeeper's protocol, cut in the plainest way: for tests of the way that servers do it. */

/** The whole frames at the front of some bytes, and what is left of them. */
export function splitFrames(bytes: Uint8Array): { readonly frames: readonly Uint8Array[]; readonly rest: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const length = view.getInt32(at);
    if (bytes.length - at - 4 < length) break;
    frames.push(bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { frames, rest: bytes.slice(at) };
}
