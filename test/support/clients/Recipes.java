/*
 * Recipes of Curator, a library for ZooKeeper's Java client, against the servers named on the command line.
 *
 * Prints a line for each that went well. Servers may be killed meanwhile: whatever Curator promises has to hold.
 */
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryNTimes;

public class Recipes {
  private static final ExecutorService threads = Executors.newCachedThreadPool();

  public static void main(String[] arguments) throws Exception {
    List<CuratorFramework> clients = Stream.of(1, 2, 3).map(n -> client(arguments[0])).collect(Collectors.toList());
    transactions(clients.get(0));
    cache(clients.get(0), clients.get(1));
    latch(clients);
    mutex(clients);
    doubleBarrier(clients);
    clients.forEach(CuratorFramework::close);
    System.out.println("all is well");
    System.exit(0);
  }

  private static CuratorFramework client(String hosts) {
    CuratorFramework client = CuratorFrameworkFactory.builder().connectString(hosts).sessionTimeoutMs(10_000)
        .connectionTimeoutMs(5_000).retryPolicy(new RetryNTimes(300, 100)).build();
    client.start();
    return client;
  }

  private static void done(String what) {
    System.out.println("ok " + what);
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static void eventually(String what, Callable<Boolean> condition) throws Exception {
    for (long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); !condition.call(); Thread.sleep(20))
      check(System.nanoTime() < until, "in vain waited for " + what);
  }

  private static byte[] bytes(Object value) {
    return String.valueOf(value).getBytes(StandardCharsets.UTF_8);
  }

  private static int number(CuratorFramework client, String path) throws Exception {
    return Integer.parseInt(new String(client.getData().forPath(path), StandardCharsets.UTF_8));
  }

  private static void transactions(CuratorFramework client) throws Exception {
    client.create().orSetData().creatingParentsIfNeeded().forPath("/curator/txn");
    client.transaction().forOperations(
        client.transactionOp().create().forPath("/curator/txn/a"),
        client.transactionOp().setData().withVersion(-1).forPath("/curator/txn/a", bytes("1")),
        client.transactionOp().check().withVersion(1).forPath("/curator/txn/a"));
    check(number(client, "/curator/txn/a") == 1, "the transaction");
    client.create().creatingParentContainersIfNeeded().forPath("/curator/containers/child");
    done("transactions");
  }

  private static void cache(CuratorFramework seeing, CuratorFramework changing) throws Exception {
    changing.create().orSetData().creatingParentsIfNeeded().forPath("/curator/cache");
    CuratorCache cache = CuratorCache.build(seeing, "/curator/cache");
    CountDownLatch ready = new CountDownLatch(1);
    AtomicInteger created = new AtomicInteger();
    cache.listenable().addListener((type, before, now) -> created.addAndGet(before == null ? 1 : 0));
    cache.listenable().addListener(
        org.apache.curator.framework.recipes.cache.CuratorCacheListener.builder().forInitialized(ready::countDown).build());
    cache.start();
    check(ready.await(60, TimeUnit.SECONDS), "in vain waited for the cache");
    for (int i = 0; i < 20; i++) changing.create().orSetData().forPath("/curator/cache/n" + i, bytes(i));
    for (int i = 0; i < 20; i += 2) changing.delete().quietly().forPath("/curator/cache/n" + i);
    changing.setData().forPath("/curator/cache/n1", bytes("other"));
    eventually("the cache", () -> cache.size() == 11
        && cache.get("/curator/cache/n1").map(one -> new String(one.getData())).equals(Optional.of("other")));
    check(created.get() >= 11, "events of the cache");
    cache.close();
    done("cache");
  }

  private static void latch(List<CuratorFramework> clients) throws Exception {
    List<LeaderLatch> latches = new java.util.ArrayList<>();
    for (CuratorFramework client : clients) {
      LeaderLatch latch = new LeaderLatch(client, "/curator/latch", String.valueOf(latches.size()));
      latch.start();
      latches.add(latch);
    }
    while (!latches.isEmpty()) {
      eventually("a leader", () -> latches.stream().anyMatch(LeaderLatch::hasLeadership));
      long leaders = latches.stream().filter(LeaderLatch::hasLeadership).count();
      check(leaders == 1, leaders + " leaders");
      LeaderLatch leader = latches.stream().filter(LeaderLatch::hasLeadership).findFirst().orElse(latches.get(0));
      leader.close();
      latches.remove(leader);
    }
    done("leader latch");
  }

  private static void mutex(List<CuratorFramework> clients) throws Exception {
    clients.get(0).create().orSetData().forPath("/curator/counter", bytes(0));
    AtomicInteger inside = new AtomicInteger();
    List<Future<Object>> all = clients.stream().map(client -> threads.submit(() -> {
      InterProcessMutex mutex = new InterProcessMutex(client, "/curator/mutex");
      for (int i = 0; i < 10; i++) {
        check(mutex.acquire(60, TimeUnit.SECONDS), "in vain waited for the lock");
        check(inside.incrementAndGet() == 1, "two hold the lock");
        client.sync().forPath("/curator/counter");
        int before = number(client, "/curator/counter");
        client.setData().forPath("/curator/counter", bytes(before + 1));
        inside.decrementAndGet();
        mutex.release();
      }
      return null;
    })).collect(Collectors.toList());
    for (Future<Object> one : all) one.get(120, TimeUnit.SECONDS);
    clients.get(0).sync().forPath("/curator/counter");
    check(number(clients.get(0), "/curator/counter") == 30, "an increment is lost");
    done("mutex");
  }

  private static void doubleBarrier(List<CuratorFramework> clients) throws Exception {
    AtomicInteger entered = new AtomicInteger();
    List<Future<Object>> all = clients.stream().map(client -> threads.submit(() -> {
      DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, "/curator/barrier", clients.size());
      check(barrier.enter(60, TimeUnit.SECONDS), "in vain waited to enter");
      entered.incrementAndGet();
      check(barrier.leave(60, TimeUnit.SECONDS), "in vain waited to leave");
      check(entered.get() == clients.size(), "one left before all had entered");
      return null;
    })).collect(Collectors.toList());
    for (Future<Object> one : all) one.get(120, TimeUnit.SECONDS);
    done("double barrier");
  }
}
