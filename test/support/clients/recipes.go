// What programs do with the Go client for ZooKeeper, against the servers named on the command line.
//
// Prints a line for each thing that went well. Servers may be killed meanwhile.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/samuel/go-zookeeper/zk"
)

type quiet struct{}

func (quiet) Printf(string, ...interface{}) {}

func check(err error, what string) {
	if err == nil {
		return
	}
	fmt.Println("failed:", what, err)
	os.Exit(1)
}

func done(what string) { fmt.Println("ok", what) }

// What broke off is done again: each of these things may be done twice.
func again(what string, do func() error) {
	until := time.Now().Add(60 * time.Second)
	for {
		err := do()
		lost := err == zk.ErrConnectionClosed || err == zk.ErrNoServer || err == zk.ErrSessionMoved
		if !lost || time.Now().After(until) {
			check(err, what)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func connect(hosts []string) *zk.Conn {
	conn, _, err := zk.Connect(hosts, 10*time.Second, zk.WithLogger(quiet{}))
	check(err, "connect")
	return conn
}

func create(conn *zk.Conn, path string, data string) {
	again("create "+path, func() error {
		_, err := conn.Create(path, []byte(data), 0, zk.WorldACL(zk.PermAll))
		if err == zk.ErrNodeExists {
			return nil
		}
		return err
	})
}

func main() {
	hosts := strings.Split(os.Args[1], ",")
	a, b := connect(hosts), connect(hosts)
	create(a, "/go", "")

	create(a, "/go/data", "one")
	again("sync", func() error { _, err := b.Sync("/go"); return err })
	var events <-chan zk.Event
	again("watch", func() error {
		_, _, channel, err := b.GetW("/go/data")
		events = channel
		return err
	})
	again("set", func() error { _, err := a.Set("/go/data", []byte("two"), -1); return err })
	select {
	case event := <-events:
		if event.Type != zk.EventNodeDataChanged && event.Type != zk.EventNotWatching {
			check(fmt.Errorf("%v", event), "the event")
		}
	case <-time.After(60 * time.Second):
		check(fmt.Errorf("none came"), "the event")
	}
	done("watches")

	again("multi", func() error {
		_, err := a.Multi(
			&zk.CreateRequest{Path: "/go/multi", Data: nil, Acl: zk.WorldACL(zk.PermAll), Flags: 0},
			&zk.SetDataRequest{Path: "/go/multi", Data: []byte("x"), Version: 0},
			&zk.CheckVersionRequest{Path: "/go/multi", Version: 1},
		)
		if err == zk.ErrNodeExists {
			return nil
		}
		return err
	})
	done("multi")

	create(a, "/go/count", "0")
	var working sync.WaitGroup
	for _, conn := range []*zk.Conn{a, b} {
		working.Add(1)
		go func(conn *zk.Conn) {
			defer working.Done()
			for i := 0; i < 10; i++ {
				// A lock that was lost to a broken connection is asked for again.
				lock := zk.NewLock(conn, "/go/lock", zk.WorldACL(zk.PermAll))
				again("lock", lock.Lock)
				again("count", func() error {
					if _, err := conn.Sync("/go/count"); err != nil {
						return err
					}
					data, stat, err := conn.Get("/go/count")
					if err != nil {
						return err
					}
					n, _ := strconv.Atoi(string(data))
					_, err = conn.Set("/go/count", []byte(strconv.Itoa(n+1)), stat.Version)
					return err
				})
				again("unlock", func() error {
					err := lock.Unlock()
					if err == zk.ErrNoNode || err == zk.ErrNotLocked {
						return nil
					}
					return err
				})
			}
		}(conn)
	}
	working.Wait()
	again("sync", func() error { _, err := a.Sync("/go/count"); return err })
	again("get", func() error {
		data, _, err := a.Get("/go/count")
		// A set whose answer was lost may have been done, and is done again.
		if n, _ := strconv.Atoi(string(data)); err == nil && n < 20 {
			return fmt.Errorf("%d of 20", n)
		}
		return err
	})
	done("lock")

	again("ephemeral", func() error {
		_, err := a.Create("/go/me", nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
		if err == zk.ErrNodeExists {
			return nil
		}
		return err
	})
	a.Close()
	again("the end of a session", func() error {
		if _, err := b.Sync("/go/me"); err != nil {
			return err
		}
		there, _, err := b.Exists("/go/me")
		if there {
			return zk.ErrConnectionClosed
		}
		return err
	})
	done("ephemerals")
	b.Close()
	fmt.Println("all is well")
}
