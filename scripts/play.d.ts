import type { Server } from "node:http";

/** The content-security policy of the playground. */
export const contentPolicy: string;
/** A server of the static pages below `folder`; it does not listen yet. */
export function pageServer(folder: string): Server;
