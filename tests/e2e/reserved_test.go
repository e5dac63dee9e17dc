package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/server/boot"
)

// The last places for sessions are superusers'; so an administrator comes in when others
// have taken all the rest.
func TestReservedConnections(t *testing.T) {
	onlyHere(t)
	for _, tt := range []struct {
		places, others int
		reserved       string
	}{{6, 3, "3"}, {2, 1, "1"}, {1, 1, "0"}} {
		srv, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir() + "/data", Listen: "127.0.0.1:0", MaxConnections: tt.places})
		if err != nil {
			t.Fatal(err)
		}
		addr := srv.Addr().String()
		root := connect(t, addr, "")
		mustExec(t, root, "create role alice login password 'a'")
		if got := one(t, root, "show superuser_reserved_connections"); got != tt.reserved {
			t.Errorf("%d places: %s are reserved, want %s", tt.places, got, tt.reserved)
		}
		root.Close(t.Context())
		for range tt.others {
			soon(t, func() (*pgx.Conn, error) { return as(t, addr, "alice", "a") })
		}
		if tt.others < tt.places {
			_, err = as(t, addr, "alice", "a")
			wantError(t, "one more", err, "53300", "remaining connection slots are reserved for non-replication superuser connections")
			for range tt.places - tt.others {
				soon(t, func() (*pgx.Conn, error) { return tryConnect(t, addr, "") })
			}
		}
		_, err = tryConnect(t, addr, "")
		wantError(t, "a superuser without a place", err, "53300", "sorry, too many clients already")
		shutdown(t, srv)
	}
}

// soon connects as long as the place of a connection that has just ended may still be taken.
func soon(t testing.TB, connect func() (*pgx.Conn, error)) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := connect()
		if err == nil {
			t.Cleanup(func() { c.Close(context.Background()) })
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
