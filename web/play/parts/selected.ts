/** What is selected: facts about it, and what one can do to it. */
import { html, nothing, type TemplateResult } from "lit";
import type { Action } from "../../../sim/plan/actions.ts";
import type { ClientPicture, MessagePicture, Picture, ServerPicture } from "../../picture/picture.ts";
import { shown } from "../../picture/shown.ts";
import { commandsHelp, readCommand } from "../commands.ts";
import type { App } from "../state.ts";

/** What is done for a while lasts until somebody ends it, or the faults are over. */
const untilHealed = 3_600_000;

/** Messages that are listed. */
const listMax = 24;

export function selectedPanel(app: App): TemplateResult | typeof nothing {
  const { moment, selected } = app;
  if (moment === undefined) return nothing;
  const { picture } = moment;
  if (selected?.kind === "server") {
    const server = picture.servers.find(({ id }) => id === selected.id);
    if (server !== undefined) return serverPanel(app, server, picture);
  }
  if (selected?.kind === "client") {
    const client = picture.clients.find(({ id }) => id === selected.id);
    if (client !== undefined) return clientPanel(app, client);
  }
  if (selected?.kind === "message") {
    const message = picture.messages.find(({ id }) => id === selected.id);
    return messagePanel(app, message, picture);
  }
  if (selected?.kind === "link") return linkPanel(app, selected.from, selected.to);
  return everythingPanel(app, picture);
}

function doing(app: App, text: string, action: Action, title = ""): TemplateResult {
  return html`<button title=${title} @click=${() => app.inject(action)}>${text}</button>`;
}

function facts({ moment }: App): TemplateResult {
  return html`<dl>${moment?.details.facts.map(([name, text]) => html`<div><dt>${shown(name)}</dt><dd>${shown(text, 300)}</dd></div>`)}</dl>`;
}

function back(app: App): TemplateResult {
  return html`<button class="link" @click=${() => app.select(undefined)}>everything</button>`;
}

function serverPanel(app: App, server: ServerPicture, { servers }: Picture): TemplateResult {
  const { id, state } = server;
  const others = servers.filter((other) => other.id !== id);
  const isUp = state === "running" || state === "paused" || state === "starting";
  const isMember = server.membership !== "outside";
  return html`<h2>Server n${id} ${back(app)}</h2>
    <div class="doing" role="group" aria-label="Do to n${id}">
      ${isUp ? doing(app, "Crash", { kind: "crash", server: id, restartAfterMs: 0, keep: 0.5 }, "It dies and stays down; of its writes under way, each may have reached the disk") : nothing}
      ${isUp ? doing(app, "Crash and restart", { kind: "crash", server: id, restartAfterMs: 200, keep: 0.5 }) : nothing}
      ${state === "down" ? doing(app, "Start", { kind: "restart", server: id }) : nothing}
      ${state === "running" ? doing(app, "Pause 1 s", { kind: "pause", server: id, forMs: 1_000 }, "As in a long garbage collection") : nothing}
      ${isUp && isMember ? doing(app, "Wipe its disk", { kind: "wipe", server: id, restartAfterMs: 500 }, "It dies, loses its disk, and somebody starts it again") : nothing}
      ${doing(app, "All well again", { kind: "mend", server: id }, "Disk, clocks, a pause; it starts if it was down")}
    </div>
    <h3>Network</h3>
    <div class="doing">
      ${doing(app, "Cut it off", { kind: "partition", shape: "isolate", server: id, servers: [], forMs: untilHealed, flapMs: 0 })}
      ${doing(app, "Nobody hears it", { kind: "partition", shape: "oneWay", server: id, servers: [], forMs: untilHealed, flapMs: 0 })}
      ${doing(app, "It hears nobody", { kind: "partition", shape: "deaf", server: id, servers: [], forMs: untilHealed, flapMs: 0 })}
      ${doing(app, "Heal all links", { kind: "heal", from: "any", to: "any" })}
      ${others.map((other) => html`<button class="quiet" @click=${() => app.select({ kind: "link", from: Math.min(id, other.id), to: Math.max(id, other.id) })}>link to n${other.id}</button>`)}
    </div>
    <h3>Disk and clock</h3>
    <div class="doing">
      ${doing(app, "Slow disk", { kind: "slowDisk", server: id, extraMs: 200, forMs: untilHealed }, "Each write takes up to 200 ms longer")}
      ${doing(app, "Disk hangs", { kind: "stallDisk", server: id, forMs: 5_000 }, "No write completes for 5 s")}
      ${doing(app, "Almost full", { kind: "lowDisk", server: id, forMs: untilHealed })}
      ${doing(app, "Full", { kind: "fullDisk", server: id, forMs: 2_000 }, "Every write fails for 2 s")}
      ${doing(app, "Turn a bit", { kind: "flipBit", server: id, part: "any" }, "Found when it starts next")}
      ${doing(app, "Clock + 10 s", { kind: "jumpClock", server: id, byMs: 10_000 })}
      ${doing(app, "Clock − 10 s", { kind: "jumpClock", server: id, byMs: -10_000 })}
    </div>
    <h3>Operator</h3>
    <div class="doing">
      ${server.role === "leader" || !isMember ? nothing : doing(app, "Hand leadership over to it", { kind: "transfer", open: false, server: id })}
      ${isMember ? doing(app, "Remove it", { kind: "member", change: "remove", server: id, force: false }) : doing(app, "Add a spare server", { kind: "member", change: "add", server: id, force: false })}
    </div>
    ${facts(app)}`;
}

function clientPanel(app: App, client: ClientPicture): TemplateResult {
  const { id, name } = client;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem("command");
    if (!(input instanceof HTMLInputElement)) return;
    const command = readCommand(input.value);
    if ("sentence" in command) return app.say(command.sentence);
    input.value = "";
    app.perform(id, command.step);
  };
  return html`<h2>Client ${name} ${back(app)}</h2>
    <form class="console" @submit=${submit}>
      <label>${name}&gt; <input name="command" autocomplete="off" spellcheck="false" placeholder="create /a hello" aria-label="A command of client ${name}"></label>
      <button>Do it</button>
    </form>
    <p class="small">${commandsHelp}</p>
    <div class="doing">
      ${doing(app, "Break its connection", { kind: "resetClient", client: id, refuseMs: 0 })}
      ${doing(app, "Move it to another server", { kind: "moveClient", client: id })}
      ${doing(app, "Stall it for 3 s", { kind: "stallClient", client: id, forMs: 3_000 })}
    </div>
    ${facts(app)}`;
}

/** Which of the messages from one server to another this is, by arrival: so a plan names it. */
function nthOf(message: MessagePicture, { messages }: Picture): number {
  const alike = messages.filter(
    ({ from, to, kind }) =>
      from.kind === "server" &&
      to.kind === "server" &&
      from.id === message.from.id &&
      to.id === message.to.id &&
      kind !== "broken",
  );
  return 1 + alike.indexOf(message);
}

function messagePanel(app: App, message: MessagePicture | undefined, picture: Picture): TemplateResult {
  if (message === undefined) return html`<h2>A message ${back(app)}</h2>${facts(app)}`;
  const { from, to, kind } = message;
  const isPeers = from.kind === "server" && to.kind === "server" && kind !== "broken";
  const names = [from, to].map((place) => `${place.kind === "server" ? "n" : "c"}${place.id}`);
  const nth = nthOf(message, picture);
  const intercept = (does: "drop" | "duplicate" | "delay", extraMs: number): Action => ({
    kind: "intercept",
    from: from.id,
    to: to.id,
    nth,
    does,
    extraMs,
  });
  return html`<h2>${names.join(" → ")} ${back(app)}</h2>
    ${
      isPeers
        ? html`<div class="doing" role="group" aria-label="Do to the message">
          ${doing(app, "Drop it", intercept("drop", 0))}
          ${doing(app, "Let it come twice", intercept("duplicate", 20))}
          ${doing(app, "Delay by 50 ms", intercept("delay", 50))}
          ${doing(app, "Delay by 1 s", intercept("delay", 1_000))}
        </div>`
        : html`<p class="small">Streams between clients and servers lose nothing until they break: select the client to break one.</p>`
    }
    ${facts(app)}`;
}

function linkPanel(app: App, from: number, to: number): TemplateResult {
  const loss = (a: number, b: number, rate: number): Action => ({
    kind: "loss",
    from: a,
    to: b,
    rate,
    forMs: untilHealed,
  });
  const oneWay = (
    a: number,
    b: number,
  ) => html`<div class="doing" role="group" aria-label="Do to the link from n${a} to n${b}">
    <span class="way">n${a} → n${b}</span>
    ${doing(app, "Cut", loss(a, b, 1))}
    ${doing(app, "Lose half", loss(a, b, 0.5))}
    ${doing(app, "Delay, reorder", { kind: "delay", from: a, to: b, rate: 0.7, extraMs: 60, forMs: untilHealed })}
    ${doing(app, "Hold back 500 ms", { kind: "clog", from: a, to: b, forMs: 500 })}
    ${doing(app, "Heal", { kind: "heal", from: a, to: b })}
  </div>`;
  return html`<h2>Link n${from} – n${to} ${back(app)}</h2>
    ${oneWay(from, to)} ${oneWay(to, from)}
    <div class="doing">${doing(app, "Break the streams", { kind: "break", from, to }, "What is on its way arrives; both ends learn that the stream is gone")}</div>
    ${facts(app)}`;
}

function everythingPanel(app: App, { messages, servers }: Picture): TemplateResult {
  const peers = messages.filter(({ text }) => text !== "");
  const named = (message: MessagePicture): string =>
    [message.from, message.to].map(({ kind, id }) => `${kind === "server" ? "n" : "c"}${id}`).join(" → ");
  const part = (event: SubmitEvent) => {
    event.preventDefault();
    const chosen = new FormData(event.target as HTMLFormElement).getAll("side").map(Number);
    if (chosen.length === 0 || chosen.length === servers.length)
      return app.say("Choose some of the servers: the others are the other side.");
    app.inject({
      kind: "partition",
      shape: "halves",
      server: "random",
      servers: chosen,
      forMs: untilHealed,
      flapMs: 0,
    });
  };
  return html`<h2>Everything</h2>
    <p class="small">Select a server, a client, a link or a message to do something to it.</p>
    <div class="doing" role="group" aria-label="Do to the cluster">
      ${doing(app, "Crash the leader", { kind: "crash", server: "leader", restartAfterMs: 0, keep: 0.5 })}
      ${doing(app, "Heal all links", { kind: "heal", from: "any", to: "any" })}
      ${doing(app, "Add a spare server", { kind: "member", change: "add", server: "random", force: false })}
      <button aria-pressed=${app.isParting} @click=${() => app.setParting(!app.isParting)}>Part by a line</button>
    </div>
    <form class="part" @submit=${part}>
      <fieldset><legend>Partition: one side</legend>
        ${servers.map(({ id }) => html`<label><input type="checkbox" name="side" value=${id}> n${id}</label>`)}
        <button>Part</button>
      </fieldset>
    </form>
    <h3>On their way (${messages.length})</h3>
    <ul class="messages">
      ${peers.slice(0, listMax).map((message) => html`<li><button class="link" @click=${() => app.select({ kind: "message", id: message.id })}>${named(message)} ${shown(message.text, 90)}</button></li>`)}
    </ul>`;
}
