package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// captureArea is the area of the captures that lie in the tree.
const captureArea = "clients"

// captureRun is one capture on both servers.
type captureRun struct {
	p                   *pair
	want, got           *client
	wantNames, gotNames *objects
	additions           *additionsFilter
	shift               int               // from the numbers of PostgreSQL here to those of the capture
	tables              []string          // names of users' tables, for numbers that name nothing
	strays              map[string]string // what such numbers were taken for
}

// runCaptures runs every capture over the schema, each in an empty database.
func (p *pair) runCaptures(ctx context.Context, o *options, dir, schemaFile, area string) ([]outcome, error) {
	list, schema, err := captures(dir, schemaFile)
	if err != nil {
		return nil, err
	}
	var all []outcome
	for _, c := range list {
		s := &script{area: area, name: c.name}
		if area == "" {
			s.area = c.name
		}
		if !o.only.MatchString(s.area + "/" + s.name) {
			continue
		}
		outcomes, err := p.runCapture(ctx, o, c, s, schema)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		all = append(all, outcomes...)
	}
	return all, nil
}

func (p *pair) runCapture(ctx context.Context, o *options, c *capture, s *script, schema string) ([]outcome, error) {
	dir, err := os.MkdirTemp("", "compat-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	fresh, err := startLoxoDB(ctx, o.bin, dir)
	if err != nil {
		return nil, err
	}
	defer fresh.stop()
	both := &pair{postgres: &server{dsn: cmp.Or(p.postgres.first, p.postgres.dsn)}, loxodb: fresh}
	if err := both.postgres.empty(ctx); err != nil {
		return nil, err
	}
	r := &captureRun{p: both, wantNames: newObjects(), gotNames: newObjects(), strays: map[string]string{}}
	for _, side := range []struct {
		srv *server
		to  **client
	}{{both.postgres, &r.want}, {both.loxodb, &r.got}} {
		if *side.to, err = open(ctx, side.srv.dsn, ""); err != nil {
			return nil, err
		}
		defer (*side.to).close()
		if err := (*side.to).do(ctx, schema); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
	}
	return r.run(ctx, c, s)
}

func (r *captureRun) run(ctx context.Context, c *capture, s *script) ([]outcome, error) {
	if err := r.refresh(ctx); err != nil {
		return nil, err
	}
	var err error
	if r.additions, err = additionsOf(ctx, r.want, r.got, r.wantNames, r.gotNames); err != nil {
		return nil, err
	}
	r.align(c)
	for name := range r.wantNames.numbers {
		if _, ok := r.gotNames.numbers[name]; ok && strings.HasPrefix(name, "relation ") && strings.HasSuffix(name, ", 2200") && !strings.ContainsAny(name, "_") {
			r.tables = append(r.tables, name)
		}
	}
	slices.Sort(r.tables)
	var outcomes []outcome
	for _, st := range c.statements {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		d, err := r.statement(ctx, st)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", st.text, err)
		}
		outcomes = append(outcomes, outcome{script: s, sql: st.text, extended: st.extended, diff: d})
	}
	return outcomes, nil
}

func (r *captureRun) refresh(ctx context.Context) error {
	if err := r.wantNames.refresh(ctx, r.want); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	if err := r.gotNames.refresh(ctx, r.got); err != nil {
		return fmt.Errorf("LoxoDB: %w", err)
	}
	return nil
}

// align finds how far the capture's numbers are from those of PostgreSQL here: both
// number the objects of the schema one after the other.
func (r *captureRun) align(c *capture) {
	seen := map[int]bool{}
	for _, st := range c.statements {
		if !readsCatalogs(st.text) {
			continue
		}
		for _, text := range append([]string{st.text}, texts(st.params)...) {
			numbersIn(text, func(n string) (string, bool) {
				if v, err := strconv.Atoi(n); err == nil && v >= firstUserOID {
					seen[v] = true
				}
				return "", false
			})
		}
	}
	hits := map[int]int{}
	for n := range r.wantNames.names {
		here, err := strconv.Atoi(n)
		if err != nil || here < firstUserOID {
			continue
		}
		for v := range seen {
			hits[v-here]++
		}
	}
	best := 1 // one number alone fits anywhere
	for _, shift := range sortedKeys(hits) {
		if hits[shift] > best {
			best, r.shift = hits[shift], shift
		}
	}
}

func sortedKeys(m map[int]int) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func texts(params [][]byte) []string {
	var list []string
	for _, p := range params {
		list = append(list, string(p))
	}
	return list
}

// readsCatalogs reports a statement whose long numbers are likely those of objects.
func readsCatalogs(sql string) bool { return strings.Contains(sql, "pg_") || executes.MatchString(sql) }

var executes = regexp.MustCompile(`(?i)^\s*EXECUTE\s+dump`)

// translate gives a capture's text as it must be sent to either server. A number that
// names nothing here (its object was made and dropped long before) is taken for one
// of the tables.
func (r *captureRun) translate(text string) (want, got string) {
	name := func(n string) (string, bool) {
		v, err := strconv.Atoi(n)
		if err != nil || v < firstInitOID {
			return "", false
		}
		if v >= firstUserOID {
			v -= r.shift
		}
		name, ok := r.wantNames.names[strconv.Itoa(v)]
		if ok && r.gotNames.numbers[name] != "" {
			return name, true
		}
		if len(r.tables) == 0 || v+r.shift < firstUserOID {
			return "", false
		}
		if r.strays[n] == "" {
			r.strays[n] = r.tables[len(r.strays)%len(r.tables)]
		}
		return r.strays[n], true
	}
	for _, side := range []struct {
		o  *objects
		to *string
	}{{r.wantNames, &want}, {r.gotNames, &got}} {
		*side.to = numbersIn(text, func(n string) (string, bool) {
			if name, ok := name(n); ok {
				return side.o.numbers[name], true
			}
			return "", false
		})
	}
	return want, got
}

// statement sends one statement to both and compares.
func (r *captureRun) statement(ctx context.Context, st captured) (*difference, error) {
	wantSt, gotSt := st, st
	if readsCatalogs(st.text) {
		if err := r.refresh(ctx); err != nil {
			return nil, err
		}
		wantSt.text, gotSt.text = r.translate(st.text)
		wantSt.params, gotSt.params = slices.Clone(st.params), slices.Clone(st.params)
		for i, p := range st.params {
			if p != nil {
				w, g := r.translate(string(p))
				wantSt.params[i], gotSt.params[i] = []byte(w), []byte(g)
			}
		}
	}
	var w, g answer
	both(func() { w = r.want.runCaptured(ctx, wantSt) }, func() { g = r.got.runCaptured(ctx, gotSt) })
	if w.broken != nil && g.broken == nil {
		return nil, fmt.Errorf("PostgreSQL: %w", w.broken)
	}
	if changes(&w) {
		r.wantNames.stale, r.gotNames.stale = true, true
	}
	d, err := r.compare(ctx, st, &w, &g)
	if err != nil {
		return nil, err
	}
	if w.status != g.status || w.status == 'E' {
		// What follows was sent in a transaction that had not failed.
		both(func() { r.want.run(ctx, rollback, false) }, func() { r.got.run(ctx, rollback, false) })
	}
	return d, nil
}

// changes reports that a statement may have made, dropped or renamed something.
func changes(a *answer) bool {
	for _, res := range a.results {
		word, _, _ := strings.Cut(res.tag, " ")
		if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "SHOW", "SET", "BEGIN", "FETCH", "COPY"}, word) {
			return true
		}
	}
	return false
}

// runCaptured sends a statement as the client did: with its parameters as text.
func (c *client) runCaptured(ctx context.Context, st captured) answer {
	if st.params == nil {
		return c.run(ctx, statement{sql: st.text}, false)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.send(ctx, func(a *answer) error {
		desc, err := c.conn.Prepare(ctx, "", st.text, nil)
		if err != nil {
			return err
		}
		a.params = desc.ParamOIDs
		params := append(slices.Clone(st.params), make([][]byte, max(0, len(desc.ParamOIDs)-len(st.params)))...)
		res, err := readOne(c.conn.ExecPrepared(ctx, "", params, nil, nil))
		if err == nil {
			a.results = []result{res}
		}
		return err
	})
}

// empty makes the database of a PostgreSQL of our own anew, and drops what roles and
// databases are left.
func (s *server) empty(ctx context.Context) error {
	conn, err := open(ctx, strings.Replace(s.dsn, "/postgres?", "/template1?", 1), "")
	if err != nil {
		return err
	}
	defer conn.close()
	for _, list := range []string{
		"SELECT pg_catalog.format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_catalog.pg_database WHERE datname NOT LIKE 'template_'",
		"SELECT pg_catalog.format('DROP ROLE %I', rolname) FROM pg_catalog.pg_roles WHERE oid >= 16384",
	} {
		results, err := readAll(conn.conn.Exec(ctx, list))
		if err != nil {
			return err
		}
		for _, row := range results[0].rows {
			if err := conn.do(ctx, string(row[0])); err != nil {
				return err
			}
		}
	}
	if err := conn.do(ctx, "CREATE DATABASE postgres TEMPLATE template0"); err != nil {
		return err
	}
	return conn.do(ctx, "COMMENT ON DATABASE postgres IS 'default administrative connection database'")
}

// ownCaptures is where captures of our own writing lie.
func ownCaptures() string { return filepath.Join("tests", "compat", "captures") }
