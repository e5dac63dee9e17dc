package slt

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// patience is how long a statement may take before it counts as stuck.
const patience = 20 * time.Second

// client holds a script's connections to one server.
type client struct {
	dsn      string
	dialect  string // that the script's connections speak, "" = PostgreSQL's
	extended bool   // records that do not ask for the simple protocol use the extended one
	conns    map[string]*pgconn.PgConn
	notices  []string // of the statement that runs
	types    map[typeKey]string
}

// typeKey is what a row description says of a column's type.
type typeKey struct {
	oid uint32
	mod int32
}

func newClient(dsn string, extended bool) *client {
	return &client{dsn: dsn, extended: extended, conns: map[string]*pgconn.PgConn{}, types: map[typeKey]string{}}
}

// catalogConnection is where types are looked up: beside the script's own
// transactions, which may have failed. No script can name it.
const catalogConnection = ""

// postgresConnection speaks PostgreSQL's dialect in scripts of another one.
const postgresConnection = "postgres"

func (c *client) connection(ctx context.Context, name string) (*pgconn.PgConn, error) {
	if conn := c.conns[name]; conn != nil {
		return conn, nil
	}
	cfg, err := pgconn.ParseConfig(c.dsn)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["datestyle"] = "ISO, MDY"
	if c.dialect != "" && name != catalogConnection && name != postgresConnection {
		cfg.RuntimeParams["sql_dialect"] = c.dialect
	}
	if name != catalogConnection {
		cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			c.notices = append(c.notices, reportLines((*pgconn.PgError)(n))...)
		}
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c.conns[name] = conn
	return conn, nil
}

// close ends the connections.
func (c *client) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, conn := range c.conns {
		_ = conn.Close(ctx) // a script may end its connections
	}
}

// answer is what a server said to a record.
type answer struct {
	kind  kind
	lines []string
}

// run sends a record's SQL and renders what comes back. The error is for what is
// not an answer: no connection, or a server that does not end its reply.
func (c *client) run(ctx context.Context, r *record) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := r.connection
	if name == "" {
		name = "main"
	}
	conn, err := c.connection(ctx, name)
	if err != nil {
		return answer{}, fmt.Errorf("connect: %w", err)
	}
	c.notices = nil
	var results []*pgconn.Result
	if c.extended && !r.simple {
		res := conn.ExecParams(ctx, r.sql, nil, nil, nil, nil).Read()
		results, err = []*pgconn.Result{res}, res.Err
	} else {
		results, err = conn.Exec(ctx, r.sql).ReadAll()
	}
	a := answer{kind: kindOK, lines: c.notices}
	var failure *pgconn.PgError
	if err != nil && !errors.As(err, &failure) {
		return answer{}, fmt.Errorf("no answer: %w", err)
	}
	for _, res := range results {
		if res.Err != nil {
			continue // its rows came before the error; how many is nobody's promise
		}
		if res.FieldDescriptions != nil {
			a.kind = kindQuery
		}
		lines, err := c.resultLines(ctx, res, r.rowsort)
		if err != nil {
			return answer{}, err
		}
		a.lines = append(a.lines, lines...)
	}
	if failure != nil {
		a.kind = kindError
		a.lines = append(a.lines, reportLines(failure)...)
	}
	return a, nil
}

// tempSchema matches the schemas of temporary relations, which are numbered by session.
var tempSchema = regexp.MustCompile(`^pg_temp_[0-9]+$`)

// reportLines renders an error or a notice.
func reportLines(e *pgconn.PgError) []string {
	lines := []string{fmt.Sprintf("%s %s: %s", e.Severity, e.Code, text(e.Message))}
	field := func(name, value string) {
		if value != "" {
			lines = append(lines, name+": "+text(value))
		}
	}
	field("DETAIL", e.Detail)
	field("HINT", e.Hint)
	if e.Position != 0 {
		field("POSITION", strconv.Itoa(int(e.Position)))
	}
	table := e.TableName
	if table != "" {
		table = tempSchema.ReplaceAllString(e.SchemaName, "pg_temp") + "." + table
	}
	field("TABLE", table)
	field("COLUMN", e.ColumnName)
	field("TYPE", e.DataTypeName)
	field("CONSTRAINT", e.ConstraintName)
	return lines
}

// text is a message on one line.
func text(s string) string {
	if strings.ContainsAny(s, "\n\r\t") {
		return strconv.Quote(s)
	}
	return s
}
