package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// compare compares two answers: numbers of objects by what they name, and what no two
// servers have in common by its form.
func (r *captureRun) compare(ctx context.Context, st captured, want, got *answer) (*difference, error) {
	c := comparison{ordered: orders(st.text), wantType: r.wantNames.typeName, gotType: r.gotNames.typeName}
	if c.compare(ctx, want, got) == nil {
		return nil, nil
	}
	if err := r.refresh(ctx); err != nil {
		return nil, err
	}
	own := ownAliases(st.text)
	numbered := said(want, r.wantNames, own)
	said(got, r.gotNames, own)
	if explains.MatchString(st.text) {
		return c.plans(ctx, want, got), nil
	}
	for i := range got.results {
		r.additions.leaveOut(&got.results[i])
	}
	d := c.compare(ctx, want, got)
	if d != nil && d.kind == kindRows && r.chosen(ctx, &c, st, want, got) {
		return nil, nil
	}
	if d != nil && d.kind == kindOrder && (numbered || sameKeys(st.text, want, got) || ownOrder(st.text)) {
		return nil, nil // by numbers, by what is a server's own, or rows with equal keys
	}
	return d, nil
}

// ownAliases are the names that a statement gives to columns of a server's own.
func ownAliases(sql string) map[string]bool {
	own := map[string]bool{}
	for _, m := range alias.FindAllStringSubmatch(sql, -1) {
		if ownColumn.MatchString(m[1]) {
			own[m[2]], own[strings.ToLower(m[2])] = true, true
			for _, n := range alias.FindAllStringSubmatch(sql, -1) { // and again in a query around it
				if own[n[1]] {
					own[n[2]], own[strings.ToLower(n[2])] = true, true
				}
			}
		}
	}
	return own
}

var alias = regexp.MustCompile(`(?i)\.(\w+)\s+AS\s+"?(\w+)"?`)

// ownOrder reports an order by nothing but what is a server's own.
func ownOrder(sql string) bool {
	m := orderKeys.FindStringSubmatch(sql)
	if m == nil {
		return false
	}
	for _, key := range strings.Split(m[1], ",") {
		words := strings.Fields(key)
		if len(words) == 0 || !ownColumn.MatchString(words[0][strings.LastIndexByte(words[0], '.')+1:]) {
			return false
		}
	}
	return true
}

var explains = regexp.MustCompile(`(?i)^\s*EXPLAIN\b`)

// plans compares what EXPLAIN says: only that it says something, in the same columns.
func (c *comparison) plans(ctx context.Context, want, got *answer) *difference {
	for _, a := range []*answer{want, got} {
		for i := range a.results {
			a.results[i].rows = a.results[i].rows[:min(1, len(a.results[i].rows))]
			for _, row := range a.results[i].rows {
				row[0] = []byte("plan")
			}
		}
	}
	return c.compare(ctx, want, got)
}

// orderKeys is the list of a last ORDER BY that names columns of the result.
var orderKeys = regexp.MustCompile(`(?is)\bORDER\s+BY\s+([\w."\s,]+?)(?:\bLIMIT\b.*)?\s*$`)

// sameKeys reports rows that are in the same order by what the statement orders by.
func sameKeys(sql string, want, got *answer) bool {
	m := orderKeys.FindStringSubmatch(sql)
	if m == nil || len(want.results) != 1 || len(got.results) != 1 {
		return false
	}
	w, g := &want.results[0], &got.results[0]
	for _, key := range strings.Split(m[1], ",") {
		words := strings.Fields(key)
		if len(words) == 0 {
			return false
		}
		name := strings.Trim(words[0][strings.LastIndexByte(words[0], '.')+1:], `"`)
		at := slices.IndexFunc(w.columns, func(f pgconn.FieldDescription) bool { return strings.EqualFold(f.Name, name) })
		if n, err := strconv.Atoi(name); err == nil {
			at = n - 1
		}
		if at < 0 || at >= len(w.columns) {
			return false
		}
		for i := range w.rows {
			if !bytes.Equal(w.rows[i][at], g.rows[i][at]) {
				return false
			}
		}
	}
	return true
}

// typeName names a type as objects do.
func (o *objects) typeName(_ context.Context, oid uint32) string {
	n := fmt.Sprint(oid)
	if name, ok := o.names[n]; ok {
		return name
	}
	return n
}

// said puts into an answer what its numbers name and the forms of what is volatile,
// and reports whether there were such numbers in its rows.
func said(a *answer, o *objects, own map[string]bool) (numbered bool) {
	for i := range a.results {
		res := &a.results[i]
		for _, row := range res.rows {
			for j, v := range row {
				if v == nil || j >= len(res.columns) {
					continue
				}
				if res.columns[j].Name == "attversion" {
					// A position of PostgreSQL's log, which it notes with columns from 15.20 on.
					row[j] = nil
					continue
				}
				text := o.said(string(v))
				numbered = numbered || text != string(v)
				f := res.columns[j]
				if own[f.Name] {
					f.Name = "size"
				}
				row[j] = []byte(formOf(&f, text))
			}
		}
		for j := range res.columns {
			// Values are now texts, whatever their type was.
			if res.columns[j].DataTypeOID == 26 || res.columns[j].DataTypeOID == 30 {
				res.columns[j].DataTypeOID = 25
			}
		}
	}
	for _, e := range append([]*pgconn.PgError{a.failure}, a.notices...) {
		if e != nil {
			e.Message, e.Detail = o.said(e.Message), o.said(e.Detail)
		}
	}
	return numbered
}

var (
	// Columns whose values are a server's own: of processes, transactions, files, sizes.
	ownColumn = regexp.MustCompile(`(?i)^(\w*pid|\w*size|\w*xids?|xmin|xmax|ctid|age|relpages|relallvisible|virtual\w*|\w*lsn|\w*filenode|filepath|blks_\w+|\w*_blks|client_port|backend_start|tup_\w+|xact_\w+|pg_backend_pid|\w*snapshot|checksum\w*|query_start|state_change|seconds|sourcefile|sourceline)$`)
	ownTypes  = []uint32{27, 28, 29, 3220, 5069, 2970, 5038}
	version   = regexp.MustCompile(`^(PostgreSQL )?15\.\d+\b.*|^1500\d\d$`)
	number    = regexp.MustCompile(`\d+(\.\d+)?`)
	hexParts  = regexp.MustCompile(`^[0-9A-F]{8}-[0-9A-F]{8}-\d+$`)
	uuid      = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b`)
)

// formOf is a value, or its form where no two servers have the same: nothing remains
// nothing.
func formOf(f *pgconn.FieldDescription, text string) string {
	text = today.ReplaceAllString(text, "<time>")
	text = uuid.ReplaceAllString(text, "<uuid>")
	if ownColumn.MatchString(f.Name) || slices.Contains(ownTypes, f.DataTypeOID) {
		if hexParts.MatchString(text) { // an exported snapshot
			return "<snapshot>"
		}
		text = number.ReplaceAllStringFunc(text, func(n string) string {
			if strings.Trim(n, "0.") == "" {
				return n
			}
			return "#"
		})
		text = strings.NewReplacer("# bytes", "# size", "# kB", "# size", "# MB", "# size").Replace(text)
	}
	return version.ReplaceAllString(text, "<version>")
}

// today is a moment of this run, whatever its form.
var today = func() *regexp.Regexp {
	now := time.Now().UTC()
	days := now.Format(time.DateOnly) + "|" + now.Add(time.Hour).Format(time.DateOnly)
	return regexp.MustCompile(`\b(` + days + `)([ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:\d\d)?|Z)?)?`)
}()
