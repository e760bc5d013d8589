/** What an operator may ask of a cluster: shared by the client and the server. */

/** A server and where it listens (host:port). */
export interface MemberAddress {
  /** 1 to `limits.serverIdMax`, never used before in this cluster. */
  readonly id: number;
  readonly peerAddress: string;
  readonly clientAddress: string;
  /** Where it speaks ZooKeeper's protocol. Left out: nowhere, as far as the members know. */
  readonly zookeeperAddress?: string;
}

/** A server that becomes a voter, or an observer. */
export interface JoiningMember {
  readonly member: MemberAddress;
  readonly observer: boolean;
}

/** A request of an operator. `force`: even if too few of the voters seem to run. */
export type AdminRequest =
  /** A server becomes a voter once it has caught up, or an observer. */
  | { readonly type: "add"; readonly member: MemberAddress; readonly observer: boolean; readonly force: boolean }
  | { readonly type: "remove"; readonly id: number; readonly force: boolean }
  /** An observer becomes a voter. */
  | { readonly type: "promote"; readonly id: number; readonly force: boolean }
  /** One change: a server takes the place of another. */
  | { readonly type: "replace"; readonly gone: number; readonly member: MemberAddress; readonly force: boolean }
  /** A member listens elsewhere from now on; an address that is not given stays. `force`: even if nothing answers there. */
  | {
      readonly type: "update";
      readonly id: number;
      readonly peerAddress?: string;
      readonly clientAddress?: string;
      /** Empty: it does not speak ZooKeeper's protocol any more. */
      readonly zookeeperAddress?: string;
      readonly force: boolean;
    }
  /** One change: several members come and go, as by ZooKeeper's reconfig. */
  | {
      readonly type: "reconfigure";
      /** Of members: what they are from now on. A voter does not become an observer. */
      readonly joining: readonly JoiningMember[];
      /** Those that are no members are passed over. */
      readonly leaving: readonly number[];
      /** Everybody else leaves. */
      readonly exactly: boolean;
      /** The zxid of the present membership, as `/zookeeper/config` shows it. Left out: any. */
      readonly version?: number;
      readonly force: boolean;
    }
  /** Leadership goes to server `to`; 0 = to whoever is fit. */
  | { readonly type: "transfer"; readonly to: number };

/** How a server answers. */
export type AdminReply =
  | { readonly type: "done" }
  | {
      readonly type: "failed";
      /** A code of `errors.ts`. */
      readonly code: string;
      readonly message: string;
      /** With NOT_LEADER: the leader's client address, if it is known. */
      readonly leader: string | undefined;
    };
