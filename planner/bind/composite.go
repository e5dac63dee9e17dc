package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// rowInfo is a user's type, which is made known to values when it is a relation's row
// type that only this session sees.
func (b *binder) rowInfo(id types.OID) *types.Info {
	return b.o.Catalog.KnowRowType(id)
}

// composite is the attributes of a composite type as the statement's catalog has it,
// nil for other types.
func (b *binder) composite(oid types.OID) *types.Composite {
	if oid < types.FirstTypeOID { // of the system's own relations
		return types.CompositeOf(oid, nil)
	}
	if c := b.o.Catalog.Composite(oid); c != nil {
		b.rowInfo(oid)
		return c
	}
	return types.CompositeOf(oid, nil)
}

// tableRow is a row of a relation as a value of its row type, nil where it has none. It is the
// row that depends on the relation, whichever columns that has.
func (b *binder) tableRow(it *nsItem, pos ast.Pos) *expr.RowOf {
	if it.rel == nil {
		return nil
	}
	id := it.rel.rowType
	if t := it.rel.table; t != nil && t.HasRowType() {
		id = t.TypeID
	}
	c := b.composite(id)
	if c == nil || c.Live() != len(it.cols) {
		return nil
	}
	row := &expr.RowOf{T: types.Of(id)}
	next := 0
	for i := range c.Fields {
		if c.Fields[i].Dropped {
			row.Args = append(row.Args, nullConst(types.T{}))
			continue
		}
		row.Args = append(row.Args, b.placed(it.cols[next].e, pos))
		next++
	}
	return row
}

// rowTo makes a record a value of a composite type, member by member
// (coerce_record_to_complex). Errors call that by the name of the type shown: the domain
// that to is the base type of, or to.
func (b *binder) rowTo(e expr.Expr, to types.T, shown types.OID, at builtin.Context, pos ast.Pos) (expr.Expr, error) {
	row, ok := e.(*expr.RowOf)
	if raw := b.rawRows[row]; raw != nil {
		row = raw
	}
	if _, whole := b.wholeRows[row]; whole && at != builtin.Explicit {
		pos = b.wholeAt[row]
	}
	place := func(i int) ast.Pos {
		if l := b.rowPos[row]; at != builtin.Explicit && i < len(l) {
			return l[i]
		}
		return pos
	}
	c := b.composite(to.OID)
	cannot := func(pos ast.Pos) *pgerr.Error {
		return errAt(pos, pgerrcode.CannotCoerce, "cannot cast type %s to %s", "record", types.TypeName(shown))
	}
	if !ok || c == nil {
		return nil, cannot(pos)
	}
	out := &expr.RowOf{T: types.Of(to.OID), Cast: at == builtin.Explicit}
	next := 0
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Dropped {
			out.Args = append(out.Args, nullConst(types.T{}))
			continue
		}
		if next == len(row.Args) {
			return nil, cannot(pos).WithDetail("Input has too few columns.")
		}
		v, err := b.coerceOrNil(row.Args[next], f.T, at, place(next))
		if err != nil {
			return nil, err
		}
		if v == nil {
			return nil, cannot(place(next)).WithDetail("Cannot cast type %s to %s in column %d.",
				builtin.TypeName(b.shownType(row.Args[next])), types.TypeName(f.T.OID), next+1)
		}
		if v != row.Args[next] {
			b.traceCast(row.Args[next], f.T, builtin.Implicit)
		}
		if v, err = b.attributeDomain(v, to.OID, i); err != nil {
			return nil, err
		}
		out.Args = append(out.Args, v)
		next++
	}
	if next < len(row.Args) {
		return nil, cannot(pos).WithDetail("Input has too many columns.")
	}
	return out, nil
}

// asRecord is a composite value as a record, which goes on knowing its columns' names.
func (b *binder) asRecord(e expr.Expr, at builtin.Context, pos ast.Pos) (expr.Expr, error) {
	c := b.composite(e.Type().OID)
	row, ok := e.(*expr.RowOf)
	out := &expr.RowOf{}
	var names []string
	for i := range c.Fields {
		if c.Fields[i].Dropped {
			continue
		}
		names = append(names, c.Fields[i].Name)
		if ok {
			out.Args = append(out.Args, row.Args[i])
		}
	}
	t, err := builtin.RowType(names)
	if err != nil {
		return nil, err
	}
	if out.T = t; ok {
		if it := b.wholeRows[row]; it != nil {
			put(&b.wholeRows, out, it)
			put(&b.wholeAt, out, b.wholeAt[row])
		}
		return out, nil
	}
	return &expr.Cast{X: e, To: t, Explicit: at == builtin.Explicit, Implicit: at != builtin.Explicit, Pos: int(pos)}, nil
}

// isParent implements builtin.Parents by the statement's catalog.
func (b *binder) isParent(child, parent types.OID) bool {
	return b.o.Catalog != nil && b.o.Catalog.RowIsOf(child, parent)
}

// attributeDomain adds the checks of an attribute's domain.
func (b *binder) attributeDomain(v expr.Expr, oid types.OID, at int) (expr.Expr, error) {
	r, ok := b.o.Catalog.RowType(oid)
	if !ok {
		return v, nil
	}
	d, ok := b.o.Catalog.TypeByID(r.Table.Columns[at].Domain)
	if !ok {
		return v, nil
	}
	return b.toDomain(v, d)
}

// exprFor is expr for a place of a known type: what stands in ROW(…) takes the types of
// a composite type's attributes.
func (b *binder) exprFor(s *scope, e ast.Expr, to types.T) (expr.Expr, error) {
	if x, ok := e.(*ast.Row); ok && types.IsComposite(to.OID) {
		return b.rawRow(s, x)
	}
	return b.expr(s, e)
}
