package syscat

import (
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_index":      indexes,
	"pg_constraint": constraints,
})

// Bits of pg_index.indoption.
const (
	indoptionDesc       = 1
	indoptionNullsFirst = 2
)

var (
	bornIndexes     = born("pg_index")
	bornConstraints = born("pg_constraint")
)

func indexes(r *rows) {
	bornIndexes(r)
	toastIndexes(r)
	for _, t := range r.cat.Tables() {
		for _, x := range t.Indexes {
			r.index(t, x)
		}
	}
}

func (r *rows) index(t *catalog.Table, x *catalog.Index) {
	var keys, options []int16
	var collations, classes []uint32
	var exprs []string
	for i := range x.Keys {
		k := &x.Keys[i]
		keys = append(keys, k.Attr)
		if k.Attr == 0 {
			exprs = append(exprs, k.Expr)
		}
		var opt int16
		if k.Desc {
			opt |= indoptionDesc
		}
		if k.NullsFirst {
			opt |= indoptionNullsFirst
		}
		options = append(options, opt)
		collations = append(collations, keyCollation(t, k))
		class, _ := opClassOf(x.AccessMethod(), k.OpClass, k.Type.OID)
		classes = append(classes, class.oid)
	}
	r.oid("indexrelid", x.ID)
	r.oid("indrelid", x.Table)
	r.int("indnatts", int64(len(x.Keys)+len(x.Include)))
	r.int("indnkeyatts", int64(len(x.Keys)))
	r.bool("indisunique", x.Unique)
	r.bool("indnullsnotdistinct", x.NullsNotDistinct)
	r.bool("indisprimary", x.Primary)
	r.bool("indisexclusion", len(x.Exclude) > 0)
	r.bool("indcheckxmin", false)
	r.bool("indisclustered", x.Clustered)
	r.bool("indisreplident", x.ReplicaIdentity)
	r.bool("indimmediate", !x.Deferrable)
	r.bool("indisvalid", x.Valid)
	r.bool("indisready", x.Ready)
	r.bool("indislive", true)
	vector(r, "indkey", append(keys, x.Include...))
	vector(r, "indcollation", collations)
	vector(r, "indclass", classes)
	vector(r, "indoption", options)
	r.opt("indexprs", strings.Join(exprs, ", "))
	r.opt("indpred", x.Where)
	r.emit()
}

// keyCollation is the collation a key is ordered by, 0 for types without one.
func keyCollation(t *catalog.Table, k *catalog.IndexKey) catalog.ID {
	if k.Collation != 0 {
		return k.Collation
	}
	if c := t.Column(k.Attr); k.Attr != 0 && c != nil && c.Collation != 0 {
		return c.Collation
	}
	if info := types.Lookup(k.Type.OID); info != nil {
		return info.Collation
	}
	return 0
}

func constraints(r *rows) {
	bornConstraints(r)
	for _, t := range r.cat.Tables() {
		for _, c := range r.cat.AllConstraints(t) {
			r.constraint(t, c)
		}
		for _, g := range t.Triggers {
			if g.Constraint != 0 {
				r.constraint(t, g.AsConstraint())
			}
		}
	}
	for _, d := range r.cat.Types() {
		for _, c := range d.Checks {
			r.constraintRow(&catalog.Table{Schema: d.Schema}, c)
			r.oid("contypid", d.ID)
			r.emit()
		}
	}
}

func (r *rows) constraint(t *catalog.Table, c *catalog.Constraint) {
	r.constraintRow(t, c)
	r.emit()
}

func (r *rows) constraintRow(t *catalog.Table, c *catalog.Constraint) {
	r.oid("oid", c.ID)
	r.text("conname", c.Name)
	r.oid("connamespace", t.Schema)
	r.char("contype", byte(c.Kind))
	r.bool("condeferrable", c.Deferrable)
	r.bool("condeferred", c.Deferred)
	r.bool("convalidated", c.Validated)
	r.oid("conrelid", t.ID)
	r.zeros("confrelid")
	r.oid("conparentid", c.Parent)
	r.int("coninhcount", int64(c.InhCount))
	r.oid("contypid", 0)
	r.oid("conindid", c.Index)
	r.bool("conislocal", !c.Inherited)
	// PostgreSQL marks every constraint but CHECK as not inherited, if it is not a part of a
	// partitioned table's.
	r.bool("connoinherit", c.NoInherit || c.Kind != catalog.CheckConstraint && c.Parent == 0 &&
		(c.Kind != catalog.ForeignConstraint || !t.IsPartitioned()))
	nums(r, "conkey", c.Columns)
	r.opt("conbin", c.Expr)
	for _, col := range []string{"confupdtype", "confdeltype", "confmatchtype"} {
		r.char(col, ' ')
	}
	if x := t.Index(c.Index); c.Kind == catalog.ExcludeConstraint && x != nil {
		nums(r, "conexclop", x.Exclude)
	}
	if c.Kind == catalog.ForeignConstraint {
		r.oid("confrelid", c.RefTable)
		r.char("confupdtype", orByte(c.OnUpdate, 'a'))
		r.char("confdeltype", orByte(c.OnDelete, 'a'))
		r.char("confmatchtype", orByte(c.Match, 's'))
		nums(r, "confkey", c.RefColumns)
		nums(r, "confdelsetcols", c.OnDeleteCols)
		eq := r.equalities(t, c)
		nums(r, "conpfeqop", eq)
		nums(r, "conppeqop", eq)
		nums(r, "conffeqop", eq)
	}
}

func orByte(b, none byte) byte {
	if b == 0 {
		return none
	}
	return b
}

// equalities are the = operators of a foreign key's columns.
func (r *rows) equalities(t *catalog.Table, c *catalog.Constraint) []uint32 {
	var out []uint32
	for _, a := range c.Columns {
		col := t.Column(a)
		if col == nil {
			return nil
		}
		typ := col.Type.OID
		if typ == types.VarcharOID {
			typ = types.TextOID
		}
		op := builtin.ExactOperator("=", typ, typ)
		if op == nil {
			return nil
		}
		out = append(out, op.OID)
	}
	return out
}
