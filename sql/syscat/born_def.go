package syscat

import (
	"cmp"
	"fmt"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// bornTables are the relations that a database is born with as far as definitions read
// them: columns, indexes, keys. They are found by their own number and by those of their
// indexes and constraints.
var bornTables = sync.OnceValue(func() map[catalog.ID]*catalog.Table {
	out := map[catalog.ID]*catalog.Table{}
	for id, o := range bornClasses().byOID {
		if kind := o.row[16]; kind != "i" {
			t := &catalog.Table{ID: id, Schema: o.schema, Name: o.name, Kind: catalog.KindTable, Owner: catalog.BootstrapRoleID}
			if kind == "v" {
				t.Kind = catalog.KindView
			}
			out[id] = t
		}
	}
	for _, f := range bornRows("pg_attribute") {
		if t := out[number(f[0])]; t != nil && signed(f[5]) > 0 {
			t.Columns = append(t.Columns, catalog.Column{Num: int16(signed(f[5])), Name: f[1], Collation: number(f[21]), NotNull: f[13] == "t",
				Type: types.T{OID: number(f[2]), Mod: int32(signed(f[8]))}})
		}
	}
	classes := map[string]opClass{}
	for _, c := range opClasses() {
		classes[fmt.Sprint(c.oid)] = c
	}
	for _, f := range bornRows("pg_index") {
		id, t := number(f[0]), out[number(f[1])]
		x := &catalog.Index{ID: id, Table: t.ID, Name: bornClasses().byOID[id].name, Method: "btree", Unique: f[4] == "t", Primary: f[6] == "t"}
		opclasses := strings.Fields(f[17])
		for i, attr := range strings.Fields(f[15]) {
			c := t.Columns[signed(attr)-1]
			x.Keys = append(x.Keys, catalog.IndexKey{Attr: c.Num, Type: c.Type, OpClass: classes[opclasses[i]].name})
		}
		t.Indexes = append(t.Indexes, x)
		out[id] = t
	}
	for _, f := range bornRows("pg_constraint") {
		if t := out[number(f[7])]; t != nil {
			k := &catalog.Constraint{ID: number(f[0]), Name: f[1], Kind: catalog.ConstraintKind(f[3][0]), Index: number(f[9]), Validated: true}
			for _, a := range strings.Split(strings.Trim(f[18], "{}"), ",") {
				k.Columns = append(k.Columns, int16(signed(a)))
			}
			t.Constraints = append(t.Constraints, k)
			out[k.ID] = t
		}
	}
	return out
})

// bornChecks are the checks of the domains that a database is born with, by number.
var bornChecks = sync.OnceValue(func() map[catalog.ID]string {
	out := map[catalog.ID]string{}
	for _, f := range bornRows("pg_constraint") {
		if f[3] == "c" {
			out[number(f[0])] = f[25]
		}
	}
	return out
})

// indexOf finds an index and its table, users' or a database's own.
func (p *Printer) indexOf(id catalog.ID) (*catalog.Table, *catalog.Index, bool) {
	if x, ok := p.Catalog.IndexByID(id); ok {
		t, ok := p.Catalog.TableByID(x.Table)
		return t, x, ok
	}
	if t := bornTables()[id]; t != nil {
		if x := t.Index(id); x != nil {
			return t, x, true
		}
	}
	return nil, nil, false
}

// bornConstraint is ConstraintDef of a constraint that a database is born with.
func (p *Printer) bornConstraint(id catalog.ID) (string, bool) {
	if text, ok := bornChecks()[id]; ok {
		return builtin.ValueWord("CHECK (" + p.expr(text) + ")"), true
	}
	if t := bornTables()[id]; t != nil {
		for _, k := range t.Constraints {
			if k.ID == id {
				return p.constraintText(t, k), true
			}
		}
	}
	return "", false
}

// languages are the names of those of functions, by number.
var languages = map[catalog.ID]string{langInternal: "internal", langC: "c", langSQL: "sql", langPLpgSQL: "plpgsql"}

// systemFunction is a function that no user made, as if one had, and what only such
// have: a file of code, a function that supports the planner, a body as it is shown.
type systemFunction struct {
	catalog.Function
	ObjFile, Support, SQL string
	AggKind               byte // of an aggregate: n, o, h
	DirectArgs            int
}

// systemFunction finds a function that a database is born with or that an extension has.
func (p *Printer) systemFunction(id catalog.ID) *systemFunction {
	if o := bornProcs().byOID[id]; o != nil {
		return bornFunction(o)
	}
	f := builtin.FuncByOID(id)
	if f == nil {
		return nil
	}
	x := &systemFunction{Function: catalog.Function{ID: id, Schema: catalog.PgCatalogID, Name: f.Name, Kind: orByte(f.Kind, 'f'), Ret: types.Of(f.Ret), RetSet: f.RetSet,
		Language: "internal", Body: cmp.Or(f.Src, f.Name), Volatility: f.Volatility, Strict: f.Strict, Leakproof: f.Leakproof(), Parallel: 's', Cost: 1, Rows: 1000}}
	if f.Kind == 'a' {
		x.Body = "aggregate_dummy"
	}
	if f.Extension != "" {
		e, ok := p.Catalog.Extension(f.Extension)
		if !ok {
			return nil
		}
		if x.Schema = e.Schema; f.Kind != 'a' {
			x.Language, x.ObjFile = "c", "$libdir/"+f.Extension
		}
	}
	if len(f.Args) == 1 && f.Args[0] == types.InternalOID {
		x.Parallel = 'u'
	}
	for i, t := range f.Args {
		a := catalog.FuncArg{Mode: catalog.ArgIn, Type: types.Of(t)}
		if i < len(f.ArgNames) {
			a.Name = f.ArgNames[i]
		}
		if f.Variadic != 0 && i == len(f.Args)-1 {
			a.Mode = catalog.ArgVariadic
		}
		x.Args = append(x.Args, a)
	}
	for i, t := range f.OutTypes {
		x.Args = append(x.Args, catalog.FuncArg{Mode: catalog.ArgOut, Name: f.OutNames[i], Type: types.Of(t)})
	}
	return x
}

// bornFunction reads a row of pg_proc.
func bornFunction(o *bornObject) *systemFunction {
	f := o.row
	x := &systemFunction{Function: catalog.Function{ID: o.oid, Schema: o.schema, Name: o.name, Kind: f[9][0], Ret: types.Of(number(f[18])), RetSet: f[13] == "t",
		Language: languages[number(f[4])], Body: f[25], Volatility: f[14][0], Strict: f[12] == "t", Definer: f[10] == "t", Leakproof: f[11] == "t",
		Parallel: f[15][0], Cost: float64(signed(f[5])), Rows: float64(signed(f[6]))}}
	if f[26] != noValue {
		x.ObjFile = f[26]
	}
	if s := bornProcs().byOID[number(f[8])]; s != nil {
		x.Support = s.name
	}
	if f[27] != noValue {
		x.SQL = f[27]
	}
	x.Args = bornArgs(f)
	if a := bornAggregates().byOID[o.oid]; a != nil {
		x.AggKind, x.DirectArgs = a.row[1][0], int(signed(a.row[2]))
	}
	return x
}

// aggregateArgs lists the arguments of an aggregate over rows in an order: of a
// hypothetical one all are asked for twice, which is written of a VARIADIC one only.
func (p *Printer) aggregateArgs(f *systemFunction, list []string) string {
	text := strings.Join(list[:f.DirectArgs], ", ")
	if text != "" {
		text += " "
	}
	rest := list[f.DirectArgs:]
	if len(rest) == 0 {
		rest = list[f.DirectArgs-1:]
	}
	return text + "ORDER BY " + strings.Join(rest, ", ")
}

// bornArgs are the arguments of a row of pg_proc.
func bornArgs(f []string) []catalog.FuncArg {
	list := func(text string) []string {
		if text == noValue {
			return nil
		}
		return strings.Split(strings.Trim(text, "{}"), ",")
	}
	all, modes, names := list(f[20]), list(f[21]), list(f[22])
	if all == nil {
		all = strings.Fields(f[19])
	}
	var args []catalog.FuncArg
	var inputs []int
	for i, t := range all {
		a := catalog.FuncArg{Mode: catalog.ArgIn, Type: types.Of(number(t))}
		if i < len(modes) {
			a.Mode = modes[i][0]
		}
		if i < len(names) {
			a.Name = strings.Trim(names[i], `"`)
		}
		if args = append(args, a); a.IsInput() {
			inputs = append(inputs, i)
		}
	}
	if f[23] != noValue {
		defaults := splitList(f[23])
		for i, text := range defaults {
			args[inputs[len(inputs)-len(defaults)+i]].Default = text
		}
	}
	return args
}

// splitList takes a list of expressions apart.
func splitList(text string) (out []string) {
	depth, start, quoted := 0, 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(text[start:]))
}
