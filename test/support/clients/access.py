"""Access control by kazoo: who shows a credential gets in, who does not stays out, through a killed server.

Prints `attached HOST:PORT`, waits for a line (by then that server is killed), goes on, and ends with `all is well`.
"""

import sys
import time

from kazoo.client import KazooClient
from kazoo.exceptions import InvalidACLError, NoAuthError
from kazoo.security import ACL, CREATOR_ALL_ACL, Id, make_digest_acl


def refused(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind:
        return
    raise AssertionError(f"{call} {args} was not refused")


def main(hosts):
    alice = KazooClient(hosts=hosts, timeout=10, auth_data=[("digest", "alice:secret")])
    stranger = KazooClient(hosts=hosts, timeout=10)
    alice.start()
    stranger.start()

    alice.create("/hers", b"1", acl=CREATOR_ALL_ACL)
    # Reads are of the server that a client is attached to.
    stranger.sync("/hers")
    for call in (stranger.get, stranger.get_children, stranger.get_acls):
        refused(NoAuthError, call, "/hers")
    refused(NoAuthError, stranger.set, "/hers", b"2")
    refused(NoAuthError, stranger.create, "/hers/x", b"")
    refused(InvalidACLError, stranger.create, "/none", b"", acl=CREATOR_ALL_ACL)

    acls, stat = alice.get_acls("/hers")
    assert stat.aversion == 0 and acls[0].id.scheme == "digest" and acls[0].id.id.startswith("alice:"), acls
    bob = make_digest_acl("bob", "secret", read=True, write=True)
    alice.set_acls("/hers", acls + [bob], version=0)

    host, port = alice._connection._socket.getpeername()[:2]
    print(f"attached {host}:{port}", flush=True)
    sys.stdin.readline()

    # On another server, with no word said anew by this program.
    for _ in range(100):
        try:
            assert alice.get("/hers")[0] == b"1"
            break
        except NoAuthError:
            raise
        except Exception:
            time.sleep(0.2)
    else:
        raise AssertionError("no server answers")

    stranger.retry(stranger.add_auth, "digest", "bob:secret")
    for _ in range(100):
        try:
            stranger.set("/hers", b"3")
            break
        except NoAuthError:
            raise
        except Exception:
            time.sleep(0.2)
    acls, _ = stranger.get_acls("/hers")
    assert {one.id.id for one in acls} == {"alice:x", "bob:x"}, acls
    refused(NoAuthError, stranger.set_acls, "/hers", [ACL(31, Id("world", "anyone"))])

    with_lists = alice.transaction()
    with_lists.create("/hers/a", b"", acl=CREATOR_ALL_ACL)
    with_lists.check("/hers/a", version=0)
    assert "/hers/a" in with_lists.commit()[0]
    mixed = stranger.transaction()
    mixed.set_data("/hers", b"4")
    mixed.delete("/hers/a")
    results = mixed.commit()
    assert isinstance(results[1], NoAuthError), results
    alice.sync("/hers")
    assert alice.get("/hers")[0] == b"3"
    alice.delete("/hers", recursive=True)
    for client in (alice, stranger):
        client.stop()
    print("all is well", flush=True)


main(sys.argv[1])
