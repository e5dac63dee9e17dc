// Package process runs a server in a process of its own, for tests that must kill
// it: the test binary becomes the command loxodb. It must not be imported by what
// users run.
package process

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/server/boot"
)

// asServer, in the environment, makes a test binary behave as the command.
const asServer = "LOXODB_TEST_AS_SERVER"

// Main runs the tests, or the command when that is what the process is for. A
// package that starts processes calls it from TestMain.
func Main(m *testing.M) {
	if os.Getenv(asServer) != "" {
		os.Exit(boot.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// Command is the command loxodb with the arguments, not yet started.
func Command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asServer+"=1")
	return cmd
}

// Server is a running server.
type Server struct {
	Addr string // host:port

	t   testing.TB
	cmd *exec.Cmd
	log log
}

// Start starts a server on the data directory and waits until it accepts
// connections. The end of the test kills it.
func Start(t testing.TB, dir string, flags ...string) *Server {
	t.Helper()
	s := &Server{t: t, cmd: Command(t, append([]string{"start", "--listen", "127.0.0.1:0", "--data", dir}, flags...)...)}
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var host, port string
		if n, _ := fmt.Sscanf(strings.TrimSpace(lines.Text()), "psql -h %s -p %s -U postgres", &host, &port); n == 2 {
			s.Addr = net.JoinHostPort(host, port)
			go func() { // keep the pipe empty
				for lines.Scan() {
				}
			}()
			return s
		}
	}
	_ = s.cmd.Wait()
	t.Fatalf("the server did not start:\n%s", s.Log())
	return nil
}

// Connect opens a connection as postgres.
func (s *Server) Connect() *pgx.Conn {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, "postgres://postgres@"+s.Addr+"/postgres?sslmode=disable")
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.Log())
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Close(ctx)
	})
	return c
}

// Kill ends the server as a power cut does, as far as a process can tell.
func (s *Server) Kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait()
}

// Signal sends it a signal.
func (s *Server) Signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Wait waits for its end; nil when it ended with status 0.
func (s *Server) Wait() error { return s.cmd.Wait() }

// Stop ends it with SIGTERM and checks that it ended well.
func (s *Server) Stop() {
	s.t.Helper()
	s.Signal(syscall.SIGTERM)
	if err := s.Wait(); err != nil {
		s.t.Fatalf("after SIGTERM: %v\n%s", err, s.Log())
	}
}

// PID is its process number.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log is what it has logged so far.
func (s *Server) Log() string { return s.log.String() }

// log collects what a running process writes.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
