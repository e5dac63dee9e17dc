// Package importer loads the dump files of MySQL and TiDB into a running server,
// over the wire like any client: statement by statement, in bounded memory, and so
// that it goes on after an interruption. It must not know how a server keeps its data.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/sql/parser/tidb"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Options say what to load, and where to.
type Options struct {
	Files []string // dumps, plain or gzip, or directories of them
	// Connect is a connection string of PostgreSQL's; Schema, if not "", takes what the
	// files do not say the database of.
	Connect, Schema string
	// DryRun lists what would not load, and changes nothing (see scratch). Restart forgets how
	// far an earlier load of the files got.
	DryRun, Restart bool
	CSV             CSV // how rows are written in files of CSV
	// Out takes problems and the summary; Terminal says that it is one, for the bar.
	Out      io.Writer
	Terminal bool
}

// Result counts.
type Result struct {
	Statements, Problems int
}

// load is a run of Run.
type load struct {
	Options
	report  report
	conn    *pgconn.PgConn
	parser  tidb.Frontend
	count   int
	keys    []deferred // that are not unique, to be made when the rows are there
	later   []deferred // foreign keys, to be made when all tables are there
	views   []deferred // to be made then, too
	schemas []string   // that statements were for
	noticed []*pgconn.Notice
	// missing are the tables that a dry run found not to load.
	missing map[string]bool
}

// deferred is a statement that waits for the end.
type deferred struct {
	dump   *dump
	schema string
	statement
}

// Run loads the files. Statements that fail are problems, which are reported and
// counted; an error is what ends the load.
func Run(ctx context.Context, o Options) (Result, error) {
	l := &load{Options: o, missing: map[string]bool{}, report: report{out: o.Out, terminal: o.Terminal, began: time.Now()}}
	err := l.run(ctx)
	l.report.clear()
	return Result{l.count, l.report.problems}, err
}

func (l *load) run(ctx context.Context) error {
	files, left, err := expand(l.Files)
	if err != nil {
		return err
	}
	for _, d := range left {
		l.report.problem(filepath.Clean(d.path), 1, "files of %s are not supported, this one is not loaded", d.form())
	}
	for _, d := range files {
		l.report.total += d.size
	}
	switch {
	case !l.DryRun:
		if err := l.connect(ctx, ""); err != nil {
			return err
		}
		defer l.conn.Close(context.WithoutCancel(ctx))
	default:
		drop, err := l.scratch(ctx)
		defer drop()
		if l.DryRun = err != nil; err != nil {
			l.report.say("the server is not asked, the files are only read: %v", err)
		}
	}
	for i := range files {
		if err := l.file(ctx, &files[i]); err != nil {
			return fmt.Errorf("%s: %w", files[i].path, err)
		}
		l.report.done += files[i].size
	}
	return l.finish(ctx)
}

// connect opens the connection, to a database if one is named, and makes the table of what is
// loaded.
func (l *load) connect(ctx context.Context, database string) error {
	cfg, err := pgconn.ParseConfig(l.Connect)
	if err != nil {
		return err
	}
	if database != "" {
		cfg.Database = database
	}
	cfg.OnNotice = l.notice
	cfg.RuntimeParams["sql_dialect"] = "tidb"
	cfg.RuntimeParams["client_min_messages"] = "error"
	cfg.RuntimeParams["loxodb.generated_values"] = "ignore" // MariaDB dumps them
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "loxodb import"
	}
	if l.conn, err = pgconn.ConnectConfig(ctx, cfg); err != nil {
		return err
	}
	return l.makeTable(ctx)
}

// file loads one dump.
func (l *load) file(ctx context.Context, d *dump) error {
	if l.Schema != "" {
		d.schema = l.Schema
	}
	b := &batch{load: l, dump: d, schema: d.schema, charset: &clientCharset{}}
	if d.table == "" && isCSV(d.path) {
		return errors.New("the name does not say whose rows these are: call it DATABASE.TABLE.csv")
	}
	read := b.read
	if d.table != "" {
		read = b.readRows
	}
	return read(ctx, func(head string) error {
		if err := l.enter(ctx, d.schema); err != nil {
			return err
		}
		return l.exec(ctx, "SET default_collation_for_utf8mb4 = '"+defaultCollation(head)+"'")
	})
}

// enter makes a schema the present one, and makes it if it is missing.
func (l *load) enter(ctx context.Context, schema string) error {
	if schema == "" {
		schema = "public"
	}
	name := "`" + strings.ReplaceAll(schema, "`", "``") + "`"
	if err := l.exec(ctx, "CREATE DATABASE IF NOT EXISTS "+name); err != nil {
		return err
	}
	return l.exec(ctx, "USE "+name)
}

func (l *load) exec(ctx context.Context, sql string) error {
	_, err := l.conn.Exec(ctx, sql).ReadAll()
	return err
}

// finish makes the other keys, then the foreign ones, and views that have none of what they read before.
func (l *load) finish(ctx context.Context) error {
	if l.DryRun {
		return nil
	}
	if err := l.exec(ctx, "SET foreign_key_checks = 1"); err != nil {
		return err
	}
	if err := l.makeKeys(ctx, l.keys, pgerrcode.DuplicateTable, pgerrcode.UndefinedTable); err != nil {
		return err
	}
	if err := l.makeKeys(ctx, l.later, pgerrcode.DuplicateObject); err != nil {
		return err
	}
	if err := l.makeViews(ctx); err != nil {
		return err
	}
	return l.checkKeys(ctx)
}

// makeKeys makes keys. The errors of some codes are no problems: a key may be of an earlier load, and a
// table that is not there has been reported.
func (l *load) makeKeys(ctx context.Context, keys []deferred, passed ...string) error {
	for _, k := range keys {
		if err := l.enter(ctx, k.schema); err != nil {
			return err
		}
		err := l.exec(ctx, k.text)
		var pe *pgconn.PgError
		switch {
		case err == nil, errors.As(err, &pe) && slices.Contains(passed, pe.Code):
		case pe != nil:
			l.problem(k.dump, k.statement, err)
		default:
			return err
		}
	}
	return nil
}

// problem reports a statement that failed, at the line that its error points at.
func (l *load) problem(d *dump, st statement, err error) {
	line, msg, code := st.line, err.Error(), ""
	at := 0
	var pe *pgconn.PgError
	if e, ok := pgerr.As(err); ok {
		msg, code, at = e.Message, e.Code, e.Position
	} else if errors.As(err, &pe) {
		msg, code = pe.Message, pe.Code
		at = byteOffset(st.text, int(pe.Position))
	}
	if at > 0 && at <= len(st.text) {
		line += strings.Count(st.text[:at-1], "\n")
	}
	if code != "" {
		msg += advice(code, msg) + " (SQLSTATE " + code + ")"
	}
	l.report.problem(filepath.Clean(d.path), line, "%s: %s", msg, excerpt(st.text))
}

// byteOffset makes a position in characters one in bytes, both from 1.
func byteOffset(s string, chars int) int {
	for i := range s {
		if chars--; chars == 0 {
			return i + 1
		}
	}
	return 0
}
