/** What a request of a client comes to: what it asks of the node, and how the node's answer is written. */
import type { Failure, Success } from "../base/operations.ts";
import type { AdmittedBody } from "../protocol/client-messages.ts";
import { zkError, zkErrorOf } from "./errors.ts";
import type { Ending } from "./handshake.ts";
import type { Codec, JuteReader, JuteWriter } from "./jute.ts";

/** What follows the header of an answer. */
export type AnswerBody = (writer: JuteWriter) => void;

/** What one request comes to. */
export interface Taken {
  /** Asked of the node; an error: answered with that, in its turn. */
  readonly ask: AdmittedBody | { readonly error: number };
  /** Writes what follows the header of an answer without an error. */
  readonly answer: (writer: JuteWriter, success: Success) => void;
  /**
   * What the answer is if the node refuses: the error of its header, or what follows a header without one. Left out: the
   * error that stands for the node's.
   */
  readonly refused?: (failure: Failure) => number | AnswerBody;
  /** The zxid of the answer. Left out: the node's. */
  readonly zxid?: number;
  /** Why the connection ends behind the answer, if it does. */
  readonly end?: Ending;
}

/** A row for an operation: how its request is read, what it asks, how the answer is written. */
export interface OperationRow<T> {
  readonly request: Codec<T>;
  /** What it asks of the node, or ZooKeeper's code for what is wrong with it. */
  readonly ask: (request: T) => AdmittedBody | number;
  readonly answer: (writer: JuteWriter, success: Success, request: T) => void;
}

/** @throws JuteError */
export type Take = (reader: JuteReader) => Taken;

export function row<T>({ request: codec, ask, answer }: OperationRow<T>): Take {
  return (reader) => {
    const request = codec.read(reader);
    const asked = ask(request);
    return {
      ask: typeof asked === "number" ? { error: asked } : asked,
      answer: (writer, success) => answer(writer, success, request),
    };
  };
}

/** An answer that is a header with this code, and nothing else, whatever the node would say. */
export function headerOnly(error: number): Taken {
  return { ask: { error }, answer: () => {} };
}

/** The answer to a request that the node refused. */
export function answerToRefused({ ask, refused }: Taken, failure: Failure): number | AnswerBody {
  if (refused !== undefined) return refused(failure);
  return "error" in ask || ask.type !== "read" ? zkErrorOf(failure.code) : zkErrorOfRead(failure);
}

/** Reads do not look at paths: there is nothing at one that is none. */
export function zkErrorOfRead({ code }: Failure): number {
  return code === "BAD_ARGUMENTS" ? zkError.NONODE : zkErrorOf(code);
}
