package syscat

import (
	"context"
	"fmt"
	"sync"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// generator makes the rows of one relation.
type generator func(r *rows)

// generators holds the code of every relation that is not always empty, by
// schema.name; the files of this package fill it.
var generators = map[string]generator{}

func register(schema string, g map[string]generator) struct{} {
	for name, f := range g {
		generators[schema+"."+name] = f
	}
	return struct{}{}
}

// rows builds one row after another: set columns by name, then emit. Columns
// that are not set are NULL.
type rows struct {
	ctx  context.Context
	env  Env
	cat  *catalog.Snapshot
	t    *Table
	row  []types.Datum
	out  func([]types.Datum) error
	err  error
	list types.ArrayBuilder
	next int // the column after the last one set
}

// generate turns a generator into Table.Rows.
func generate(t *Table, g generator) func(context.Context, Env, func([]types.Datum) error) error {
	return func(ctx context.Context, env Env, emit func([]types.Datum) error) error {
		r := &rows{ctx: ctx, env: env, cat: env.Catalog(), t: t, row: make([]types.Datum, len(t.Columns)), out: emit}
		r.clear()
		g(r)
		return r.err
	}
}

// printer writes definitions as the session sees them.
func (r *rows) printer() *Printer {
	if d, ok := r.env.(Definer); ok {
		return d.Printer(false)
	}
	return &Printer{Catalog: r.cat}
}

func (r *rows) clear() {
	for i := range r.row {
		r.row[i] = types.Null
	}
	r.next = 0
}

// emit hands the row over and starts the next. After an error nothing more is
// handed over; done tells the generators with long loops.
func (r *rows) emit() {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	if r.err == nil {
		r.err = r.out(r.row)
	}
	r.clear()
}

func (r *rows) done() bool { return r.err != nil }

// set stores a datum. A column that does not exist is an error of this package,
// which its tests look for in every generator.
func (r *rows) set(col string, d types.Datum) {
	// Generators mostly go through the columns in order: look at the next first.
	if i := r.next; i < len(r.row) && r.t.Columns[i].Name == col {
		r.row[i], r.next = d, i+1
		return
	}
	i, ok := r.t.attr[col]
	if !ok {
		r.err = fmt.Errorf("syscat: relation %s.%s has no column %s", r.t.Schema, r.t.Name, col)
		return
	}
	r.row[i], r.next = d, i+1
}

// fixedRows are the rows of a relation that the database's contents do not
// change, such as those about the system relations themselves. They are made on
// first use and kept.
type fixedRows struct {
	mu   sync.Mutex
	key  string
	rows [][]types.Datum
	made bool
}

// fixed emits the rows that fill makes, from memory when they were made before
// with the same key.
func (r *rows) fixed(f *fixedRows, key string, fill func(*rows)) {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	if r.err != nil {
		return
	}
	for _, row := range f.get(r, key, fill) {
		if r.err == nil {
			r.err = r.out(row)
		}
		if r.err != nil {
			return
		}
	}
}

func (f *fixedRows) get(r *rows, key string, fill func(*rows)) [][]types.Datum {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made && f.key == key {
		return f.rows
	}
	var list [][]types.Datum
	sub := &rows{ctx: r.ctx, env: r.env, cat: r.cat, t: r.t, row: make([]types.Datum, len(r.row))}
	sub.out = func(row []types.Datum) error {
		list = append(list, append([]types.Datum(nil), row...))
		return nil
	}
	sub.clear()
	fill(sub)
	if sub.err != nil {
		r.err = sub.err
		return nil
	}
	f.rows, f.key, f.made = list, key, true
	return list
}

func (r *rows) text(col, v string) { r.set(col, types.String(v)) }

// opt stores a text, or NULL for the empty string.
func (r *rows) opt(col, v string) {
	if v != "" {
		r.text(col, v)
	}
}

// inet stores an address, or NULL for the empty string.
func (r *rows) inet(col, v string) {
	if v == "" {
		return
	}
	d, err := types.ParseText(types.Of(types.InetOID), v, types.DefaultFormat)
	if err != nil {
		r.err = err
		return
	}
	r.set(col, d)
}

func (r *rows) int(col string, v int64) { r.set(col, types.Int(v)) }

func (r *rows) oid(col string, v catalog.ID) { r.set(col, types.Int(int64(v))) }

func (r *rows) bool(col string, v bool) { r.set(col, types.Bool(v)) }

// char stores a "char"; 0 is the empty one.
func (r *rows) char(col string, v byte) { r.set(col, types.Int(int64(int8(v)))) }

func (r *rows) float(col string, v float64) { r.set(col, types.Float(v)) }

// yes stores information_schema's YES or NO.
func (r *rows) yes(col string, v bool) {
	if v {
		r.text(col, "YES")
	} else {
		r.text(col, "NO")
	}
}

// bools, ints and zeros store one value in several columns.
func (r *rows) bools(v bool, cols ...string) {
	for _, c := range cols {
		r.bool(c, v)
	}
}

func (r *rows) zeros(cols ...string) {
	for _, c := range cols {
		r.int(c, 0)
	}
}

// strs stores a text[] (or name[]), NULL when it is empty.
func (r *rows) strs(col string, list []string) {
	if len(list) == 0 {
		return
	}
	r.list.Reset(r.t.Columns[r.t.attr[col]].Type.Elem().OID)
	for _, s := range list {
		r.list.Append(types.String(s))
	}
	r.set(col, r.list.Array().Clone())
}

// nums stores an int2[], int4[] or oid[], NULL when it is empty.
func nums[N int16 | int32 | uint32 | int64](r *rows, col string, list []N) {
	if len(list) == 0 {
		return
	}
	r.list.Reset(r.t.Columns[r.t.attr[col]].Type.Elem().OID)
	for _, n := range list {
		r.list.Append(types.Int(int64(n)))
	}
	r.set(col, r.list.Array().Clone())
}

// vector stores an int2vector or oidvector.
func vector[N int16 | uint32](r *rows, col string, list []N) {
	vals := make([]int64, len(list))
	for i, n := range list {
		vals[i] = int64(n)
	}
	r.set(col, types.MakeIntVector(r.t.Columns[r.t.attr[col]].Type.OID, vals))
}

// proc stores a function's OID by name (regproc), 0 for none.
func (r *rows) proc(col, name string) {
	r.oid(col, procOID(name))
}

func procOID(name string) catalog.ID {
	if name == "" || name == "-" {
		return 0
	}
	if f := builtin.Functions("", name); len(f) > 0 {
		return f[0].OID
	}
	return 0
}

// schemaID is the OID of a system relation's schema.
func schemaID(name string) catalog.ID {
	if name == "information_schema" {
		return catalog.InformationSchemaID
	}
	return catalog.PgCatalogID
}
