package boot

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"sync"

	"github.com/loxodb/loxodb/server/session"
)

// given are the settings that the start decides. Where the server listens is known only
// when it does.
type given struct {
	mu     sync.Mutex
	values map[string]session.Given
	flags  map[string]bool
}

func newGiven(dir string, o Options) *given {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	g := &given{flags: o.Flags, values: map[string]session.Given{
		"data_directory": {Value: dir, From: session.FromOverride},
	}}
	// The session knows the values of these.
	g.set("loxodb.plan_cache_size", "", "plan-cache")
	g.set("loxodb.row_cache_size", "", "row-cache")
	g.set("loxodb.column_cache_size", "", "column-cache")
	g.set("loxodb.recall_replay", "", "recall-replay")
	g.set("loxodb.memory", "", "memory")
	if o.MemoryMiB > 0 {
		sh := share(int64(o.MemoryMiB) << 20)
		g.set("maintenance_work_mem", fmt.Sprint(sh.vectors>>10), "memory")
		g.set("loxodb.statement_memory", fmt.Sprint(sh.statement>>10), "memory")
	}
	if o.MemoryMiB == 0 && 0 < o.heap && o.heap < 8*usualStatement {
		g.set("loxodb.statement_memory", fmt.Sprint(share(o.heap).statement>>10), "memory")
	}
	if o.MaxConnections > 0 {
		g.set("max_connections", fmt.Sprint(o.MaxConnections), "max-connections")
		if n := reserved(o.MaxConnections); n != usuallyReserved {
			g.set("superuser_reserved_connections", fmt.Sprint(n), "max-connections")
		}
	}
	if o.TLSCert != "" {
		g.set("ssl", "on", "tls-cert")
		g.set("ssl_cert_file", o.TLSCert, "tls-cert")
		g.set("ssl_key_file", o.TLSKey, "tls-key")
	}
	return g
}

// usualStatement is the default of loxodb.statement_memory, where the heap is large enough for it.
const usualStatement = 2 << 30

// usuallyReserved is PostgreSQL's default of superuser_reserved_connections.
const usuallyReserved = 3

// reserved is how many of the places for sessions are kept for superusers: the usual
// number, or less, since others need a place, too. 0 places mean the wire's default.
func reserved(connections int) int {
	if connections == 0 {
		return usuallyReserved
	}
	return min(usuallyReserved, connections-1)
}

// set notes a value, and whether a flag of the command line has said it.
func (g *given) set(name, value, flag string) {
	v := session.Given{Value: value}
	if g.flags[flag] {
		v.From = session.FromCommandLine
	}
	g.values[name] = v
}

func (g *given) listening(addr net.Addr) {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "*"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set("listen_addresses", host, "listen")
	g.set("port", port, "listen")
}

// settings are all of them, as a session begins with them.
func (g *given) settings() map[string]session.Given {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.values)
}
