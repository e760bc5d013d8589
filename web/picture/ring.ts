/** The ring of servers, their clients and what is on its way between them, as SVG. */
import { nothing, type SVGTemplateResult, svg } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { arcPath, type Layout, linkPoints, messagePoint, type Point, serverRadius } from "./layout.ts";
import type {
  ClientPicture,
  FlowPicture,
  LinkPicture,
  MessagePicture,
  Picture,
  Selection,
  ServerPicture,
} from "./picture.ts";
import { termClass } from "./styles.ts";

/** What is drawn, and whom to tell of a click. */
export interface RingView {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly selected: Selection | undefined;
  /** Messages stand still, halfway. */
  readonly isStill: boolean;
  readonly select: (selection: Selection) => void;
}

/** Everything within the picture's frame. */
export function ringOf(view: RingView): SVGTemplateResult {
  const { picture, layout } = view;
  return svg`
    <g>${linksOf(view)}</g>
    <g class="flows">${picture.flows.map((flow) => flowOf(flow, view))}</g>
    <g>${picture.clients.map((client) => attachment(client, layout))}</g>
    <g>${repeat(
      picture.servers,
      ({ id }) => id,
      (server) => serverOf(server, view),
    )}</g>
    <g>${repeat(
      picture.clients,
      ({ id }) => id,
      (client) => clientOf(client, view),
    )}</g>
    <g>${repeat(
      picture.messages,
      ({ id }) => id,
      (message) => messageOf(message, view),
    )}</g>`;
}

function linksOf({ picture, layout, selected, select }: RingView): SVGTemplateResult[] {
  const lines: SVGTemplateResult[] = [];
  const { servers } = picture;
  servers.forEach((a, i) => {
    for (const b of servers.slice(i + 1)) {
      const [from, to] = [layout.servers.get(a.id), layout.servers.get(b.id)];
      if (from === undefined || to === undefined) continue;
      const there = picture.links.find((link) => link.from === a.id && link.to === b.id);
      const back = picture.links.find((link) => link.from === b.id && link.to === a.id);
      const flows = picture.flows.filter(
        (flow) => (flow.from === a.id && flow.to === b.id) || (flow.from === b.id && flow.to === a.id),
      );
      const isSelected = selected?.kind === "link" && selected.from === a.id && selected.to === b.id;
      const choose = () => select({ kind: "link", from: a.id, to: b.id });
      const words = [there?.why, back?.why, ...flows.map(({ text }) => text)].filter((text) => text !== undefined);
      lines.push(linkOf(from, to, there, back, [...new Set(words)].join("; "), isSelected, choose));
    }
  });
  return lines;
}

function linkOf(
  from: Point,
  to: Point,
  there: LinkPicture | undefined,
  back: LinkPicture | undefined,
  words: string,
  isSelected: boolean,
  choose: () => void,
): SVGTemplateResult {
  const mark = isSelected ? "selected" : "";
  // Of a link that is disturbed one way only, the two directions are drawn apart.
  const apart = there?.state !== back?.state;
  const lines = apart
    ? [line(from, to, 5, `${there?.state ?? ""} ${mark}`), line(to, from, 5, `${back?.state ?? ""} ${mark}`)]
    : [line(from, to, 0, `${there?.state ?? ""} ${mark}`)];
  return svg`<g @click=${choose}>
    ${lines}
    <line class="touch" x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y}>
      ${words === "" ? nothing : svg`<title>${words}</title>`}
    </line>
  </g>`;
}

function line(from: Point, to: Point, side: number, kind: string): SVGTemplateResult {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(-(to.y - from.y) / length) * side, ((to.x - from.x) / length) * side];
  return svg`<line class="link ${kind}" x1=${from.x + dx} y1=${from.y + dy} x2=${to.x + dx} y2=${to.y + dy}></line>`;
}

/** Dots that go along a link, the closer the more there are: at this many a second and more. */
const paces = [
  ["many", 100],
  ["some", 10],
  ["few", 1],
  ["rare", 0],
] as const;

function flowOf(
  { from, to, kind, perSecond }: FlowPicture,
  { picture, layout }: RingView,
): SVGTemplateResult | typeof nothing {
  const line = linkPoints(layout, from, to);
  if (line === undefined) return nothing;
  const [pace] = paces.find(([, least]) => perSecond >= least) ?? ["rare"];
  const term = picture.servers.find(({ id }) => id === from)?.term ?? 0;
  const [a, b] = line;
  return svg`<line class="flow ${kind} ${pace} ${termClass(term)}" x1=${a.x} y1=${a.y} x2=${b.x} y2=${b.y}></line>`;
}

function attachment({ id, server, state }: ClientPicture, layout: Layout): SVGTemplateResult | typeof nothing {
  const [from, to] = [layout.clients.get(id), layout.servers.get(server)];
  if (from === undefined || to === undefined) return nothing;
  return svg`<line class="attached ${state}" x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y}></line>`;
}

/** What a server is, in words. */
export function roleText({ state, role, membership, votes }: ServerPicture): string {
  if (state !== "running" && state !== "paused") return state === "unknown" ? "not heard of" : state;
  const paused = state === "paused" ? "paused " : "";
  if (role === "preCandidate") return `${paused}asks for pre-votes`;
  if (role === "candidate") return `${paused}candidate, ${votes.length === 1 ? "1 vote" : `${votes.length} votes`}`;
  if (role === undefined) return `${paused}no role`;
  if (membership === "outside") return `${paused}spare`;
  if (role === "leader" || membership === "voter") return paused + role;
  return paused + (membership === "catchingUp" ? "catches up" : membership);
}

function serverLabel(server: ServerPicture): string {
  const { id, term, votedFor, log } = server;
  const vote = votedFor > 0 ? `, its vote is n${votedFor}'s` : "";
  const inTerm = term > 0 ? ` in term ${term}` : "";
  return `Server n${id}: ${roleText(server)}${inTerm}${vote}, log up to ${log.last}, committed up to ${log.committed}`;
}

function serverOf(server: ServerPicture, view: RingView): SVGTemplateResult | typeof nothing {
  const { layout, selected, select, picture } = view;
  const at = layout.servers.get(server.id);
  if (at === undefined) return nothing;
  const { id, state, role, term, votedFor, membership } = server;
  const classes = [
    "server",
    state,
    state === "running" || state === "paused" ? (role ?? "") : "",
    membership === "outside" ? "outside" : "",
    server.isLit ? "lit" : "",
    selected?.kind === "server" && selected.id === id ? "selected" : "",
    termClass(term),
  ].join(" ");
  const choose = () => select({ kind: "server", id });
  const [x, y] = [at.x, at.y];
  // What is written beside the button stands in its label in words.
  return svg`<g class=${classes} @click=${choose}>
    <title>${server.why}</title>
    <g class="spot" tabindex="0" role="button" aria-label=${serverLabel(server)} @keydown=${onEnter(choose)}>
      <circle class="halo" cx=${x} cy=${y} r=${serverRadius + 9}></circle>
      ${timerOf(server, at, picture.nowMs)}
      <circle class="disc" cx=${x} cy=${y} r=${serverRadius}></circle>
    </g>
    <g class="words" aria-hidden="true">
    <text class="name" x=${x} y=${y + 1}>n${id}</text>
    <text class="at" x=${x} y=${y + 15}>${term > 0 ? `term ${term}` : ""}</text>
    <text class="role label" x=${x} y=${y + serverRadius + 19}>${roleText(server)}</text>
    <text class="vote label" x=${x} y=${y + serverRadius + 31}>${votedFor > 0 && votedFor !== id ? `voted for n${votedFor}` : ""}</text>
    </g>
    ${diskOf(server, { x: x + 23, y: y - 29 }, picture.nowMs)}
  </g>`;
}

function timerOf({ timer }: ServerPicture, at: Point, nowMs: number): SVGTemplateResult | typeof nothing {
  if (timer === undefined) return nothing;
  const share = 1 - Math.max(0, timer.deadlineMs - nowMs) / Math.max(1, timer.spanMs);
  return svg`<circle class="timer bed" cx=${at.x} cy=${at.y} r=${serverRadius + 4.5}></circle>
    <path class="timer" d=${arcPath(at, serverRadius + 4.5, Math.max(0, share))}></path>`;
}

function diskOf({ disk }: ServerPicture, { x, y }: Point, nowMs: number): SVGTemplateResult {
  const write = disk.writes[0];
  const span = write === undefined ? 0 : write.doneMs - write.startedMs;
  const share = write === undefined ? 0 : span <= 0 ? 1 : Math.min(1, Math.max(0.12, (nowMs - write.startedMs) / span));
  const words = `disk: ${disk.state}, ${disk.writes.length === 0 ? "no write under way" : `${disk.writes.length} under way`}`;
  return svg`<g><title>${words}</title>
    <rect class="disk ${disk.state}" x=${x} y=${y} width="9" height="14" rx="2"></rect>
    <rect class="written" x=${x + 1.5} y=${y + 12.5 - 11 * share} width="6" height=${11 * share} rx="1"></rect>
  </g>`;
}

function clientOf(client: ClientPicture, { layout, selected, select }: RingView): SVGTemplateResult | typeof nothing {
  const at = layout.clients.get(client.id);
  if (at === undefined) return nothing;
  const { id, name, state, session, server, pending, watches } = client;
  const where =
    server > 0 ? (state === "connected" ? ` attached to n${server}` : ` looks for n${server}`) : " without a server";
  const own = session > 0 ? `, session ${session}` : "";
  const label = `Client ${name}${where}${own}, ${pending} requests wait, ${watches.length} watches`;
  const choose = () => select({ kind: "client", id });
  const marks = `${pending > 0 ? "·".repeat(Math.min(3, pending)) : ""}${watches.length > 0 ? "◉" : ""}`;
  const isSelected = selected?.kind === "client" && selected.id === id ? "selected" : "";
  return svg`<g class="client ${state} ${isSelected}" @click=${choose}>
    <title>${label}</title>
    <g class="spot" tabindex="0" role="button" aria-label=${label} @keydown=${onEnter(choose)}>
      <rect class="box" x=${at.x - 12} y=${at.y - 9} width="24" height="18" rx="5"></rect>
    </g>
    <g class="words" aria-hidden="true">
    <text x=${at.x} y=${at.y + 4}>${name}</text>
    <text class="badge" x=${at.x} y=${at.y - 11}>${marks}</text>
    </g>
  </g>`;
}

function messageOf(message: MessagePicture, view: RingView): SVGTemplateResult | typeof nothing {
  const { picture, layout, selected, select, isStill } = view;
  const now = isStill ? (message.sentMs + message.arrivesMs) / 2 : picture.nowMs;
  const at = messagePoint(layout, message, now);
  if (at === undefined) return nothing;
  const isSelected = selected?.kind === "message" && selected.id === message.id;
  const isReply = /Reply|^HelloReply|^SessionsHeard/.test(message.text);
  const classes = `message ${message.kind} ${isReply ? "reply" : ""} ${isSelected ? "selected" : ""} ${termClass(message.term)}`;
  const choose = (event: Event) => {
    event.stopPropagation();
    select({ kind: "message", id: message.id });
  };
  // It is moved rather than drawn anew: that is all that changes from one frame to the next.
  return svg`<g class=${classes} transform="translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})" @click=${choose}>
    <title>${message.text}</title>
    <circle class="area" r="11"></circle>
    ${shapeOf(message.kind)}
  </g>`;
}

function shapeOf(kind: MessagePicture["kind"]): SVGTemplateResult {
  switch (kind) {
    case "append":
      return svg`<rect class="dot" x="-5.5" y="-5.5" width="11" height="11" rx="2.5"></rect>`;
    case "vote":
      return svg`<path class="dot" d="M0 -7L6.5 5H-6.5Z"></path>`;
    case "snapshot":
      return svg`<rect class="dot" x="-7" y="-7" width="14" height="14" rx="4"></rect>`;
    case "broken":
      return svg`<path class="dot" d="M-6 -4L-4 -6L0 -2L4 -6L6 -4L2 0L6 4L4 6L0 2L-4 6L-6 4L-2 0Z"></path>`;
    case "heartbeat":
      return svg`<circle class="dot" r="3.2"></circle>`;
    case "client":
      return svg`<circle class="dot" r="3.6"></circle>`;
    case "read":
    case "other":
      return svg`<circle class="dot" r="4.2"></circle>`;
  }
}

function onEnter(action: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    action();
  };
}
