package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// database is where a run happens on PostgreSQL; made at the start, dropped at the end.
const database = "loxodb_compat"

// server is a process that the run started, or a PostgreSQL that it was given.
type server struct {
	dsn   string
	first string // the dsn before prepare turned to the run's own database
	make  func() *exec.Cmd
	cmd   *exec.Cmd
	died  chan struct{}
	out   tail
	types map[uint32]string
}

// startLoxoDB runs the binary over an empty directory.
func startLoxoDB(ctx context.Context, bin, dir string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{dsn: "postgres://postgres@" + addr + "/postgres?sslmode=disable"}
	s.make = func() *exec.Cmd {
		return exec.Command(bin, "start", "--data", filepath.Join(dir, "loxodb"), "--listen", addr, "--log-level", "warn")
	}
	return s, s.start(ctx)
}

// startPostgres runs PostgreSQL 15 over an empty directory; Debian's package is
// installed if it is not there and this is root.
func startPostgres(ctx context.Context, dir string) (*server, error) {
	const bin = "/usr/lib/postgresql/15/bin"
	if _, err := os.Stat(bin); err != nil {
		if err := install(ctx); err != nil {
			return nil, err
		}
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "postgres")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	if who != nil {
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(data, int(who.Uid), int(who.Gid))); err != nil {
			return nil, err
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.Env = data, append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
		return cmd
	}
	if out, err := command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "-N", "--no-instructions").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s := &server{dsn: "postgres://postgres@" + addr + "/postgres?sslmode=disable"}
	s.make = func() *exec.Cmd {
		return command("postgres", "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	}
	return s, s.start(ctx)
}

// install gets Debian's packages of PostgreSQL 15.
func install(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("PostgreSQL 15 is not installed (Debian: apt-get install postgresql-15); or name a server with PG=DSN")
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-y", "-qq", "--no-install-recommends", "postgresql-15"}} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %v: %w\n%s", args, err, out)
		}
	}
	return nil
}

// unprivileged is who runs PostgreSQL, which refuses root; nil = whoever runs this.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// start runs the process and waits until it answers.
func (s *server) start(ctx context.Context) error {
	cmd, died := s.make(), make(chan struct{})
	cmd.Stdout, cmd.Stderr = &s.out, &s.out
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.died = cmd, died
	go func() {
		_ = cmd.Wait() // what it said tells more than its status
		close(died)
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.dsn)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-died:
			return fmt.Errorf("%s ended and said:\n%s", cmd.Path, s.out.text())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", cmd.Path, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// revive starts the process again if it has died, and reports that it had.
func (s *server) revive(ctx context.Context) (bool, error) {
	if s.cmd == nil {
		return false, nil
	}
	select {
	case <-s.died:
		return true, s.start(ctx)
	default:
		return false, nil
	}
}

// stop ends a process of ours.
func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGINT) // it may have died
	select {
	case <-s.died:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.died
	}
}

// ask runs one query beside the scripts and gives its rows.
func (s *server) ask(ctx context.Context, sql string) ([][][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pgconn.Connect(ctx, s.dsn)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	all, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return all[len(all)-1].Rows, nil
}

// typeName is the name of a type by its number. Those of built-in types are the
// numbers themselves, so that a difference shows.
func (s *server) typeName(ctx context.Context, oid uint32) string {
	if name, ok := s.types[oid]; ok {
		return name
	}
	rows, err := s.ask(ctx, fmt.Sprintf("SELECT pg_catalog.format_type(%d, NULL)", oid))
	name := "?"
	if err == nil && len(rows) == 1 {
		name = string(rows[0][0])
	}
	if oid < firstUserOID {
		name = fmt.Sprintf("%s [%d]", name, oid)
		s.types[oid] = name // those of users come and go with their schemas
	}
	return name
}

// prepare makes the run's own database and turns to it.
func (s *server) prepare(ctx context.Context, options string) error {
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + database + " WITH (FORCE)",
		"CREATE DATABASE " + database + options,
	} {
		if _, err := s.ask(ctx, sql); err != nil {
			return err
		}
	}
	cfg, err := pgconn.ParseConfig(s.dsn)
	if err != nil {
		return err
	}
	s.first, s.dsn = s.dsn, fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s sslmode=prefer", cfg.Host, cfg.Port, cfg.User, cfg.Password, database)
	return nil
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
