package pgwire

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// Many clients at once: answers do not get mixed up.
func TestManyClients(t *testing.T) {
	_, addr := serve(t, Config{})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			c, err := pgx.Connect(t.Context(), "postgres://postgres@"+addr+"/postgres?sslmode=disable")
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close(context.Background())
			for j := range 20 {
				want := fmt.Sprint(i, " ", j)
				var got string
				if err := c.QueryRow(t.Context(), "echo $1", want).Scan(&got); err != nil || got != want {
					t.Errorf("sent %q, got %q, %v", want, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A client that asks for much and reads nothing does not hold up a shutdown.
func TestShutdownWithStuckClient(t *testing.T) {
	s, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	c.Send(wt.Msg('Q', wt.Z("rows 2000000000")))
	time.Sleep(100 * time.Millisecond) // let the socket's buffers fill
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); err == nil {
		t.Error("Shutdown claims that the statement ended")
	}
	for deadline := time.Now().Add(10 * time.Second); s.Connections() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still there")
		}
	}
}

// An idle client learns at once that the server goes down, also in the middle of
// a message or between Parse and Sync.
func TestShutdownOfHalfDoneClients(t *testing.T) {
	s, addr := serve(t, Config{})
	idle, half, open := wt.Login(t, addr), wt.Login(t, addr), wt.Login(t, addr)
	half.Send([]byte("Q\x00\x00"))
	open.Send(wt.Parse("", "rows 1"), wt.Msg('H'))
	open.Want("1", "1")
	time.Sleep(20 * time.Millisecond)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*wt.Client{idle, half, open} {
		c.Want("Z", "E(FATAL 57P01 terminating connection due to administrator command) EOF")
	}
}

// A COPY that waits for a client that does nothing does not hold up a shutdown either.
func TestShutdownOfIdleCopy(t *testing.T) {
	s, addr := serve(t, Config{})
	simple, extended := wt.Login(t, addr), wt.Login(t, addr)
	simple.Send(wt.Msg('Q', wt.Z("copyin")), wt.Msg('d', []byte("a\n")))
	extended.Send(wt.Parse("", "copyin"), wt.Bind("", ""), wt.Execute("", 0), wt.Sync)
	simple.Want("G", "G")
	extended.Want("G", "1 2 G")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*wt.Client{simple, extended} {
		c.Want("Z", "E(FATAL 57P01 terminating connection due to administrator command) EOF")
	}
}
