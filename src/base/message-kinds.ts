/** What a message between servers is for: how it is counted, and drawn. */
export const messageKinds = ["vote", "append", "heartbeat", "read", "snapshot", "other"] as const;

export type PeerMessageKind = (typeof messageKinds)[number];
