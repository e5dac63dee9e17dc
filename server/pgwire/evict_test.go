package pgwire

import (
	"net"
	"testing"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// Clients that connect and do not log in keep nobody out.
func TestStalledLogins(t *testing.T) {
	s, addr := serve(t, Config{MaxConnections: 2})
	for range 100 {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
	}
	wt.Login(t, addr)
	// Nor do those that are asked for a password and do not answer: they give way,
	// the first first.
	first := wt.Dial(t, addr)
	first.Send(wt.Startup(wt.Protocol3, "user", "alice"))
	first.Want("R", "R(10)")
	second := wt.Dial(t, addr)
	second.Send(wt.Startup(wt.Protocol3, "user", "alice"))
	second.Want("R", "R(10)")
	first.Want("E", "EOF")
	wt.Login(t, addr)
	second.Want("E", "EOF")
	// Sessions stay.
	c := wt.Dial(t, addr)
	c.Send(wt.Startup(wt.Protocol3, "user", "postgres"))
	c.Want("E", "E(FATAL 53300 sorry, too many clients already)")
	if n := s.Connections(); n != 2 {
		t.Errorf("%d sessions", n)
	}
}
