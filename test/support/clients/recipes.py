"""Recipes of kazoo, a ZooKeeper client for Python, against the servers named on the command line.

Prints a line for each that went well, and `attached HOST:PORT` when a server may be killed; goes on at a line of input.
"""
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.recipe.barrier import Barrier, DoubleBarrier
from kazoo.recipe.cache import TreeCache, TreeEvent

hosts = sys.argv[1]


def client():
    one = KazooClient(hosts=hosts, timeout=10, connection_retry={"max_tries": -1, "delay": 0.1, "max_delay": 1})
    one.start(timeout=60)
    return one


def wait(event, what):
    assert event.wait(60), "in vain waited for " + what


def done(what):
    print("ok", what, flush=True)


def refused(error, call, *arguments):
    try:
        call(*arguments)
    except error:
        return
    raise AssertionError(error.__name__ + " did not come")


a, b = client(), client()

a.ensure_path("/kazoo/basics")
path = a.create("/kazoo/basics/n-", b"1", ephemeral=True, sequence=True)
assert path == "/kazoo/basics/n-0000000000", path
# Reads are those of the server that one is attached to: what another client wrote is sure to be there after a sync.
b.sync(path)
data, stat = b.get(path)
assert data == b"1" and stat.ephemeralOwner == a.client_id[0], stat
assert b.set("/kazoo/basics", b"x", version=0).version == 1
refused(BadVersionError, b.set, "/kazoo/basics", b"y", 0)
refused(NoNodeError, b.get, "/kazoo/missing")
refused(NodeExistsError, b.create, "/kazoo/basics")
refused(NotEmptyError, b.delete, "/kazoo")
assert a.get_children("/kazoo/basics") == ["n-0000000000"]
assert a.sync("/kazoo") == "/kazoo"
assert a.server_version()[:2] == (3, 8), a.server_version()
done("basics")

a.add_auth("digest", "kazoo:secret")
assert a.exists("/kazoo") is not None
done("auth")

transaction = a.transaction()
transaction.create("/kazoo/txn", b"t")
transaction.create("/kazoo/txn/n-", b"", ephemeral=True, sequence=True)
transaction.set_data("/kazoo/txn", b"u", version=0)
transaction.check("/kazoo/txn", 1)
made = transaction.commit()
assert made[:2] == ["/kazoo/txn", "/kazoo/txn/n-0000000000"], made
assert made[2].version == 1 and made[3] is True, made
transaction = a.transaction()
transaction.delete(made[1])
transaction.check("/kazoo/txn", 7)
transaction.set_data("/kazoo/txn", b"v")
results = transaction.commit()
kinds = [type(one) for one in results]
assert kinds == [RolledBackError, BadVersionError, RuntimeInconsistency], results
b.sync("/kazoo/txn")
assert b.get_children("/kazoo/txn") == ["n-0000000000"] and b.get("/kazoo/txn")[0] == b"u"
done("transactions")

lock, other = a.Lock("/kazoo/lock", "a"), b.Lock("/kazoo/lock", "b")
lock.acquire(timeout=60)
assert not other.acquire(blocking=False)
got = threading.Event()
waiting = threading.Thread(target=lambda: (other.acquire(timeout=60), got.set()), daemon=True)
waiting.start()
lock.release()
wait(got, "the lock")
other.release()
done("lock")

led, over = threading.Event(), threading.Event()
election = a.Election("/kazoo/election", "a")
threading.Thread(target=lambda: election.run(lambda: (led.set(), over.wait(60))), daemon=True).start()
wait(led, "the election")
b.sync("/kazoo/election")
assert b.Election("/kazoo/election").contenders() == ["a"]
over.set()
done("election")

barrier = Barrier(a, "/kazoo/barrier")
barrier.create()
b.sync("/kazoo/barrier")
passed = threading.Event()
threading.Thread(target=lambda: (Barrier(b, "/kazoo/barrier").wait(60), passed.set()), daemon=True).start()
assert not passed.wait(0.3)
barrier.remove()
wait(passed, "the barrier")
entered = [threading.Event(), threading.Event()]
for one, event in zip((a, b), entered):
    def enter(one=one, event=event):
        double = DoubleBarrier(one, "/kazoo/double", 2)
        double.enter()
        event.set()
        double.leave()
    threading.Thread(target=enter, daemon=True).start()
for event in entered:
    wait(event, "the double barrier")
done("barrier")

queue = a.Queue("/kazoo/queue")
for item in (b"1", b"2", b"3"):
    queue.put(item)
b.sync("/kazoo/queue")
taken = b.Queue("/kazoo/queue")
assert [taken.get() for _ in range(4)] == [b"1", b"2", b"3", None]
done("queue")

parties = a.Party("/kazoo/party", "a"), b.Party("/kazoo/party", "b")
for party in parties:
    party.join()
a.sync("/kazoo/party")
assert sorted(parties[0]) == ["a", "b"]
parties[1].leave()
a.sync("/kazoo/party")
assert list(parties[0]) == ["a"]
done("party")

counters = a.Counter("/kazoo/counter"), b.Counter("/kazoo/counter")
def count(counter):
    for _ in range(10):
        counter += 1
threads = [threading.Thread(target=count, args=(counter,)) for counter in counters]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
a.sync("/kazoo/counter")
assert counters[0].value == 20, counters[0].value
done("counter")

a.ensure_path("/kazoo/watched")
seen, changed = [], threading.Condition()

def note(kind):
    def noted(value, *_):
        with changed:
            seen.append((kind, value if kind == "data" else sorted(value)))
            changed.notify_all()
    return noted

def until(expected):
    with changed:
        assert changed.wait_for(lambda: expected in seen, 60), (expected, seen)

a.DataWatch("/kazoo/watched", note("data"))
a.ChildrenWatch("/kazoo/watched", note("children"))
cached, cache = [], TreeCache(a, "/kazoo/watched")
initialized = threading.Event()

def tell(event):
    if event.event_type == TreeEvent.INITIALIZED:
        initialized.set()
    with changed:
        if event.event_data is not None:
            cached.append((event.event_type, event.event_data.path))
        changed.notify_all()

cache.listen(tell)
cache.start()
wait(initialized, "the cache")
b.set("/kazoo/watched", b"one")
until(("data", b"one"))
b.create("/kazoo/watched/child", b"c")
until(("children", ["child"]))
with changed:
    assert changed.wait_for(lambda: (TreeEvent.NODE_ADDED, "/kazoo/watched/child") in cached, 60), cached
done("watches")

lost, suspended, again = threading.Event(), threading.Event(), threading.Event()

def state(now):
    if now == KazooState.LOST:
        lost.set()
    elif now == KazooState.SUSPENDED:
        suspended.set()
    elif suspended.is_set():
        again.set()

a.add_listener(state)
held = a.Lock("/kazoo/held", "a")
held.acquire(timeout=60)
session = a.client_id
print("attached %s:%d" % a._connection._socket.getpeername(), flush=True)
sys.stdin.readline()
wait(again, "another server")
assert a.client_id == session and not lost.is_set()
assert b.retry(b.get_children, "/kazoo/held"), "the lock was lost"
b.retry(b.set, "/kazoo/watched", b"two")
until(("data", b"two"))
b.retry(b.create, "/kazoo/watched/second", b"")
until(("children", ["child", "second"]))
with changed:
    assert changed.wait_for(lambda: (TreeEvent.NODE_ADDED, "/kazoo/watched/second") in cached, 60), cached
a.retry(held.release)
done("a killed server")

# A client that stands still for longer than its session may be silent has lost it, with its ephemerals, and is told.
brief = KazooClient(hosts=hosts, timeout=2, connection_retry={"max_tries": -1, "delay": 0.1, "max_delay": 1})
brief.start(timeout=60)
gone = threading.Event()
brief.add_listener(lambda now: gone.set() if now == KazooState.LOST else None)
brief.retry(brief.create, "/kazoo/watched/brief", b"", ephemeral=True)
old = brief.client_id
print("stop me", flush=True)
sys.stdin.readline()
wait(gone, "the loss of the session")
brief.retry(brief.sync, "/kazoo")
assert brief.client_id != old
assert brief.retry(brief.exists, "/kazoo/watched/brief") is None
brief.stop()
brief.close()
done("a lost session")

cache.close()
for one in (a, b):
    one.stop()
    one.close()
print("all is well", flush=True)
