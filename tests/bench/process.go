package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// process is a server that the benchmark runs.
type process struct {
	cmd  *exec.Cmd
	dsn  string
	said tail
	died chan struct{} // closed when the process has ended
	end  error         // how; after died
}

// freeAddr is an address of this machine that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// start runs a server and waits until it answers at dsn, or has died.
func start(ctx context.Context, cmd *exec.Cmd, dsn string) (*process, error) {
	p := &process{cmd: cmd, dsn: dsn, died: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", cmd.Path, err)
	}
	go func() {
		p.end = cmd.Wait()
		close(p.died)
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, dsn)
		if err == nil {
			return p, c.Close(ctx)
		}
		select {
		case <-p.died:
			return nil, p.why(errors.New("it did not start"))
		case <-ctx.Done():
			p.stop()
			return nil, p.why(fmt.Errorf("it does not answer: %w", err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// why adds to an error of the measurement what the process has to say about it.
func (p *process) why(err error) error {
	select {
	case <-p.died:
		state := "ended well"
		if p.end != nil {
			state = p.end.Error()
		}
		return fmt.Errorf("%w; the process %s has ended (%s) and said:\n%s", err, p.cmd.Path, state, p.said.text())
	default:
		return err
	}
}

// stop ends the process, by force if it does not obey.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGINT) // PostgreSQL: fast; LoxoDB: like SIGTERM
	select {
	case <-p.died:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		<-p.died
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if len(t.b) > 2*tailSize {
		t.b = append(t.b[:0], t.b[len(t.b)-tailSize:]...)
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}

// startLoxoDB runs the binary over an empty directory, with more flags.
func startLoxoDB(ctx context.Context, bin, data string, flags ...string) (*process, error) {
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("%w (make build first)", err)
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	args := append([]string{"start", "--data", data, "--listen", addr, "--log-level", "warn"}, flags...)
	return start(ctx, exec.Command(bin, args...),
		"postgres://postgres@"+addr+"/postgres?sslmode=disable")
}

// rss is the process's resident memory in bytes; 0 where /proc does not tell.
func (p *process) rss() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
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
