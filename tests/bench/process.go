package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/loxodb/loxodb/tests/peers"
)

// startLoxoDB runs the binary over an empty directory, with more flags.
func startLoxoDB(ctx context.Context, bin, data string, flags ...string) (*peers.Process, error) {
	addr, err := peers.FreeAddr()
	if err != nil {
		return nil, err
	}
	cmd, err := peers.LoxoDB(bin, data, addr, flags...)
	if err != nil {
		return nil, err
	}
	return peers.Start(ctx, cmd, peers.DSN(addr))
}

// rss is a process's resident memory in bytes; 0 where /proc does not tell.
func rss(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return kilobytes(string(b), "VmRSS:")
}

// kilobytes reads "name 12 kB" lines of /proc; 0 if there is none.
func kilobytes(text, name string) int64 {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		var kb int64
		if n, _ := fmt.Sscanf(rest, "%d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
