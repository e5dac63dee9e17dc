package syscat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// testEnv is a session with one of everything.
type testEnv struct{ snap *catalog.Snapshot }

func (e testEnv) Catalog() *catalog.Snapshot { return e.snap }
func (e testEnv) Database() string           { return "db" }
func (e testEnv) CurrentUser() string        { return "postgres" }

func (e testEnv) Settings() []Setting {
	return []Setting{{Name: "work_mem", Value: "4096", Unit: "kB", Category: "c", Short: "s", Context: "user", Type: "integer",
		Source: "default", Min: "64", Max: "1000", Boot: "4096", Reset: "4096"}}
}

func (e testEnv) Backends() []Backend {
	return []Backend{{PID: 7, User: 10, UserName: "postgres", Application: "a", ClientAddr: "127.0.0.1", ClientPort: 5,
		Start: time.Unix(1e9, 0), State: "active", Query: "SELECT 1", Type: "client backend"}}
}

func (e testEnv) Locks() []Lock {
	return []Lock{{Type: "relation", Relation: 20001, Virtual: "3/4", PID: 7, Mode: "AccessShareLock", Granted: true},
		{Type: "advisory", ClassID: 1, ObjID: 2, ObjSubID: 1, Virtual: "3/4", PID: 7, Mode: "ExclusiveLock"}}
}

func (e testEnv) Prepared() []Prepared {
	return []Prepared{{Name: "p", Statement: "SELECT $1", At: time.Unix(1e9, 0), Params: []uint32{23}}}
}

func (e testEnv) Cursors() []Cursor { return []Cursor{{Name: "c", Statement: "SELECT 1"}} }

func (e testEnv) Builds() []Build {
	return []Build{{PID: 7, Table: 20001, Index: 20011, Command: "CREATE INDEX", Phase: "building index"}}
}

func (e testEnv) SequenceValue(context.Context, catalog.ID) (int64, bool, bool) { return 5, true, true }

func (e testEnv) Activity(catalog.ID, bool) Activity           { return Activity{Scans: 3} }
func (e testEnv) DatabaseActivity(catalog.ID) DatabaseActivity { return DatabaseActivity{Commits: 2} }

func testSnapshot() *catalog.Snapshot {
	s := catalog.NewSnapshot()
	s.PutSchema(&catalog.Schema{ID: catalog.PublicID, Name: "public", Owner: 10, Comment: "standard public schema"})
	s.PutSchema(&catalog.Schema{ID: catalog.PgCatalogID, Name: "pg_catalog", Owner: 10})
	s.PutSchema(&catalog.Schema{ID: 20050, Name: "Other", Owner: 10})
	s.PutRoleSettings(&catalog.RoleSettings{Settings: catalog.Options{{Name: "sql_dialect", Value: "tidb"}}})
	s.PutRole(&catalog.Role{ID: 10, Name: "postgres", Super: true, Login: true, ConnLimit: -1, Password: "SCRAM", ValidUntil: "2030-01-01"})
	s.PutDatabase(&catalog.Database{ID: catalog.DatabaseID, Name: "db", Owner: 10, ConnLimit: -1, Comment: "of tests"})
	s.PutRole(&catalog.Role{ID: 20060, Name: "grp", ConnLimit: -1, Comment: "a group"})
	s.PutType(&catalog.Type{ID: types.FirstTypeOID + 1, Array: types.FirstTypeOID + 2, Schema: 2200, Name: "mood", ArrayName: "_mood", Shown: "mood",
		Kind: catalog.EnumType, Owner: 10, Comment: "feelings", Enum: &types.Enum{Labels: []types.EnumLabel{{OID: 20500, Name: "sad", Value: 1}}}})
	s.PutTable(&catalog.Table{ID: 20700, Schema: 2200, Name: "mv", Kind: catalog.KindMatView, Owner: 10, TypeID: 20701, Storage: 20700, ViewSQL: "SELECT 1 AS one",
		Columns: []catalog.Column{{Num: 1, Name: "one", Type: types.Of(23)}}})
	s.PutType(&catalog.Type{ID: types.FirstTypeOID + 3, Array: types.FirstTypeOID + 4, Schema: 2200, Name: "posint", ArrayName: "_posint", Shown: "posint",
		Kind: catalog.DomainType, Owner: 10, Base: types.Of(types.Int4OID), Default: "1",
		Checks: []*catalog.Constraint{{ID: 20600, Name: "posint_check", Kind: catalog.CheckConstraint, Expr: "(value > 0)", Validated: true}}})
	s.PutTable(&catalog.Table{ID: 20710, Schema: 2200, Name: "comp", Kind: catalog.KindComposite, Owner: 10, TypeID: types.FirstTypeOID + 7,
		ArrayID: types.FirstTypeOID + 8, ArrayName: "_comp", Comment: "parts", Columns: []catalog.Column{
			{Num: 1, Name: "x", Type: types.Of(23)}, {Num: 2, Name: "gone", Type: types.Of(25), Dropped: true},
			{Num: 3, Name: "d", Type: types.Of(23), Domain: types.FirstTypeOID + 3}}})
	s.PutExtension(&catalog.Extension{ID: catalog.VectorExtensionID, Name: "vector", Schema: 2200, Version: "0.8.0"})
	n102 := types.T{OID: types.NumericOID, Mod: 655366}
	t := &catalog.Table{ID: 20001, Schema: 2200, Name: "t", ExtStatistics: []*catalog.ExtStatistics{{ID: 20090, Schema: 2200, Owner: 10, Name: "st", Kinds: "dfe", Attrs: []int16{1, 2}, Exprs: []string{"1"}}}, Kind: catalog.KindTable, Owner: 10, TypeID: types.FirstTypeOID + 5, ArrayID: types.FirstTypeOID + 6, ArrayName: "_t", Storage: 20001,
		Options: catalog.Options{{Name: "fillfactor", Value: "70"}}, Comment: "hello", Columns: []catalog.Column{
			{Num: 1, Name: "id", Type: types.Of(23), NotNull: true, Default: "nextval('t_id_seq'::regclass)", DefaultID: 20003, SequenceID: 20030},
			{Num: 2, Name: "a", Type: types.Of(23), NotNull: true, Comment: "col"},
			{Num: 3, Name: "b", Type: types.Of(25)},
			{Num: 4, Name: "n", Type: n102},
			{Num: 5, Name: "gone", Type: types.Of(25), Dropped: true},
			{Num: 6, Name: "v", Type: types.T{OID: types.VectorOID, Mod: 3}},
			{Num: 7, Name: "g", Type: types.Of(23), Default: "(id * 2)", DefaultID: 20004, Generated: 's'},
			{Num: 8, Name: "i", Type: types.Of(20), NotNull: true, Identity: 'a', SequenceID: 20031},
			{Num: 9, Name: "arr", Type: types.Of(types.TextArrayOID), NDims: 1},
			{Num: 10, Name: "w", Type: types.T{OID: types.VarcharOID, Mod: 14}, Collation: 950},
		}}
	t.Indexes = []*catalog.Index{
		{ID: 20010, Table: 20001, Name: "t_pkey", Method: "btree", Unique: true, Primary: true, Ready: true, Valid: true, Constraint: 20020,
			Keys: []catalog.IndexKey{{Attr: 1, Type: types.Of(23)}}},
		{ID: 20011, Table: 20001, Name: "I x", Method: "btree", Unique: true, NullsNotDistinct: true, Ready: true, Valid: true,
			Keys: []catalog.IndexKey{
				{Expr: "lower(b)", Type: types.Of(25), OpClass: "text_pattern_ops", Desc: true, NullsFirst: true},
				{Expr: "(a + 1)", Type: types.Of(23)},
				{Attr: 3, Type: types.Of(25), Collation: 950, NullsFirst: true}},
			Include: []int16{4}, Options: catalog.Options{{Name: "fillfactor", Value: "50"}}, Where: "((a > 1) AND (b <> 'x'))"},
		{ID: 20012, Table: 20001, Name: "t_v", Method: "hnsw", Ready: true, Valid: true, Options: catalog.Options{{Name: "m", Value: "16"}},
			Keys: []catalog.IndexKey{{Attr: 6, Type: types.Of(types.VectorOID), OpClass: "vector_l2_ops"}}},
		{ID: 20013, Table: 20001, Name: "t_a_b_n_key", Method: "btree", Unique: true, Ready: true, Valid: true, Constraint: 20021,
			Keys: []catalog.IndexKey{{Attr: 2, Type: types.Of(23)}, {Attr: 3, Type: types.Of(25), Desc: true}}, Include: []int16{4}},
	}
	t.Constraints = []*catalog.Constraint{
		{ID: 20020, Name: "t_pkey", Kind: 'p', Columns: []int16{1}, Index: 20010, Validated: true},
		{ID: 20021, Name: "t_a_b_n_key", Kind: 'u', Columns: []int16{2, 3}, Index: 20013, Validated: true},
		{ID: 20022, Name: "t_n_check", Kind: 'c', Columns: []int16{4}, Expr: "(n > 0)", Validated: true},
	}
	t.Triggers = []*catalog.Trigger{
		{ID: 20090, Name: "Tg", Kind: catalog.TriggerRow | catalog.TriggerBefore | catalog.TriggerInsert | catalog.TriggerUpdate, Columns: []int16{3, 2},
			Function: 3752, Args: []string{"it's", ""}, When: "(new.a > 1)", Comment: "keeps"},
		{ID: 20091, Name: "late", Kind: catalog.TriggerRow | catalog.TriggerDelete, Function: 1291, Constraint: 20092, RefTable: 20070, Deferrable: true, Deferred: true},
		{ID: 20093, Name: "set", Kind: catalog.TriggerUpdate, Function: 1291, OldTable: "o", NewTable: "N", State: catalog.TriggerReplica},
	}
	s.PutTable(t)
	ends := func(n int, text string) []catalog.BoundValue {
		return []catalog.BoundValue{{Key: types.AppendKey(nil, types.Of(23), types.Int(int64(n)), false), Text: text}, {Limit: -1}}
	}
	s.PutTable(&catalog.Table{ID: 20800, Schema: 2200, Name: "parted", Kind: catalog.KindTable, Owner: 10, Storage: 20800, Children: []catalog.ID{20801, 20802},
		Columns: []catalog.Column{{Num: 1, Name: "k", Type: types.Of(23)}, {Num: 2, Name: "s", Type: types.Of(25)}},
		Partitioning: &catalog.Partitioning{Strategy: 'r', Default: 20802, Keys: []catalog.PartitionKey{{Attr: 1, Type: types.Of(23)},
			{Expr: "lower(s)", Type: types.Of(25), Collation: 950}}}})
	s.PutTable(&catalog.Table{ID: 20801, Schema: 2200, Name: "part", Kind: catalog.KindTable, Owner: 10, Storage: 20801, Parents: []catalog.ID{20800},
		Columns: []catalog.Column{{Num: 1, Name: "k", Type: types.Of(23), InhCount: 1, Inherited: true}, {Num: 2, Name: "s", Type: types.Of(25), InhCount: 1, Inherited: true}},
		Bound:   &catalog.Bound{From: ends(1, "1"), To: ends(10, "10")}})
	s.PutTable(&catalog.Table{ID: 20802, Schema: 2200, Name: "rest", Kind: catalog.KindTable, Owner: 10, Storage: 20802, Parents: []catalog.ID{20800},
		Columns: []catalog.Column{{Num: 1, Name: "k", Type: types.Of(23), InhCount: 1, Inherited: true}, {Num: 2, Name: "s", Type: types.Of(25), InhCount: 1, Inherited: true}},
		Bound:   &catalog.Bound{Default: true}})
	s.PutTable(&catalog.Table{ID: 20070, Schema: 20050, Name: "Ref", Kind: catalog.KindTable, Owner: 10, Storage: 20070,
		Columns: []catalog.Column{{Num: 1, Name: "u", Type: types.Of(23)}, {Num: 2, Name: "x y", Type: types.Of(23)}},
		Constraints: []*catalog.Constraint{{ID: 20071, Name: "fk", Kind: 'f', Columns: []int16{1}, RefTable: 20001, RefColumns: []int16{1},
			Index: 20010, OnDelete: 'n', OnUpdate: 'c', OnDeleteCols: []int16{1}, Match: 'f', Deferrable: true, Deferred: true}}})
	s.PutTable(&catalog.Table{ID: 20080, Schema: 2200, Name: "v", Kind: catalog.KindView, Owner: 10, ViewSQL: "SELECT a FROM t",
		Columns: []catalog.Column{{Num: 1, Name: "a", Type: types.Of(23)}}})
	s.PutSequence(&catalog.Sequence{ID: 20030, Schema: 2200, Name: "t_id_seq", Owner: 10, Type: 23, Start: 1, Increment: 1, Min: 1,
		Max: 2147483647, Cache: 1, OwnerTable: 20001, OwnerAttr: 1})
	s.PutSequence(&catalog.Sequence{ID: 20031, Schema: 2200, Name: "t_i_seq", Owner: 10, Type: 20, Start: 1, Increment: 1, Min: 1,
		Max: 1 << 62, Cache: 1, OwnerTable: 20001, OwnerAttr: 8, Identity: true})
	s.PutRole(&catalog.Role{ID: 20900, Name: "member", Inherit: true, ConnLimit: -1, MemberOf: []catalog.Membership{{Role: 20901, Grantor: 10, Admin: true}}})
	s.PutDefaultRights(&catalog.DefaultRights{ID: 20902, Role: 10, Class: catalog.RelationClass, ACL: catalog.ACL{{Grantee: 20900, Grantor: 10, Privs: catalog.PrivSelect}}})
	t.Policies = []*catalog.Policy{{ID: 20903, Name: "p", Command: 'r', Roles: []catalog.ID{0}, Using: "(a = 1)"}}
	key := types.AppendKey(nil, types.Of(23), types.Int(5), false)
	s.PutStats(20001, &catalog.TableStats{Rows: 10, Pages: 1, Ext: map[catalog.ID]*catalog.ExtStatisticsData{20090: {Distinct: []catalog.GroupDistinct{{Attrs: []int16{1, 2}, N: 3}}, Dependencies: []catalog.ColumnDependency{{Attrs: []int16{1, 2}, Degree: 1}}, Exprs: []catalog.ExprStats{{Type: types.Of(types.Int4OID)}}}}, Columns: map[int16]*catalog.ColumnStats{
		2: {Width: 4, Distinct: -1, MCV: [][]byte{key}, MCF: []float64{0.5}, Histogram: [][]byte{key, key}}}})
	return s
}

// read gives a relation's rows as texts; NULL is \N.
func read(t *testing.T, rel *Table, env Env) [][]string {
	t.Helper()
	var out [][]string
	if rel.Rows == nil {
		return nil
	}
	err := rel.Rows(context.Background(), env, func(row []types.Datum) error {
		line := make([]string, len(row))
		for i, d := range row {
			if d.IsNull() {
				if rel.Columns[i].NotNull {
					t.Errorf("%s.%s: column %s is NULL", rel.Schema, rel.Name, rel.Columns[i].Name)
				}
				line[i] = `\N`
				continue
			}
			line[i] = string(types.AppendText(nil, rel.Columns[i].Type, d, types.DefaultFormat))
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Errorf("%s.%s: %v", rel.Schema, rel.Name, err)
	}
	return out
}

func TestEveryRelation(t *testing.T) {
	env := testEnv{testSnapshot()}
	if n := len(Tables()); n < 200 {
		t.Fatalf("%d relations", n)
	}
	for name := range generators {
		schema, rel, _ := strings.Cut(name, ".")
		if got, _ := Lookup(schema, rel); got == nil {
			t.Errorf("rows for %s, which is no relation", name)
		}
	}
	filled := 0
	for _, rel := range Tables() {
		list := read(t, rel, env)
		if len(list) > 0 {
			filled++
		}
		if rel.Columns[0].Name != "oid" {
			continue
		}
		seen := map[string]bool{}
		for _, row := range list {
			if seen[row[0]] {
				t.Errorf("%s: oid %s twice", rel.Name, row[0])
			}
			seen[row[0]] = true
		}
	}
	// pg_rules has no rows; what columns, routines and views read only a session tells (tests/slt).
	if filled != len(generators)-9 {
		t.Errorf("%d of %d relations have rows", filled, len(generators))
	}
	empty := testEnv{catalog.NewSnapshot()}
	for _, rel := range Tables() {
		read(t, rel, empty)
	}
}

func TestStopsAtFirstError(t *testing.T) {
	stop := errors.New("stop")
	rel, _ := Lookup("pg_catalog", "pg_proc")
	n := 0
	err := rel.Rows(context.Background(), testEnv{testSnapshot()}, func([]types.Datum) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%v after %d rows", err, n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := rel.Rows(ctx, testEnv{testSnapshot()}, func([]types.Datum) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// find gives the cells of the rows whose column has the value.
func find(t *testing.T, rel, column, value string, cells ...string) string {
	t.Helper()
	schema, name, _ := strings.Cut(rel, ".")
	tab, _ := Lookup(schema, name)
	var out []string
	for _, row := range read(t, tab, testEnv{testSnapshot()}) {
		if row[tab.attr[column]] != value {
			continue
		}
		var cs []string
		for _, c := range cells {
			i, ok := tab.attr[c]
			if !ok {
				t.Fatalf("%s has no column %s", rel, c)
			}
			cs = append(cs, row[i])
		}
		out = append(out, strings.Join(cs, " "))
	}
	return strings.Join(out, "; ")
}

func TestRows(t *testing.T) {
	for _, c := range []struct{ rel, column, value, cells, want string }{
		{"pg_catalog.pg_class", "relname", "t", "oid reltype relam relkind relnatts relchecks relhasindex relhastriggers reltuples reloptions", "20001 1073741829 2 r 10 1 t t 10 {fillfactor=70}"},
		{"pg_catalog.pg_class", "relname", "I x", "oid relam relkind relnatts", "20011 403 i 4"},
		{"pg_catalog.pg_class", "relname", "t_v", "relam relkind", "16388 i"},
		{"pg_catalog.pg_class", "relname", "pg_class", "oid relnamespace relkind relnatts", "1259 11 r 33"},
		{"pg_catalog.pg_class", "relname", "v", "relkind relam relhasrules", "v 0 t"},
		{"pg_catalog.pg_class", "relname", "t_id_seq", "relkind relnatts", "S 3"},
		{"pg_catalog.pg_attribute", "attrelid", "20011", "attname attnum atttypid atttypmod attcollation", "lower 1 25 -1 100; expr 2 23 -1 0; b 3 25 -1 950; n 4 1700 655366 0"},
		{"pg_catalog.pg_attribute", "attname", "........pg.dropped.5........", "attnum atttypid attisdropped", "5 0 t"},
		{"pg_catalog.pg_attribute", "attname", "v", "atttypid atttypmod attlen", "16385 3 -1; 16385 -1 -1"},
		{"pg_catalog.pg_index", "indexrelid", "20011", "indkey indcollation indclass indoption indnatts indnkeyatts indexprs indnullsnotdistinct", "0 0 3 4 100 0 950 4217 1978 3126 3 0 2 4 3 lower(b), (a + 1) t"},
		{"pg_catalog.pg_index", "indexrelid", "20012", "indclass indkey indisunique", "16581 6 f"},
		{"pg_catalog.pg_constraint", "conname", "fk", "contype conrelid confrelid conindid conkey confkey confupdtype confdeltype confmatchtype confdelsetcols conpfeqop convalidated", "f 20070 20001 20010 {1} {1} c n f {1} {96} f"},
		{"pg_catalog.pg_constraint", "conname", "t_pkey", "contype confupdtype connoinherit", "p   t"},
		{"pg_catalog.pg_type", "typname", "int4", "oid typlen typbyval typcategory typarray", "23 4 t N 1007"},
		{"pg_catalog.pg_type", "typname", "t", "oid typtype typrelid typnamespace typarray", "1073741829 c 20001 2200 1073741830"},
		{"pg_catalog.pg_type", "typname", "_comp", "typtype typelem typrelid typcategory", "b 1073741831 0 A"},
		{"pg_catalog.pg_class", "relname", "comp", "relkind relnatts relam reltuples", "c 3 0 -1"},
		{"information_schema.user_defined_types", "user_defined_type_name", "comp", "user_defined_type_category is_instantiable", "STRUCTURED YES"},
		{"information_schema.attributes", "attribute_name", "d", "udt_name ordinal_position data_type attribute_udt_name", "comp 3 USER-DEFINED posint"},
		{"pg_catalog.pg_namespace", "nspname", "information_schema", "oid", "13183"},
		{"pg_catalog.pg_am", "amtype", "i", "amname", "btree; hash; gist; gin; spgist; brin; hnsw; ivfflat; flat; ivf"},
		{"pg_catalog.pg_stats", "attname", "a", "most_common_vals most_common_freqs histogram_bounds", "{5} {0.5} {5,5}"},
		{"pg_catalog.pg_sequences", "sequencename", "t_id_seq", "data_type last_value", "23 5"},
		{"pg_catalog.pg_roles", "rolname", "postgres", "oid rolsuper rolpassword", "10 t ********"},
		{"information_schema.columns", "column_name", "w", "data_type udt_name character_maximum_length character_octet_length collation_name", "character varying varchar 10 40 C"},
		{"information_schema.columns", "column_name", "n", "data_type numeric_precision numeric_scale is_nullable ordinal_position", "numeric 10 2 YES 4"},
		{"information_schema.columns", "column_name", "arr", "data_type udt_name", "ARRAY _text"},
		{"information_schema.columns", "column_name", "g", "is_generated generation_expression column_default", `ALWAYS (id * 2) \N`},
		{"information_schema.columns", "column_name", "i", "is_identity identity_generation identity_start", "YES ALWAYS 1"},
		{"information_schema.columns", "column_name", "v", "data_type udt_schema udt_name", "USER-DEFINED public vector"},
		{"information_schema.key_column_usage", "constraint_name", "fk", "column_name ordinal_position position_in_unique_constraint", "u 1 1"},
		{"information_schema.constraint_column_usage", "constraint_name", "fk", "table_name column_name", "t id"},
		{"information_schema.referential_constraints", "constraint_name", "fk", "unique_constraint_name match_option update_rule delete_rule", "t_pkey FULL CASCADE SET NULL"},
		{"information_schema.check_constraints", "constraint_name", "t_n_check", "check_clause", "((n > 0))"},
		{"information_schema.tables", "table_name", "v", "table_schema table_type", "public VIEW"},
		{"pg_catalog.pg_class", "relname", "parted", "relkind relispartition relhassubclass", "p f t"},
		{"pg_catalog.pg_class", "relname", "part", "relkind relispartition relpartbound", "r t FOR VALUES FROM (1, MINVALUE) TO (10, MINVALUE)"},
		{"pg_catalog.pg_inherits", "inhrelid", "20801", "inhparent inhseqno", "20800 1"},
		{"pg_catalog.pg_partitioned_table", "partrelid", "20800", "partstrat partnatts partdefid partattrs partexprs", "r 2 20802 1 0 lower(s)"},
	} {
		if got := find(t, c.rel, c.column, c.value, strings.Fields(c.cells)...); got != c.want {
			t.Errorf("%s %s=%s (%s)\n  got  %s\n  want %s", c.rel, c.column, c.value, c.cells, got, c.want)
		}
	}
}

// TestDefinitions compares with what PostgreSQL 15 prints for the same objects.
func TestDefinitions(t *testing.T) {
	s := testSnapshot()
	for _, c := range []struct {
		kind   string
		id     catalog.ID
		arg    int
		pretty bool
		want   string
	}{
		{"indexdef", 20010, 0, false, "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id)"},
		{"indexdef", 20011, 0, false, `CREATE UNIQUE INDEX "I x" ON public.t USING btree (lower(b) text_pattern_ops DESC, ((a + 1)), b COLLATE "C" NULLS FIRST) INCLUDE (n) NULLS NOT DISTINCT WITH (fillfactor='50') WHERE ((a > 1) AND (b <> 'x'))`},
		{"indexdef", 20011, 0, true, `CREATE UNIQUE INDEX "I x" ON t USING btree (lower(b) text_pattern_ops DESC, (a + 1), b COLLATE "C" NULLS FIRST) INCLUDE (n) NULLS NOT DISTINCT WITH (fillfactor='50') WHERE (a > 1) AND (b <> 'x')`},
		{"indexdef", 20011, 1, false, "lower(b)"},
		{"indexdef", 20011, 2, true, "(a + 1)"},
		{"indexdef", 20011, 3, true, "b"},
		{"indexdef", 20011, 4, true, "n"},
		{"indexdef", 20011, 5, true, ""},
		{"indexdef", 20012, 0, false, "CREATE INDEX t_v ON public.t USING hnsw (v vector_l2_ops) WITH (m='16')"},
		{"indexdef", 20013, 0, false, "CREATE UNIQUE INDEX t_a_b_n_key ON public.t USING btree (a, b DESC NULLS LAST) INCLUDE (n)"},
		{"constraintdef", 20020, 0, false, "PRIMARY KEY (id)"},
		{"constraintdef", 20021, 0, true, "UNIQUE (a, b) INCLUDE (n)"},
		{"constraintdef", 20022, 0, false, "CHECK ((n > 0))"},
		{"constraintdef", 20022, 0, true, "CHECK (n > 0)"},
		{"constraintdef", 20071, 0, false, "FOREIGN KEY (u) REFERENCES t(id) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (u) DEFERRABLE INITIALLY DEFERRED NOT VALID"},
		{"viewdef", 20080, 0, false, " SELECT a FROM t;"},
		{"partkeydef", 20800, 0, false, `RANGE (k, lower(s) COLLATE "C")`},
		{"partconstraintdef", 20801, 0, false, "((k IS NOT NULL) AND (lower(s) IS NOT NULL) AND (k >= 1) AND (k < 10))"},
		{"partconstraintdef", 20802, 0, false, "(NOT ((k IS NOT NULL) AND (lower(s) IS NOT NULL) AND ((k >= 1) AND (k < 10))))"},
	} {
		got, ok := (&Printer{Catalog: s, Pretty: c.pretty, Expr: shown(c.pretty)}).Definition(c.kind, c.id, c.arg)
		if !ok || got != c.want {
			t.Errorf("%s %d: %v\n  got  %s\n  want %s", c.kind, c.id, ok, got, c.want)
		}
	}
	if _, ok := (&Printer{Catalog: s}).Definition("indexdef", 1, 0); ok {
		t.Error("an unknown index has a definition")
	}
}

// shown stands in for the session's way to show an expression.
func shown(pretty bool) func(string, Layout) string {
	return func(text string, _ Layout) string {
		if pretty && strings.HasPrefix(text, "(") {
			return text[1 : len(text)-1]
		}
		return text
	}
}

func TestLooksLikeCall(t *testing.T) {
	for expr, want := range map[string]bool{
		"lower(b)": true, "s.f(a, (b + 1))": true, "(a + 1)": false, "f(a)(b)": false, "(b)::text": false,
		"f(')')": true, "f(a) + g(b)": false, "COALESCE(a, b)": true, "a": false, "": false, `"F"(a)`: true,
		"CASE WHEN f(a) THEN 1 END": false, "f(a": false,
	} {
		if got := looksLikeCall(expr); got != want {
			t.Errorf("%s: %v", expr, got)
		}
	}
}

func BenchmarkAttributes(b *testing.B) {
	rel, _ := Lookup("pg_catalog", "pg_attribute")
	env := testEnv{testSnapshot()}
	n := 0
	for b.Loop() {
		if err := rel.Rows(context.Background(), env, func([]types.Datum) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
	_ = fmt.Sprint(n)
}

func (e testEnv) Caches() []Cache {
	return []Cache{{Name: "plans", Hits: 3, Misses: 1, Entries: 1, Bytes: 100, MaxBytes: 1000}}
}

func (e testEnv) VectorRecalls(catalog.ID) []VectorRecall {
	return []VectorRecall{{At: time.Unix(1e9, 0), Queries: 100, K: 10, Target: 0.95, Recall: 0.97, Effort: 64, Seconds: 0.1, Recent: true}}
}

func (e testEnv) VectorIndex(catalog.ID) (VectorIndex, bool) {
	return VectorIndex{Entries: 3, Segments: 1}, true
}
