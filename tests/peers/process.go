// Package peers runs the servers that the commands below tests compare: LoxoDB's binary
// and PostgreSQL, each in a process of its own over an empty directory.
package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Process is a running server.
type Process struct {
	// DSN is where it answers, as its superuser.
	DSN string

	cmd  *exec.Cmd
	said tail
	died chan struct{} // closed when the process has ended
	end  error         // how; after died
}

// FreeAddr is an address of this machine that nobody listens on.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// DSN is how to connect to the server at an address, as its superuser.
func DSN(addr string) string {
	return "postgres://postgres@" + addr + "/postgres?sslmode=disable"
}

// Start runs a server and waits until it answers at dsn, for a minute at most; one that
// does not is stopped. What it writes is kept, as far as Why tells it.
func Start(ctx context.Context, cmd *exec.Cmd, dsn string) (*Process, error) {
	p := &Process{DSN: dsn, cmd: cmd, died: make(chan struct{})}
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
		c, err := pgconn.Connect(ctx, dsn)
		if err == nil {
			return p, c.Close(ctx)
		}
		select {
		case <-p.died:
			return nil, p.Why(errors.New("it did not start"))
		case <-ctx.Done():
			p.Stop()
			return nil, p.Why(fmt.Errorf("it does not answer: %w", err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// LoxoDB is the command that serves a data directory at addr, with more flags.
func LoxoDB(bin, data, addr string, flags ...string) (*exec.Cmd, error) {
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("%w (make build first)", err)
	}
	path, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	return exec.Command(path, append([]string{"start", "--data", data, "--listen", addr, "--log-level", "warn"}, flags...)...), nil
}

// PID is its process number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Dead reports whether the process has ended.
func (p *Process) Dead() bool {
	select {
	case <-p.died:
		return true
	default:
		return false
	}
}

// Why adds to an error what the process had to say last, if it has ended.
func (p *Process) Why(err error) error {
	if !p.Dead() {
		return err
	}
	state := "ended well"
	if p.end != nil {
		state = p.end.Error()
	}
	return fmt.Errorf("%w; the process %s has ended (%s) and said:\n%s", err, p.cmd.Path, state, p.said.text())
}

// Stop ends the process, by force if it does not obey within a minute.
func (p *Process) Stop() {
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

const tailSize = 16 << 10

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
