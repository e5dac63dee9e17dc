package tidb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
)

// The names of a statement are found where they stand, whatever else bears them.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"SELECT t.a, 't', EXTRACT(DAY FROM t), REPLACE(t, 'a', 'b') FROM t x, `T` JOIN s.t ON t = (SELECT 1 FROM u WHERE t IN (1, t)) WHERE t ORDER BY t, u",
			"s.t@ s.t ; t@ `T` ; t@ t x,; u@ u WH"},
		{"INSERT /* t (z) */ INTO t (a, `b`, t) SELECT a, b FROM u, (v JOIN w) ON DUPLICATE KEY UPDATE b = VALUES(a), t.a = (SELECT c FROM x)",
			"t@ t (a; u@ u, (; v@ v JO; w@ w) O; x@ x) columns a b t set b a"},
		{"INSERT IGNORE INTO t SET a = IF(1, 2, 3), b = 4 ON DUPLICATE KEY UPDATE c = 5", "t@ t SE set a b c"},
		{"REPLACE t VALUES (1, 2)", "t@ t VA"},
		{"INSERT INTO t () VALUES ()", "t@ t ()"},
		{"INSERT INTO t (SELECT 1, a FROM u)", "t@ t (S; u@ u)"},
		{"UPDATE LOW_PRIORITY t JOIN u USING (a, b) SET t.a = u.b, c = (1, 2) WHERE x = 1, y = 2", "t@ t JO; u@ u US set a c"},
		{"WITH c AS (SELECT 1 FROM t) DELETE FROM u WHERE a IN (SELECT a FROM c, d)", "c@ c, d; d@ d); t@ t) D; u@ u WH"},
		{"EXPLAIN SELECT 1 FROM (SELECT 2 FROM t UNION SELECT 3 FROM u) v FOR UPDATE", "t@ t UN; u@ u) v"},
	} {
		p := findPlaces(c.query, 0, len(c.query))
		var list []string
		for key, at := range p.tables {
			for _, i := range at {
				list = append(list, fmt.Sprintf("%s@ %s", strings.ReplaceAll(key, "\x00", "."), c.query[i:min(len(c.query), i+4)]))
			}
		}
		slices.Sort(list)
		got := strings.Join(list, "; ")
		if len(p.columns) > 0 {
			got += " columns"
		}
		for _, x := range p.columns {
			got += " " + x.name
		}
		if len(p.set) > 0 {
			got += " set"
		}
		for _, x := range p.set {
			got += " " + x.name
			if !strings.Contains(fold(c.query[x.at:]), x.name) {
				t.Errorf("%s: %s at %d", c.query, x.name, x.at)
			}
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, got, c.want)
		}
	}
}

// Names get the same places whichever of them is looked for, and statements that are read for
// none have positions that no text has.
func TestPlace(t *testing.T) {
	const query = "SELECT 1 FROM a JOIN s.b ON 1; INSERT INTO c (d, e) SELECT 1, 2 FROM a; UPDATE f SET g = 1, h = (SELECT 2 FROM i); CREATE TABLE j (k INT)"
	list, err := New().Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	note := func(at ast.Pos) {
		if at <= sought && at != ast.NoPos {
			t.Errorf("a name is at %d at once", at)
		}
		place := "none"
		if i := New().Place(query, int(at)); i >= 0 {
			place = query[i : i+1]
		}
		got = append(got, place)
	}
	for _, p := range list {
		ast.Walk(p.Stmt, func(n ast.Node) bool {
			switch v := n.(type) {
			case *ast.TableRef:
				note(v.Name.Pos)
			case *ast.Insert:
				note(v.Columns[1].Pos)
			case *ast.Update:
				note(v.Set[1].Pos)
			case *ast.CreateTable:
				note(v.Name.Pos)
			}
			return true
		})
	}
	slices.Sort(got)
	if s := strings.Join(got, " "); s != "a a c e f h i none s" {
		t.Errorf("places of %s", s)
	}
	if at := New().Place(query, 12); at != 12 {
		t.Errorf("a place as it is: %d", at)
	}
	if at := New().Place("SELECT 1 FROM a", int(sought)+99); at != -1 {
		t.Errorf("a name that is not there: %d", at)
	}
}
