package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// patience is how long a statement may take before it counts as stuck.
const patience = 20 * time.Second

// answer is what a server said to one statement.
type answer struct {
	results []result
	failure *pgconn.PgError // nil when it succeeded
	broken  error           // no answer: the connection ended, or patience did
	notices []*pgconn.PgError
	params  []uint32 // the types of the parameters that the extended protocol announced
	status  byte     // of the transaction, afterwards: I, T or E
}

// result is one result set or command tag.
type result struct {
	columns []pgconn.FieldDescription // nil if it returns no rows
	rows    [][][]byte
	tag     string
}

// client is a session with one server, opened anew when it was lost.
type client struct {
	dsn     string
	schema  string // of the script: first in the search path
	conn    *pgconn.PgConn
	notices []*pgconn.PgError
}

// sessionSettings are the same on both servers, whatever their machine says.
var sessionSettings = map[string]string{"timezone": "UTC", "datestyle": "ISO, MDY", "lc_messages": "C", "lc_monetary": "C", "lc_numeric": "C", "lc_time": "C"}

// open connects; a script begins in a schema of its own.
func open(ctx context.Context, dsn, schema string) (*client, error) {
	c := &client{dsn: dsn, schema: schema}
	return c, c.connect(ctx)
}

func (c *client) connect(ctx context.Context) error {
	cfg, err := pgconn.ParseConfig(c.dsn)
	if err != nil {
		return err
	}
	for name, value := range sessionSettings {
		cfg.RuntimeParams[name] = value
	}
	if c.schema != "" {
		cfg.RuntimeParams["search_path"] = c.schema + ", public"
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { c.notices = append(c.notices, (*pgconn.PgError)(n)) }
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.conn, err = pgconn.ConnectConfig(ctx, cfg)
	return err
}

func (c *client) close() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // a script may have ended it
}

// do runs set-up, which must succeed.
func (c *client) do(ctx context.Context, sql string) error {
	if _, err := c.conn.Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// run sends a statement by the protocol asked for. A lost connection is replaced
// before the next statement.
func (c *client) run(ctx context.Context, s statement, extended bool) answer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.send(ctx, func(a *answer) (err error) {
		switch words := strings.Fields(strings.ToLower(s.sql)); {
		case copiesIn(s.sql):
			a.results = make([]result, 1)
			var tag pgconn.CommandTag
			tag, err = c.conn.CopyFrom(ctx, strings.NewReader(s.copy), s.sql)
			a.results[0].tag = tag.String()
		case len(words) > 0 && words[0] == "copy" && slices.Contains(words, "stdout"):
			a.results, err = c.copyOut(ctx, s.sql)
		case extended:
			err = c.extended(ctx, s.sql, a)
		default:
			a.results, err = readAll(c.conn.Exec(ctx, s.sql))
		}
		return err
	})
}

// send runs what asks the server and notes what came of it.
func (c *client) send(ctx context.Context, ask func(a *answer) error) answer {
	if c.conn == nil || c.conn.IsClosed() {
		if err := c.connect(ctx); err != nil {
			return answer{broken: fmt.Errorf("connect: %w", err)}
		}
	}
	c.notices = nil
	var a answer
	if err := ask(&a); err != nil && !errors.As(err, &a.failure) {
		a.broken = err
	}
	if c.conn.IsClosed() && a.broken == nil {
		a.broken = errors.New("the connection ended")
	}
	a.notices, a.status = c.notices, c.conn.TxStatus()
	return a
}

// copyOut answers with the lines that the server sent, a row each.
func (c *client) copyOut(ctx context.Context, sql string) ([]result, error) {
	var out strings.Builder
	tag, err := c.conn.CopyTo(ctx, io.Writer(&out), sql)
	res := result{tag: tag.String(), columns: []pgconn.FieldDescription{{Name: "copy"}}}
	for line := range strings.Lines(out.String()) {
		res.rows = append(res.rows, [][]byte{[]byte(line)})
	}
	return []result{res}, err
}

// extended prepares, describes and executes, with binary results where the bytes
// of a type are the same on every server. What has parameters is only described.
func (c *client) extended(ctx context.Context, sql string, a *answer) error {
	desc, err := c.conn.Prepare(ctx, "", sql, nil)
	if err != nil {
		return err
	}
	a.params = desc.ParamOIDs
	if len(desc.ParamOIDs) > 0 {
		a.results = []result{{columns: desc.Fields}}
		return nil
	}
	formats := make([]int16, len(desc.Fields))
	for i, f := range desc.Fields {
		if f.DataTypeOID < firstUserOID {
			formats[i] = 1
		}
	}
	reader := c.conn.ExecPrepared(ctx, "", nil, nil, formats)
	res, err := readOne(reader)
	if err != nil {
		return err
	}
	if len(desc.Fields) > 0 {
		res.columns = desc.Fields // as they were announced
		for i := range res.columns {
			res.columns[i].Format = formats[i]
		}
	}
	a.results = []result{res}
	return nil
}

// readAll reads the results of a simple query, with the columns of empty ones. What
// came before an error is left out where its result did not end: how many rows that
// are is nobody's promise.
func readAll(all *pgconn.MultiResultReader) ([]result, error) {
	var list []result
	for all.NextResult() {
		res, err := readOne(all.ResultReader())
		if err == nil {
			list = append(list, res)
		}
	}
	return list, all.Close()
}

func readOne(r *pgconn.ResultReader) (result, error) {
	res := result{columns: slices.Clone(r.FieldDescriptions())}
	for r.NextRow() {
		row := make([][]byte, len(r.Values()))
		for i, v := range r.Values() {
			row[i] = bytes.Clone(v) // nil stays nil
		}
		res.rows = append(res.rows, row)
	}
	tag, err := r.Close()
	res.tag = tag.String()
	return res, err
}
