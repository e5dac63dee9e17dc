package syscat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// TestBornRights compares the lists of rights in the files with those that are asked for.
func TestBornRights(t *testing.T) {
	s := testSnapshot()
	for _, c := range []struct {
		catalog string
		class   catalog.ObjClass
		acl     int
	}{{"pg_class", catalog.RelationClass, 30}, {"pg_proc", catalog.FunctionClass, 29}} {
		for _, f := range bornRows(c.catalog) {
			if c.catalog == "pg_class" && f[16] != "r" && f[16] != "v" {
				continue
			}
			want := f[c.acl]
			got := noValue
			if l := catalog.InitialACL(catalog.Object{Class: c.class, ID: number(f[0])}, catalog.BootstrapRoleID); l != nil {
				got = "{" + strings.Join(l.Texts(s), ",") + "}"
			}
			// Roles that the snapshot of the test does not have are numbers.
			want = strings.NewReplacer("pg_monitor", "3373", "pg_read_all_stats", "3375", "pg_read_all_settings", "3374").Replace(want)
			if want != got {
				t.Errorf("%s %s: %s, but %s is asked", c.catalog, f[1], want, got)
			}
		}
	}
}

// TestBornDefinitions compares with what PostgreSQL 15 prints for its own objects.
func TestBornDefinitions(t *testing.T) {
	p := &Printer{Catalog: testSnapshot()}
	for _, c := range []struct {
		kind string
		id   catalog.ID
		want string
	}{
		{"indexdef", 2662, "CREATE UNIQUE INDEX pg_class_oid_index ON pg_catalog.pg_class USING btree (oid)"},
		{"indexdef", 2650, "CREATE UNIQUE INDEX pg_aggregate_fnoid_index ON pg_catalog.pg_aggregate USING btree (aggfnoid)"},
		{"indexdef", 4144, "CREATE UNIQUE INDEX pg_toast_826_index ON pg_toast.pg_toast_826 USING btree (chunk_id, chunk_seq)"},
		{"functionargs", 1349, "oidvector"}, // oidvectortypes
		{"functionargs", 3464, "years integer DEFAULT 0, months integer DEFAULT 0, weeks integer DEFAULT 0, days integer DEFAULT 0, hours integer DEFAULT 0, mins integer DEFAULT 0, secs double precision DEFAULT 0.0"},
		{"functionargs", 3974, "double precision ORDER BY double precision"}, // percentile_cont
		{"functionargs", 3984, "ORDER BY anyelement"},                        // mode
		{"functionargs", 3986, `VARIADIC "any" ORDER BY VARIADIC "any"`},     // rank
		{"functiondef", 177, "CREATE OR REPLACE FUNCTION pg_catalog.int4pl(integer, integer)\n RETURNS integer\n LANGUAGE internal\n IMMUTABLE PARALLEL SAFE STRICT\nAS $function$int4pl$function$\n"},
		{"functionbody", 1710, ""}, // round(numeric)
		{"object", 177, "function int4pl(integer,integer)"},
	} {
		got, ok := p.Definition(c.kind, c.id, 0)
		if c.want == "" {
			got = ""
		} else if !ok {
			t.Errorf("%s %d: none", c.kind, c.id)
		}
		if got != c.want {
			t.Errorf("%s %d\n  got  %s\n  want %s", c.kind, c.id, got, c.want)
		}
	}
}

// TestBornCode wants every function, operator and type that the code has to be that of
// PostgreSQL's number.
func TestBornCode(t *testing.T) {
	for _, f := range builtin.AllFunctions() {
		if o := bornProcs().byOID[f.OID]; o != nil && (o.name != f.Name || o.row[18] != idText(f.Ret)) {
			t.Errorf("function %d is %s and %s", f.OID, f.Name, o.name)
		}
	}
	for _, f := range builtin.AllOperators() {
		if o := bornOperators().byOID[f.OID]; o != nil && o.name != f.Name {
			t.Errorf("operator %d is %s and %s", f.OID, f.Name, o.name)
		}
	}
	for _, i := range types.All() {
		if o := bornTypes().byOID[i.OID]; o != nil && o.name != i.Name {
			t.Errorf("type %d is %s and %s", i.OID, i.Name, o.name)
		}
	}
}

func TestToast(t *testing.T) {
	column := func(typ types.OID, mod int32) catalog.Column {
		return catalog.Column{Type: types.T{OID: typ, Mod: mod}}
	}
	for _, c := range []struct {
		name    string
		columns []catalog.Column
		want    bool
	}{
		{"fixed", []catalog.Column{column(types.Int4OID, -1), column(types.Int8OID, -1)}, false},
		{"text", []catalog.Column{column(types.TextOID, -1)}, true},
		{"short", []catalog.Column{column(types.VarcharOID, 24)}, false},
		{"long", []catalog.Column{column(types.VarcharOID, 504)}, false},
		{"longer", []catalog.Column{column(types.VarcharOID, 604)}, true},
		{"number", []catalog.Column{column(types.NumericOID, 655366)}, false},
		{"any number", []catalog.Column{column(types.NumericOID, -1)}, true},
	} {
		x := &catalog.Table{ID: 30000, Kind: catalog.KindTable, Columns: c.columns}
		if got := HasToast(x); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	s := testSnapshot()
	x, _ := s.TableByID(20001)
	id, index := toastOids(x)
	for _, n := range []struct {
		id   catalog.ID
		name string
	}{{id, "pg_toast_20001"}, {index, "pg_toast_20001_index"}} {
		if name, ok := ToastName(s, n.id); !ok || name != n.name {
			t.Errorf("%d is %s", n.id, name)
		}
		if got, ok := ToastNamed(s, n.name); !ok || got != n.id {
			t.Errorf("%s is %d", n.name, got)
		}
		if got := find(t, "pg_catalog.pg_class", "relname", n.name, "oid"); got != idText(n.id) {
			t.Errorf("%s has the number %s", n.name, got)
		}
	}
}

// TestMemberDepends wants what objects of extensions depend on to be there.
func TestMemberDepends(t *testing.T) {
	rel, _ := Lookup("pg_catalog", "pg_depend")
	n := 0
	for _, row := range read(t, rel, testEnv{testSnapshot()}) {
		if id := number(row[4]); row[0] == "1255" && row[3] == "1255" && builtin.FuncByOID(id) == nil {
			t.Errorf("%v depends on no function", row)
		}
		if row[3] == "0" || row[4] == "0" {
			t.Errorf("%v", row)
		}
		n++
	}
	if n < 2500 {
		t.Errorf("%d dependencies", n)
	}
}

func idText(id catalog.ID) string { return fmt.Sprint(id) }
