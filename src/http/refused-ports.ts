/** Ports that no browser opens: they belong to protocols whose servers could be made to obey a page. */
import { splitAddress } from "../doors/address.ts";

/** The "bad ports" of the Fetch standard, section "Port blocking". Node's `fetch` refuses them as browsers do. */
export const refusedPorts: ReadonlySet<number> = new Set([
  ...[1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95],
  ...[101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179],
  ...[389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587],
  ...[601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061],
  ...[6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

/** What is wrong with `address` for pages, and what to do; undefined if browsers open it. */
export function refusedByBrowsers(address: string): string | undefined {
  const { port } = splitAddress(address);
  if (!refusedPorts.has(port)) return undefined;
  return `no browser opens port ${port} directly, so that the pages there are hard to see: choose another port with --http-address`;
}
