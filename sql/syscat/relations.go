package syscat

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// ownData lists the relations that only LoxoDB has: schema, name, OID, relkind, and the
// columns as name:type(typmod)! with ! for NOT NULL.
//
//go:embed data/loxodb_relations.tsv
var ownData string

// registry is every system relation, made once.
var registry = sync.OnceValue(loadRegistry)

type relations struct {
	list   []*Table // in OID order
	byName map[string]*Table
	byOID  map[catalog.ID]*Table
}

// Lookup finds a system relation by schema and name. All are tables made by
// code, those that PostgreSQL defines as views too: the second result is for
// views in SQL, of which there are none at present.
func Lookup(schema, name string) (*Table, *View) {
	if schema != "pg_catalog" && schema != "information_schema" {
		return nil, nil
	}
	return registry().byName[schema+"."+name], nil
}

// ByOID finds a system relation by its OID, nil when unknown.
func ByOID(id catalog.ID) *Table { return registry().byOID[id] }

// Tables lists every system relation in OID order. The slice must not be changed.
func Tables() []*Table { return registry().list }

// Views lists the system views that are SQL text.
func Views() []View { return nil }

func loadRegistry() *relations {
	r := &relations{byName: map[string]*Table{}, byOID: map[catalog.ID]*Table{}}
	r.born()
	for line := range strings.Lines(ownData) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		t := &Table{Schema: f[0], Name: f[1], OID: number(f[2]), Kind: f[3][0], Own: true}
		for _, c := range strings.Fields(f[4]) {
			t.Columns = append(t.Columns, column(c))
		}
		r.add(t)
	}
	return r
}

func (r *relations) add(t *Table) {
	t.attr = make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		t.attr[c.Name] = i
	}
	if g := generators[t.Schema+"."+t.Name]; g != nil {
		t.Rows = generate(t, g)
	}
	t.Steady = t.Schema == "pg_catalog" && steady[t.Name]
	r.list = append(r.list, t)
	r.byName[t.Schema+"."+t.Name], r.byOID[t.OID] = t, t
}

// steady are relations whose rows come from the catalog alone.
var steady = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_cast pg_class pg_collation pg_constraint
		pg_conversion pg_depend pg_description pg_enum pg_extension pg_index pg_inherits pg_language pg_namespace pg_opclass pg_operator
		pg_opfamily pg_policy pg_proc pg_range pg_rewrite pg_statistic_ext pg_trigger pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type`) {
		m[n] = true
	}
	return m
}()

// born adds the relations of PostgreSQL. Values of domains are of their base types; of
// types that LoxoDB has not there are none, and text stands for them.
func (r *relations) born() {
	domains := map[catalog.ID]types.T{}
	for _, f := range bornRows("pg_type") {
		if f[6] == "d" {
			domains[number(f[0])] = types.T{OID: number(f[25]), Mod: int32(signed(f[26]))}
		}
	}
	columns := map[catalog.ID][]Column{}
	for _, f := range bornRows("pg_attribute") {
		rel, num := number(f[0]), signed(f[5])
		if num < 1 {
			continue
		}
		c := Column{Name: f[1], NotNull: f[13] == "t", Shown: types.T{OID: number(f[2]), Mod: int32(signed(f[8]))}}
		c.Type = c.Shown
		if base, ok := domains[c.Shown.OID]; ok {
			c.Type = base
		} else if !isRowType(c.Type.OID) && types.Lookup(c.Type.OID) == nil {
			c.Type = types.Of(types.TextOID)
		}
		columns[rel] = append(columns[rel], c)
	}
	for _, f := range bornRows("pg_class") {
		if kind := f[16]; kind == "r" || kind == "v" {
			schema := "pg_catalog"
			if number(f[2]) == catalog.InformationSchemaID {
				schema = "information_schema"
			}
			id := number(f[0])
			r.add(&Table{Schema: schema, Name: f[1], OID: id, Kind: kind[0], Columns: columns[id], RowType: number(f[3])})
		}
	}
	slices.SortFunc(r.list, func(a, b *Table) int { return cmp.Compare(a.OID, b.OID) })
}

func signed(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// column reads name:type(typmod)!.
func column(s string) Column {
	s, notNull := strings.CutSuffix(s, "!")
	name, rest, _ := strings.Cut(s, ":")
	typ, mod, ok := strings.Cut(rest, "(")
	c := Column{Name: name, NotNull: notNull, Type: types.Of(number(typ))}
	if ok {
		m, _ := strconv.Atoi(strings.TrimSuffix(mod, ")"))
		c.Type.Mod = int32(m)
	}
	c.Shown = c.Type
	return c
}

// number reads an OID of the embedded data.
func number(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return uint32(n)
}
