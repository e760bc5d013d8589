/**
 * How servers make themselves known to each other before they speak Raft: a Hello asks the others whether they know this
 * server, each HelloReply tells, and every step of being admitted is on disk before it counts (`admission.ts`).
 */
import { TerrariumError } from "../../base/errors.ts";
import type { Hello, HelloReply } from "../../protocol/peer-messages.ts";
import type { ServerId } from "../../raft/types.ts";
import { diskError } from "../../storage/disk-hints.ts";
import { admissionKey } from "../../storage/layout.ts";
import { encodeAdmission } from "../../storage/records.ts";
import type { Core } from "../core.ts";
import { Admission, type AdmissionStart } from "./admission.ts";
import type { PeerOutbox } from "./peer-outbox.ts";

/** One server's side of it. */
export class Handshake {
  readonly admission: Admission;
  readonly #core: Core;
  readonly #outbox: PeerOutbox;

  constructor(core: Core, outbox: PeerOutbox, start: AdmissionStart) {
    this.#core = core;
    this.#outbox = outbox;
    this.admission = new Admission(start);
    this.#admit();
  }

  /** Monotonic ms at which {@link tick} next has something to do. */
  nextDeadline(): number {
    return this.admission.nextDeadline();
  }

  /** Asks those that have not answered. */
  tick(nowMs: number): void {
    for (const id of this.admission.due(nowMs)) this.#sayHello(id);
  }

  /** A member speaks Raft to this server, which does not take part yet. */
  spokenTo(by: ServerId): void {
    if (this.admission.spokenTo(by, this.#core.ports.clock.now())) this.#sayHello(by);
  }

  /** Another server asks whether it is known. */
  asked(from: ServerId, hello: Hello): void {
    this.#outbox.add(from, this.admission.answer(from, hello, this.#configured(from)));
  }

  /** Another server says whether it knows this one. */
  answered(from: ServerId, reply: HelloReply): void {
    const news = this.admission.answered(from, reply);
    if (news === "write") this.#admit();
    else if (news === "wiped") {
      const what = `server ${from} knows server ${this.#core.id} with other data: these were lost, or are not its own`;
      this.#core.ports.fatal(new TerrariumError("WIPED", what));
    }
  }

  /** The incarnation under which another server is known here; 0 = it is not known. */
  known(id: ServerId): number {
    return this.admission.known(id, this.#configured(id));
  }

  #configured(id: ServerId): number {
    const { members } = this.#core.raft.configuration;
    return members.find((member) => member.id === id)?.incarnation ?? 0;
  }

  #sayHello(to: ServerId): void {
    this.#outbox.add(to, { type: "Hello", incarnation: this.admission.incarnation });
  }

  /** Writes the next step of the admission, if it is due; this server takes part once the last is on disk. */
  #admit(): void {
    const record = this.admission.beginWrite();
    if (record === undefined) return;
    const { disk, fatal, requestFlush } = this.#core.ports;
    disk.write([{ type: "put", key: admissionKey, value: encodeAdmission(record) }], (error) => {
      if (error !== undefined) return fatal(diskError(error, "the admission could not be written"));
      this.admission.written(record);
      requestFlush();
    });
  }
}
