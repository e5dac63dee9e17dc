package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// covered says how many signatures of a sort LoxoDB has.
type covered struct {
	what string
	tally
	missing []string
}

// coverage asks LoxoDB to prepare a call of every function and operator that can
// be reached from the types that statements can name. Nothing is run.
func coverage(ctx context.Context, p *pair) ([]covered, error) {
	g := &generator{postgres: p.postgres}
	procs, err := g.procedures(ctx)
	if err != nil {
		return nil, err
	}
	ops, err := g.operatorList(ctx)
	if err != nil {
		return nil, err
	}
	c, err := open(ctx, p.loxodb.dsn, "")
	if err != nil {
		return nil, err
	}
	defer c.close()
	absent := map[string]bool{}
	for _, t := range slices.Sorted(maps.Keys(literals)) {
		if c.prepare(ctx, "SELECT NULL::"+t) != nil {
			absent[t] = true
		}
	}
	var list []covered
	for _, of := range []struct {
		what, kind string
		all        []*signature
	}{{"operators", "o", ops}, {"functions", "f", procs}, {"aggregates", "a", procs}, {"window functions", "w", procs}} {
		here, there := covered{what: of.what + " of the types that are there"}, covered{what: of.what + " of types that are missing"}
		for _, s := range of.all {
			if s.kind != of.kind || !s.reachable() {
				continue
			}
			args := s.resolved(0)
			into := &here
			if slices.ContainsFunc(args, func(a string) bool { return absent[a] }) {
				into = &there
			}
			into.all++
			if err := c.prepare(ctx, s.probe(args)); err != nil {
				into.missing = append(into.missing, s.String())
			} else {
				into.agree++
			}
		}
		list = append(list, here)
		if there.all > 0 {
			list = append(list, there)
		}
	}
	if len(absent) > 0 {
		t := covered{what: "types that statements name", tally: tally{len(literals), len(literals) - len(absent)}, missing: slices.Sorted(maps.Keys(absent))}
		list = append(list, t)
	}
	return list, nil
}

// prepare parses and describes; only an answer that what it names is not there
// counts as an error.
func (c *client) prepare(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := c.conn.Prepare(ctx, "", sql, nil)
	var e *pgconn.PgError
	if errors.As(err, &e) && !slices.Contains([]string{"42883", "42704", "0A000", "42601"}, e.Code) {
		return nil
	}
	return err
}

// reachable leaves out what no client calls, and what belongs to subjects that
// LoxoDB does not have as a matter of principle: xml, replication.
func (s *signature) reachable() bool {
	if s.resolved(0) == nil || beyond.MatchString(strings.Trim(s.name, `"`)) {
		return false
	}
	switch s.ret {
	case "internal", "trigger", "event_trigger", "cstring", "xml", "language_handler":
		return false
	}
	return true
}

// probe is a call with NULL for every argument.
func (s *signature) probe(types []string) string {
	args := make([]string, len(types))
	for i, t := range types {
		args[i] = "NULL::" + t
		if t == "record" {
			args[i] = "ROW(1)::record"
		}
		if i == len(types)-1 && s.variadic && strings.HasSuffix(t, "[]") {
			args[i] = "VARIADIC " + args[i]
		}
	}
	call := func(list []string) string { return s.name + "(" + strings.Join(list, ", ") + ")" }
	switch {
	case s.kind == "o" && types[0] == unary:
		return "SELECT " + s.name + " " + args[1]
	case s.kind == "o":
		return "SELECT " + args[0] + " " + s.name + " " + args[1]
	case s.kind == "w":
		return "SELECT " + call(args) + " OVER ()"
	case s.kind == "a" && s.aggKind != "n":
		d := min(s.direct, len(args))
		ordered := args[d:]
		if len(ordered) == 0 {
			ordered = args
		}
		return "SELECT " + call(args[:d]) + fmt.Sprintf(" WITHIN GROUP (ORDER BY %s)", strings.Join(ordered, ", "))
	case s.kind == "a" && len(args) == 0:
		return "SELECT " + s.name + "(*)"
	case s.set && s.ret == "record" && strings.Contains(s.name, "_to_recordset"):
		return "SELECT * FROM " + call(args) + " AS r(a integer)"
	case s.set:
		return "SELECT * FROM " + call(args)
	}
	return "SELECT " + call(args)
}

func (r *results) writeCoverage(b *strings.Builder) {
	b.WriteString("## Functions and operators\n\nOf those in PostgreSQL's pg_catalog that can be called with the types of this page, LoxoDB prepares a call of:\n\n| what | signatures | there | % |\n|---|---|---|---|\n")
	for _, c := range r.cover {
		fmt.Fprintf(b, "| %s | %d | %d | %s |\n", c.what, c.all, c.agree, c.percent())
	}
	b.WriteString("\n")
	for _, c := range r.cover {
		if len(c.missing) > 0 {
			fmt.Fprintf(b, "Missing of the %s: %s.\n\n", c.what, "`"+strings.Join(c.missing, "`, `")+"`")
		}
	}
}

// beyond are functions of subjects that are not part of the measure.
var beyond = regexp.MustCompile(`^(pg_(logical|replication|wal|walfile|create_|drop_|copy_|ls_|read_|stat_get|stat_reset|stat_clear|stat_have|control|backup|start_backup|stop_backup|switch|promote|` +
	`get_wal|get_replication|get_publication|event_trigger|import|current_wal|last_|show_|hba|ident_file|nextoid|stop_making|get_shmem|get_backend_memory|config|current_logfile|rotate|file|stat_file).*|` +
	`binary_upgrade.*|lo_.*|lo(read|write)|.*xml.*|ts_.*|.*(sel|joinsel|support|handler)|brin_.*|gin_.*|gist_.*|spg_.*|.*_(accum|accum_inv|combine|serialize|deserialize)|range_.*_support|currtid.*|amvalidate|.*_recv)$`)
