/** What is kept for clients and has to be let go of: how much of it there is, for checkers of leaks. */

/** What is kept for clients; numbers of things. */
export interface RetainedForClients {
  /** Open connections, and sessions for which one of them speaks. */
  readonly connections: number;
  readonly attachedSessions: number;
  /** Connections that wait for their session. */
  readonly attaching: number;
  /** Questions for a read index without an answer, and answers that wait for the state. */
  readonly readQuestions: number;
  /** Connections that are not open any more, and of which some part still knows. */
  readonly goneConnections: number;
}
