package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

var systemColumns = map[string]struct {
	attr int16
	t    types.OID
}{
	"ctid": {catalog.CtidAttr, types.TidOID}, "tableoid": {catalog.TableOidAttr, types.OidOID},
	"xmin": {catalog.XminAttr, types.XidOID}, "cmin": {catalog.CminAttr, types.CidOID},
	"xmax": {catalog.XmaxAttr, types.XidOID}, "cmax": {catalog.CmaxAttr, types.CidOID},
}

// systemColumn finds an unqualified system column, which is mentioned in the scope s, in one of
// its levels: of the only table there that has it and is not hidden by a join.
func (b *binder) systemColumn(s, level *scope, name string, pos ast.Pos) (expr.Expr, error) {
	if _, ok := systemColumns[name]; !ok {
		return nil, nil
	}
	var of *relation
	for _, it := range level.items {
		if it.rel == nil || it.rel.scan == nil || !it.colsVisible {
			continue
		}
		if of != nil {
			if err := misplacedSystem(s, name, pos); err != nil {
				return nil, err
			}
			return nil, ambiguous(name, pos)
		}
		of = it.rel
	}
	if of == nil {
		return nil, nil
	}
	return b.systemOf(s, of, name, pos)
}

// misplacedSystem refuses a system column in the scopes that have no place for it.
func misplacedSystem(s *scope, name string, pos ast.Pos) error {
	if s.in == inMergeWhen && systemColumns[name].attr != catalog.TableOidAttr {
		return errAt(pos, pgerrcode.InvalidColumnReference, "cannot use system column \"%s\" in MERGE WHEN condition", name)
	}
	return nil
}

// systemOf is a table's system column where the scope has a place for it.
func (b *binder) systemOf(s *scope, of *relation, name string, pos ast.Pos) (expr.Expr, error) {
	if err := misplacedSystem(s, name, pos); err != nil {
		return nil, err
	}
	sys := systemColumns[name]
	return b.scanColumn(of, sys.attr, name, types.Of(sys.t)), nil
}

// systemAmbiguous refuses a name of a system column that one item of the level gives as
// a column of its own, or as that of the row it has written, and a table has, too.
func systemAmbiguous(s *scope, name string, pos ast.Pos) error {
	if _, ok := systemColumns[name]; !ok {
		return nil
	}
	n := 0
	for _, it := range s.items {
		named := func(c nsCol) bool { return c.name == name }
		if it.colsVisible && (it.rel != nil && it.rel.scan != nil || slices.ContainsFunc(it.cols, named) || slices.ContainsFunc(it.hidden, named)) {
			n++
		}
	}
	if n > 1 {
		return ambiguous(name, pos)
	}
	return nil
}

// ownOID is tableoid in what the definition of a table computes: that of the table itself,
// which has no number yet while it is made.
func ownOID(t *catalog.Table) expr.Expr {
	oid := types.Of(types.OidOID)
	return &expr.Cast{X: &expr.Const{T: oid, D: types.Int(int64(t.ID))}, To: oid, Phrase: "tableoid"}
}

// writtenColumns are the system columns of a row that the statement has just written,
// as RETURNING shows them; ctid and xmax are what the row's writer says.
func (b *binder) writtenColumns(t *catalog.Table, ctid, xmax expr.Expr) ([]nsCol, error) {
	xmin, err := b.ownNumber()
	if err != nil {
		return nil, err
	}
	command := &expr.Const{T: types.Of(types.CidOID), D: types.Int(0)}
	return []nsCol{
		{"tableoid", &expr.Const{T: types.Of(types.OidOID), D: types.Int(int64(t.ID))}},
		{"ctid", ctid}, {"xmin", xmin}, {"xmax", xmax}, {"cmin", command}, {"cmax", command},
	}, nil
}

// ownNumber is the number of the transaction as xmin and xmax show it.
func (b *binder) ownNumber() (expr.Expr, error) {
	number, err := b.callBound("pg_catalog", "pg_current_xact_id", nil, ast.NoPos)
	if err != nil {
		return nil, err
	}
	return b.callBound("pg_catalog", "xid", []expr.Expr{number}, ast.NoPos)
}

// deleted is a deleted row as RETURNING shows it: what was read, deleted by this transaction.
func (b *binder) deleted(read *nsItem) (*nsItem, error) {
	xmax, err := b.ownNumber()
	if err != nil {
		return nil, err
	}
	it := *read
	it.hidden = append(slices.Clone(it.hidden), nsCol{"xmax", xmax})
	return &it, nil
}

// insertedColumns are those of an inserted row, or of one updated instead, and the two
// that executing the statement adds to the row.
func (b *binder) insertedColumns(w *physical.TableWrite, alias string) (cols []nsCol, added []logical.ColID, err error) {
	ctid := b.meta.Add(logical.ColInfo{Name: "ctid", Rel: alias, T: types.Of(types.TidOID)})
	xmax := b.meta.Add(logical.ColInfo{Name: "xmax", Rel: alias, T: types.Of(types.XidOID)})
	cols, err = b.writtenColumns(w.Table, b.meta.Column(ctid), b.meta.Column(xmax))
	added = []logical.ColID{ctid, xmax}
	if w.Family != nil && err == nil {
		id := b.meta.Add(logical.ColInfo{Name: "tableoid", Rel: alias, T: types.Of(types.OidOID)})
		cols[0].e = b.meta.Column(id)
		added = append(added, id)
	}
	return cols, added, err
}

// updatedColumns are those of an updated row, which stays where it was read from.
func (b *binder) updatedColumns(t *catalog.Table, read *relation) ([]nsCol, error) {
	ctid := b.scanColumn(read, catalog.CtidAttr, "ctid", types.Of(types.TidOID))
	return b.writtenColumns(t, ctid, &expr.Const{T: types.Of(types.XidOID), D: types.Int(0)})
}
