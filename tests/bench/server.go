package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a LoxoDB process.
type server struct {
	cmd *exec.Cmd
	dsn string
}

func startServer(ctx context.Context, bin, data string) (*server, error) {
	if err := os.RemoveAll(data); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	s := &server{cmd: exec.Command(bin, "start", "--data", data, "--listen", addr, "--log-level", "warn")}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w (make build first)", bin, err)
	}
	s.dsn = "postgres://postgres@" + addr + "/postgres?sslmode=disable"
	for range 100 {
		c, err := pgx.Connect(ctx, s.dsn)
		if err == nil {
			return s, c.Close(ctx)
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not answer on %s", bin, addr)
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// rss is the process's resident memory in bytes; 0 where /proc does not tell.
func (s *server) rss() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

// cpuModel names the processor.
func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "unknown processor"
}

// bandwidth is how many MB one core reads from memory in a second, by summing a
// buffer much larger than the caches: the best of five passes.
func bandwidth() float64 {
	buf := make([]uint64, 64<<20) // 512 MiB
	for i := range buf {
		buf[i] = uint64(i)
	}
	best := 0.0
	var sink uint64
	for range 5 {
		began := time.Now()
		var a, b, c, d uint64
		for i := 0; i+4 <= len(buf); i += 4 {
			x := buf[i : i+4 : i+4]
			a, b, c, d = a+x[0], b+x[1], c+x[2], d+x[3]
		}
		sink += a + b + c + d
		best = max(best, float64(len(buf)*8)/1e6/time.Since(began).Seconds())
	}
	if sink == 1 {
		fmt.Println()
	}
	return best
}
