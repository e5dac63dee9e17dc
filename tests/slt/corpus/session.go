package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// answer is what a server said to one statement.
type answer struct {
	rows    [][][]byte
	types   []uint32
	failure *pgconn.PgError // nil when it succeeded
	late    bool            // no answer within the limit
	lost    error           // no answer: the connection ended
	took    time.Duration
}

// outcome says shortly what came.
func (a *answer) outcome() string {
	switch {
	case a.late:
		return "no answer in time"
	case a.lost != nil:
		return "connection lost: " + a.lost.Error()
	case a.failure != nil:
		return fmt.Sprintf("%s %s", a.failure.Code, a.failure.Message)
	}
	return fmt.Sprintf("%d rows", len(a.rows))
}

// session is one connection to one server, in a schema of its own.
type session struct {
	dsn      string
	schema   string
	limit    time.Duration
	extended bool
	conn     *pgconn.PgConn
}

// open connects and begins with an empty schema.
func open(ctx context.Context, o *options, dsn, schema string) (*session, error) {
	s := &session{dsn: dsn, schema: schema, limit: o.limit, extended: o.extended}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	for _, sql := range []string{"DROP SCHEMA IF EXISTS " + schema + " CASCADE", "CREATE SCHEMA " + schema} {
		if _, err := s.conn.Exec(ctx, sql).ReadAll(); err != nil {
			return nil, fmt.Errorf("%s: %w", sql, err)
		}
	}
	return s, nil
}

func (s *session) connect(ctx context.Context) error {
	cfg, err := pgconn.ParseConfig(s.dsn)
	if err != nil {
		return err
	}
	cfg.RuntimeParams["search_path"] = s.schema + ", public"
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["datestyle"] = "ISO, MDY"
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s.conn, err = pgconn.ConnectConfig(ctx, cfg)
	return err
}

// close drops the schema and ends the connection.
func (s *session) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if s.conn.IsClosed() && s.connect(ctx) != nil {
		return
	}
	_, _ = s.conn.Exec(ctx, "ROLLBACK; DROP SCHEMA IF EXISTS "+s.schema+" CASCADE").ReadAll() // the next run drops it if this one cannot
	_ = s.conn.Close(ctx)
}

// ask runs one statement. A lost connection is replaced before the next one.
func (s *session) ask(ctx context.Context, sql string) (a answer) {
	if s.conn.IsClosed() {
		if a.lost = s.connect(ctx); a.lost != nil {
			return a
		}
	}
	limited, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	began := time.Now()
	err := s.read(limited, sql, &a)
	a.took = time.Since(began)
	switch {
	case err == nil || errors.As(err, &a.failure):
	case limited.Err() != nil:
		a.late = true
	default:
		a.lost = err
	}
	if a.lost == nil && !a.late && s.conn.IsClosed() {
		a.lost = errors.New("the connection ended")
	}
	return a
}

func (s *session) read(ctx context.Context, sql string, a *answer) error {
	if s.extended {
		return a.take(s.conn.ExecParams(ctx, sql, nil, nil, nil, nil))
	}
	all := s.conn.Exec(ctx, sql)
	for all.NextResult() {
		if err := a.take(all.ResultReader()); err != nil {
			_ = all.Close() // says the same
			return err
		}
	}
	return all.Close()
}

// take keeps a result: of several the last one.
func (a *answer) take(r *pgconn.ResultReader) error {
	a.rows, a.types = nil, nil
	for _, f := range r.FieldDescriptions() {
		a.types = append(a.types, f.DataTypeOID)
	}
	for r.NextRow() {
		row := make([][]byte, len(r.Values()))
		for i, v := range r.Values() {
			row[i] = bytes.Clone(v) // nil stays nil
		}
		a.rows = append(a.rows, row)
	}
	_, err := r.Close()
	return err
}
