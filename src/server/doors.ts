/** The doors of a server: opened together, counted together, closed together. */
import type { Door } from "../doors/door.ts";
import type { GateStats } from "../doors/gate.ts";

/** Who comes in where. */
export type DoorName = "clients" | "peers" | "zookeeper" | "http";

/** By name: the door, and where it listens (host:port); one without an address stays shut. */
export type Doors = Readonly<Record<DoorName, { readonly door: Door; readonly address: string | undefined }>>;

/** The port of each door that is open. */
export type DoorPorts = Readonly<Partial<Record<DoorName, number>>>;

/**
 * Opens all that have an address, and resolves to their ports.
 *
 * @throws TerrariumError ADDRESS_IN_USE, USAGE
 */
export async function openDoors(doors: Doors): Promise<DoorPorts> {
  const ports: Partial<Record<DoorName, number>> = {};
  for (const [name, { door, address }] of entriesOf(doors)) {
    if (address !== undefined) ports[name] = await door.listen(address);
  }
  return ports;
}

/** What has become of those who came, at each door that has an address. */
export function doorStats(doors: Doors): Readonly<Record<string, GateStats>> {
  const open = entriesOf(doors).filter(([, { address }]) => address !== undefined);
  return Object.fromEntries(open.map(([name, { door }]) => [name, door.stats]));
}

/** Closes them all, open or not. */
export async function closeDoors(doors: Doors): Promise<void> {
  await Promise.all(entriesOf(doors).map(([, { door }]) => door.close()));
}

function entriesOf(doors: Doors): (readonly [DoorName, Doors[DoorName]])[] {
  const { clients, peers, zookeeper, http } = doors;
  return [
    ["clients", clients],
    ["peers", peers],
    ["zookeeper", zookeeper],
    ["http", http],
  ];
}
