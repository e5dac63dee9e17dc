package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/tests/peers"
)

// database is where a run happens on PostgreSQL; made at the start, dropped at the end.
const database = "loxodb_compat"

// server is a process that the run started, or a PostgreSQL that it was given.
type server struct {
	dsn   string
	first string // the dsn before prepare turned to the run's own database
	make  func() (*exec.Cmd, error)
	run   *peers.Process // nil when it is not ours
	types map[uint32]string
}

// startLoxoDB runs the binary over an empty directory.
func startLoxoDB(ctx context.Context, bin, dir string) (*server, error) {
	return serve(ctx, func(addr string) (*exec.Cmd, error) {
		return peers.LoxoDB(bin, filepath.Join(dir, "loxodb"), addr)
	})
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
	cluster, err := peers.InitPostgres(ctx, bin, dir, []string{"LC_ALL=C.UTF-8", "TZ=UTC"}, "--locale", "C.UTF-8", "-N")
	if err != nil {
		return nil, err
	}
	return serve(ctx, func(addr string) (*exec.Cmd, error) { return cluster.Server(addr, "fsync=off") })
}

// serve starts a process that command makes at an address of its own.
func serve(ctx context.Context, command func(addr string) (*exec.Cmd, error)) (*server, error) {
	addr, err := peers.FreeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{dsn: peers.DSN(addr), make: func() (*exec.Cmd, error) { return command(addr) }}
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

// start runs the process and waits until it answers.
func (s *server) start(ctx context.Context) error {
	cmd, err := s.make()
	if err == nil {
		s.run, err = peers.Start(ctx, cmd, cmp.Or(s.first, s.dsn))
	}
	return err
}

// revive starts the process again if it has died, and reports that it had.
func (s *server) revive(ctx context.Context) (bool, error) {
	if s.run == nil || !s.run.Dead() {
		return false, nil
	}
	return true, s.start(ctx)
}

// stop ends a process of ours.
func (s *server) stop() {
	if s.run != nil {
		s.run.Stop()
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
