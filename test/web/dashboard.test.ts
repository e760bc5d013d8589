/** The dashboard in a real browser, before a real cluster. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { chromiumPath, seriousFaults, startBrowser } from "./browser.ts";

const patience = { timeout: 60_000 };

describe.skipIf(chromiumPath === undefined)("the dashboard", () => {
  let browser: Browser;
  let cluster: LocalCluster;
  let client: TerrariumClient;
  const contexts: BrowserContext[] = [];
  /** What went wrong in the pages: a policy that was violated shows here too. */
  const troubles: string[] = [];

  beforeAll(async () => {
    [browser, cluster] = await Promise.all([startBrowser(), LocalCluster.start(3)]);
    client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await client?.close().catch(() => {});
    await cluster?.destroy();
    await browser?.close();
  });

  const address = (id: number) => `http://${cluster.server(id).httpAddress}/`;

  async function open(url: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      // A server that is down is told by the page, and by the browser.
      if (message.type() === "error" && !/ERR_|Failed to load resource/.test(message.text()))
        troubles.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  const live = (page: Page) =>
    expect.poll(() => page.locator(".pill", { hasText: "live from" }).count(), patience).toBe(1);
  /** Whoever leads now: on a busy machine that may be another one than a moment ago. */
  const showsLeader = async (page: Page): Promise<number> => {
    let leader = 0;
    const isShown = async () => {
      leader = await cluster.leader();
      const named = await page.getByText(`n${leader} leads`).count();
      const drawn = await page.getByRole("button", { name: new RegExp(`^Server n${leader}: leader in term`) }).count();
      return named > 0 && drawn === 1 ? await page.title() : "";
    };
    await expect.poll(isShown, patience).toMatch(/^server \d leads – Terrarium$/);
    return leader;
  };
  const shows = (page: Page, words: string | RegExp) =>
    expect.poll(() => page.getByText(words).count(), patience).toBeGreaterThan(0);

  it("shows the cluster from any server: leader, terms, logs, members, and what happens", async () => {
    await client.create("/shown", "as text");
    for (const { id } of cluster.servers) {
      const page = await open(address(id));
      await live(page);
      await shows(page, `live from n${id}`);
      await showsLeader(page);
      expect(await page.locator("terrarium-scene .server").count()).toBe(3);
      // The others wait for the leader, who speaks to them and is answered.
      await expect.poll(() => page.locator("terrarium-scene path.timer").count(), patience).toBeGreaterThanOrEqual(2);
      await expect.poll(() => page.locator("terrarium-scene .flow").count(), patience).toBeGreaterThanOrEqual(4);
      expect(await page.getByRole("region", { name: "Members" }).locator("tbody tr").count()).toBe(3);
      await expect
        .poll(() => page.locator("terrarium-feed li").filter({ hasText: "/shown" }).count(), patience)
        .toBe(1);
      await expect.poll(() => page.locator("terrarium-chart canvas").count(), patience).toBe(5);
      await page.close();
    }
    expect(troubles).toEqual([]);
  });

  it("lets one walk through the tree, whose names and data are text whatever they are", async () => {
    await client.create("/tree", JSON.stringify({ id: 1 }).replace("1", "12345678901234567890"));
    await client.create("/tree/<img src=x onerror=alert(1)>", "<script>document.title = 'taken'</script>");
    await client.create("/tree/turned\u202egnp", "a\u202eb\u0007c");
    await client.create(
      "/tree/large",
      Uint8Array.from({ length: 1024 * 1024 }, (_, i) => 32 + (i % 90)),
    );
    const page = await open(address(1));
    await live(page);
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const data = page.locator("terrarium-tree pre");
    await page.getByRole("textbox", { name: "Path of a znode" }).fill("/tree");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await expect.poll(() => data.innerText(), patience).toContain('"id": 12345678901234567890');
    expect(page.url()).toBe(`${address(1)}#tree=/tree`);

    await page.locator("terrarium-tree").getByRole("button", { name: "<img src=x onerror=alert(1)>" }).click();
    await expect.poll(() => data.innerText(), patience).toBe("<script>document.title = 'taken'</script>");
    expect(await page.locator("terrarium-tree img, terrarium-feed img").count()).toBe(0);
    await page.goBack();
    await page.locator("terrarium-tree").getByRole("button", { name: "turned⟨U+202E⟩gnp" }).click();
    await expect.poll(() => data.innerText(), patience).toBe("a⟨U+202E⟩b⟨U+0007⟩c");

    await page.goBack();
    await page.getByRole("button", { name: "large", exact: true }).click();
    await shows(page, "bytes 0 to 65,535 of 1,048,576");
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await shows(page, "bytes 65,536 to 131,071 of 1,048,576");
    await page.getByRole("button", { name: "hex", exact: true }).click();
    await expect.poll(() => data.innerText(), patience).toMatch(/^010000 {2}/);

    await client.set("/tree", "changed while it is looked at");
    await page.goto(`${address(1)}#tree=/tree`);
    await expect.poll(() => data.innerText(), patience).toBe("changed while it is looked at");
    await client.set("/tree", "and again");
    await expect.poll(() => data.innerText(), patience).toBe("and again");
    await client.delete("/tree/large");
    await expect.poll(() => page.getByRole("button", { name: "large", exact: true }).count(), patience).toBe(0);
    expect(dialogs).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it("takes nonsense in its address for what it is", async () => {
    const page = await open(`${address(1)}#tree=%zz`);
    await live(page);
    await expect.poll(() => page.getByRole("button", { name: "zookeeper" }).count(), patience).toBe(1);
    for (const [hash, words] of [
      ["#tree=a//b<script>", "This is not the path of a znode"],
      ["#tree=/%00", "This is not the path of a znode"],
      ["#tree=/not-there", "There is no znode /not-there"],
      [`#tree=/${"x".repeat(8000)}`, "it is longer than 4096 bytes"],
    ] as const) {
      await page.goto(address(1) + hash);
      await shows(page, words);
    }
    await page.goto(`${address(1)}#${"?&=#".repeat(100)}`);
    await expect.poll(() => page.getByRole("button", { name: "zookeeper" }).count(), patience).toBe(1);
    expect(troubles).toEqual([]);
  });

  it("shows sessions with their ephemerals, and watches", async () => {
    const owner = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await owner.create("/mine", "", { ephemeral: true });
    await owner.get("/mine", { watch: () => {} });
    const page = await open(address(2));
    await live(page);
    await page.getByRole("tab", { name: /^Sessions/ }).click();
    const row = page.locator("#panel tr", { hasText: "/mine" });
    await expect.poll(() => row.count(), patience).toBe(1);
    expect(await row.innerText()).toContain(String(owner.sessionId));
    expect(await row.innerText()).toMatch(/n[123]\s/);
    await page.keyboard.press("ArrowRight");
    await expect
      .poll(
        () =>
          page
            .locator("#panel tr", { hasText: "/mine" })
            .innerText()
            .catch(() => ""),
        patience,
      )
      .toMatch(/data\s+1\s+n[123]/);
    await page.locator("#panel button", { hasText: "/mine" }).click();
    await shows(page, `session ${owner.sessionId}`);
    await owner.close();
    await shows(page, "There is no znode /mine");
    expect(troubles).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "has no serious fault of accessibility, %s, on a desk and on a phone",
    async (colorScheme) => {
      await client.create(`/seen-${colorScheme}`, "x");
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 390, height: 844 },
      ]) {
        const page = await open(address(1), { colorScheme, viewport, bypassCSP: true, reducedMotion: "reduce" });
        await live(page);
        for (const name of [/^Sessions/, /^Watches/, /^Tree/]) {
          await page.getByRole("tab", { name }).click();
          await expect.poll(() => page.locator("#panel").innerText(), patience).not.toContain("asking");
          const within = name.test("Tree") ? undefined : ["terrarium-dashboard", "#panel"];
          expect(await seriousFaults(page, within)).toEqual([]);
        }
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow).toBe(0);
        await page.close();
      }
    },
  );

  it("says so when its server dies, and goes on when it is back; from another one the cluster goes on", async () => {
    const leader = await cluster.leader();
    const other = present(
      cluster.servers.find(({ id }) => id !== leader),
      "a follower",
    ).id;
    const [dying, staying] = [await open(address(leader)), await open(address(other))];
    await live(dying);
    await live(staying);
    await cluster.signal(leader, "SIGKILL");
    await shows(dying, `Server ${leader} does not answer`);
    await expect
      .poll(() => dying.locator("#lost a", { hasText: `server ${other}` }).getAttribute("href"), patience)
      .toContain(address(other));
    const next = await cluster.leader();
    expect(next).not.toBe(leader);
    await showsLeader(staying);
    await expect
      .poll(() => staying.locator("terrarium-feed li", { hasText: /server \d leads in term/ }).count(), patience)
      .toBeGreaterThan(0);
    const row = staying.getByRole("region", { name: "Members" }).locator("tr", { hasText: `n${leader}` });
    await expect.poll(() => row.innerText(), patience).toMatch(/cannot be reached|connection to it broke/);
    await client.create("/while-one-is-away", "");
    await expect
      .poll(() => staying.locator("terrarium-feed li", { hasText: "/while-one-is-away" }).count(), patience)
      .toBe(1);

    // A second one is killed: no quorum, and the page says it plainly.
    const last = present(
      cluster.servers.find(({ id }) => id !== leader && id !== other),
      "the third server",
    ).id;
    await cluster.signal(last, "SIGKILL");
    await shows(staying, /There is no quorum: 1 of 3 voting servers answers/);
    await shows(staying, "no quorum");

    cluster.startServer(last);
    cluster.startServer(leader);
    await expect.poll(() => staying.locator("#trouble").count(), patience).toBe(0);
    await live(dying);
    await expect.poll(() => dying.locator("#lost").count(), patience).toBe(0);
    await shows(staying, `server ${leader} answers again`);
    expect(troubles).toEqual([]);
  });
});
