package boot

import (
	"net"
	"testing"

	"github.com/loxodb/loxodb/server/session"
)

func TestGivenSettings(t *testing.T) {
	o, err := parseStart([]string{"--listen", "0.0.0.0:7001", "--max-connections", "7"}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	g := newGiven("/srv/loxodb", o)
	g.listening(&net.TCPAddr{IP: net.IPv4zero, Port: 7001})
	got := g.settings()
	for name, want := range map[string]session.Given{
		"data_directory":         {Value: "/srv/loxodb", From: session.FromOverride},
		"listen_addresses":       {Value: "*", From: session.FromCommandLine},
		"port":                   {Value: "7001", From: session.FromCommandLine},
		"max_connections":        {Value: "7", From: session.FromCommandLine},
		"loxodb.plan_cache_size": {From: session.FromDefault},
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if _, ok := got["ssl"]; ok {
		t.Error("ssl is given without a certificate")
	}
}
