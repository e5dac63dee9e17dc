package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/explain"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// session answers what planning asks; anything else would panic.
type session struct {
	builtin.Session
	cat      *catalog.Snapshot
	settings map[string]string
}

func (s *session) Database() string                  { return "loxodb" }
func (s *session) CurrentUser() string               { return "tester" }
func (s *session) Catalog() *catalog.Snapshot        { return s.cat }
func (s *session) Setting(n string) (string, bool)   { v, ok := s.settings[n]; return v, ok }
func (s *session) SearchPath(implicit bool) []string { return []string{"pg_catalog", "public"} }

type colDef struct {
	name string
	t    types.T
	mod  func(c *catalog.Column)
}

func notNull(c *catalog.Column) { c.NotNull = true }

func makeTable(id catalog.ID, name string, pk int16, cols ...colDef) *catalog.Table {
	t := &catalog.Table{ID: id, Schema: catalog.PublicID, Name: name, Kind: catalog.KindTable, Storage: id, PrimaryAttr: pk}
	for i, c := range cols {
		col := catalog.Column{Num: int16(i + 1), Name: c.name, Type: c.t}
		if c.mod != nil {
			c.mod(&col)
		}
		t.Columns = append(t.Columns, col)
	}
	if pk > 0 {
		addIndex(t, id+1, name+"_pkey", true, "", catalog.IndexKey{Attr: pk, Type: cols[pk-1].t})
		t.Indexes[0].Primary = true
		t.Constraints = append(t.Constraints, &catalog.Constraint{ID: id + 2, Name: name + "_pkey", Kind: catalog.PrimaryConstraint, Columns: []int16{pk}, Index: id + 1})
	}
	return t
}

func addIndex(t *catalog.Table, id catalog.ID, name string, unique bool, where string, keys ...catalog.IndexKey) *catalog.Index {
	x := &catalog.Index{ID: id, Table: t.ID, Name: name, Method: "btree", Unique: unique, Keys: keys, Where: where, Ready: true, Valid: true, Storage: id}
	t.Indexes = append(t.Indexes, x)
	return x
}

var (
	int4    = types.Of(types.Int4OID)
	int8    = types.Of(types.Int8OID)
	text    = types.Of(types.TextOID)
	float8  = types.Of(types.Float8OID)
	boolean = types.Of(types.BoolOID)
	tstz    = types.Of(types.TimestamptzOID)
	vec3    = types.T{OID: types.VectorOID, Mod: 3}
)

// testCatalog is the small schema of all tests.
func testCatalog() *catalog.Snapshot {
	s := catalog.NewSnapshot()
	s.PutSchema(&catalog.Schema{ID: catalog.PublicID, Name: "public"})
	s.PutSchema(&catalog.Schema{ID: catalog.PgCatalogID, Name: "pg_catalog"})
	items := makeTable(20000, "items", 1, colDef{"id", int8, notNull}, colDef{"title", text, nil}, colDef{"category", int4, nil},
		colDef{"price", float8, nil}, colDef{"embedding", vec3, nil}, colDef{"created", tstz, notNull}, colDef{"active", boolean, nil})
	addIndex(items, 20010, "items_category_price_idx", false, "", catalog.IndexKey{Attr: 3, Type: int4}, catalog.IndexKey{Attr: 4, Type: float8})
	addIndex(items, 20011, "items_created_idx", false, "", catalog.IndexKey{Attr: 6, Type: tstz})
	addIndex(items, 20012, "items_title_active_idx", false, "active", catalog.IndexKey{Attr: 2, Type: text})
	addIndex(items, 20013, "items_lower_idx", false, "", catalog.IndexKey{Expr: "lower(title)", Type: text})
	v := addIndex(items, 20014, "items_embedding_idx", false, "", catalog.IndexKey{Attr: 5, Type: vec3, OpClass: "vector_l2_ops"})
	v.Method = "hnsw"
	cats := makeTable(20100, "cats", 1, colDef{"id", int4, notNull}, colDef{"name", types.T{OID: types.VarcharOID, Mod: 24}, notNull}, colDef{"parent", int4, nil})
	addIndex(cats, 20110, "cats_name_key", true, "", catalog.IndexKey{Attr: 2, Type: cats.Columns[1].Type})
	tags := makeTable(20200, "tags", 0, colDef{"item_id", int8, notNull}, colDef{"tag", text, notNull}, colDef{"weight", types.Of(types.NumericOID), nil})
	addIndex(tags, 20210, "tags_pkey", true, "", catalog.IndexKey{Attr: 1, Type: int8}, catalog.IndexKey{Attr: 2, Type: text}).Primary = true
	tags.Constraints = append(tags.Constraints, &catalog.Constraint{ID: 20211, Name: "tags_pkey", Kind: catalog.PrimaryConstraint, Columns: []int16{1, 2}, Index: 20210})
	gen := makeTable(20300, "gen", 1, colDef{"id", int4, func(c *catalog.Column) { c.NotNull, c.Identity, c.SequenceID = true, 'a', 20310 }},
		colDef{"a", int4, func(c *catalog.Column) { c.Default = "42" }}, colDef{"b", int4, func(c *catalog.Column) { c.Generated, c.Default = 's', "(a * 2)" }})
	gen.Constraints = append(gen.Constraints, &catalog.Constraint{ID: 20312, Name: "gen_a_check", Kind: catalog.CheckConstraint, Expr: "(a > 0)"})
	addVectorTables(s)
	view := &catalog.Table{ID: 20400, Schema: catalog.PublicID, Name: "cheap", Kind: catalog.KindView,
		ViewSQL: "SELECT id, title, price FROM items WHERE price < 10",
		Columns: []catalog.Column{{Num: 1, Name: "id", Type: int8}, {Num: 2, Name: "title", Type: text}, {Num: 3, Name: "price", Type: float8}}}
	for _, t := range []*catalog.Table{items, cats, tags, gen, view} {
		s.PutTable(t)
	}
	s.PutStats(20000, &catalog.TableStats{Rows: 100000, Columns: map[int16]*catalog.ColumnStats{3: {Distinct: 100}, 7: {Distinct: 2}}})
	s.PutStats(20100, &catalog.TableStats{Rows: 100})
	s.PutStats(20200, &catalog.TableStats{Rows: 300000, Columns: map[int16]*catalog.ColumnStats{1: {Distinct: 100000}}})
	return s
}

// addVectorTables adds tables of 200,000 rows that differ in the method of their vector
// indexes alone; all_methods has one of each.
func addVectorTables(s *catalog.Snapshot) {
	vec100 := types.T{OID: types.VectorOID, Mod: 100}
	methods := []string{"hnsw", "ivf", "flat"}
	for i, name := range append([]string{"all_methods"}, methods...) {
		id := catalog.ID(21000 + 100*i)
		t := makeTable(id, "by_"+name, 1, colDef{"id", int8, notNull}, colDef{"grp", int4, nil}, colDef{"e", vec100, nil})
		addIndex(t, id+50, t.Name+"_grp_idx", false, "", catalog.IndexKey{Attr: 2, Type: int4})
		for k, method := range methods {
			if i == 0 || i == k+1 {
				x := addIndex(t, id+10+catalog.ID(k), t.Name+"_"+method+"_idx", false, "", catalog.IndexKey{Attr: 3, Type: vec100, OpClass: "vector_l2_ops"})
				x.Method = method
			}
		}
		s.PutTable(t)
		s.PutStats(id, &catalog.TableStats{Rows: 200000, Columns: map[int16]*catalog.ColumnStats{1: {Distinct: -1}, 2: {Distinct: 100}}})
	}
}

// vectorStats are what the live indexes of those tables say: lists have been measured.
func vectorStats(id catalog.ID) planner.VectorStats {
	switch id % 100 {
	case 10:
		return planner.VectorStats{Entries: 200000, Effort: 180}
	case 11:
		return planner.VectorStats{Entries: 200000, Effort: 60, Lists: 1788}
	}
	return planner.VectorStats{Entries: 200000}
}

func options(cat *catalog.Snapshot) planner.Options {
	return planner.Options{Catalog: cat, Session: &session{cat: cat, settings: map[string]string{}}, Format: types.DefaultFormat, Parser: pg.New(),
		VectorStats: vectorStats}
}

func planSQL(sql string, o planner.Options) (*physical.Plan, error) {
	parsed, err := o.Parser.Parse(sql)
	if err != nil {
		return nil, err
	}
	if len(parsed) == 0 {
		return nil, pgerr.New("42601", "no statement")
	}
	return planner.Plan(parsed[0].Stmt, o)
}

func errorText(err error) string {
	e, ok := pgerr.As(err)
	if !ok {
		return "internal: " + err.Error() + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ERROR:  %s: %s\n", e.Code, e.Message)
	if e.Position > 0 {
		fmt.Fprintf(&b, "POSITION: %d\n", e.Position)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, "DETAIL:  %s\n", e.Detail)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "HINT:  %s\n", e.Hint)
	}
	return b.String()
}

// TestGolden runs the files of testdata: "plan" prints EXPLAIN (costs off),
// "types" the parameters and result columns.
func TestGolden(t *testing.T) {
	cat := testCatalog()
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			o := options(cat)
			for _, a := range d.CmdArgs {
				o.Session.(*session).settings[a.Key] = a.Vals[0]
			}
			p, err := planSQL(d.Input, o)
			if err != nil {
				return errorText(err)
			}
			if d.Cmd == "types" {
				return describe(p)
			}
			switch d.Cmd {
			case "json":
				return explain.JSON(p, explain.Options{Verbose: true}, nil) + "\n"
			case "yaml":
				return explain.YAML(p, explain.Options{Verbose: true}, nil) + "\n"
			case "xml":
				return explain.XML(p, explain.Options{Analyze: true}, func(int) *explain.Counters { return nil }) + "\n"
			}
			return strings.Join(explain.Text(p, explain.Options{Verbose: d.Cmd == "verbose", Costs: d.Cmd == "costs"}, nil), "\n") + "\n"
		})
	})
}

func describe(p *physical.Plan) string {
	var b strings.Builder
	for i, t := range p.Params {
		fmt.Fprintf(&b, "$%d %s\n", i+1, types.FormatType(types.Of(t)))
	}
	for _, c := range p.Out {
		fmt.Fprintf(&b, "%s %s", c.Name, types.FormatType(c.Type))
		if c.Table != 0 {
			fmt.Fprintf(&b, " (table %d column %d)", c.Table, c.Attr)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// BenchmarkPoint plans a point query, the floor of planning time.
func BenchmarkPoint(b *testing.B) {
	o := options(testCatalog())
	parsed, err := o.Parser.Parse("SELECT id, title FROM items WHERE id = $1")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := planner.Plan(parsed[0].Stmt, o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHybrid plans a filtered nearest-neighbour query.
func BenchmarkHybrid(b *testing.B) {
	o := options(testCatalog())
	parsed, err := o.Parser.Parse("SELECT id, title, embedding <-> $1 AS d FROM items WHERE category = $2 AND price < $3 ORDER BY d LIMIT 10")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := planner.Plan(parsed[0].Stmt, o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJoin8 plans a join of eight tables, the most whose orders are all tried.
func BenchmarkJoin8(b *testing.B) {
	o := options(testCatalog())
	parsed, err := o.Parser.Parse(`SELECT count(*) FROM items a JOIN cats b ON b.id = a.category JOIN tags c ON c.item_id = a.id
		JOIN cats d ON d.id = b.parent JOIN items e ON e.id = c.item_id JOIN tags f ON f.item_id = e.id
		JOIN cats g ON g.id = d.parent JOIN items h ON h.category = g.id WHERE a.price > $1`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := planner.Plan(parsed[0].Stmt, o); err != nil {
			b.Fatal(err)
		}
	}
}
