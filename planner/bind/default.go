package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// columnDefault is a column's default value: nextval for identity, NULL without default.
func columnDefault(c *catalog.Column, o Options) (expr.Expr, error) {
	switch {
	case c.Dropped || c.Generated != 0:
		return nullConst(c.Type), nil
	case c.Identity != 0:
		return sequenceDefault(c, o)
	case c.Default == "":
		if text := domainDefault(c, o); text != "" {
			return storedScalar(text, nil, Default, c.Type, c.Name, o)
		}
		return nullConst(c.Type), nil
	case c.SequenceID != 0:
		// The text names the sequence, but means that one whatever the search path.
		if q, ok := o.Catalog.SequenceByID(c.SequenceID); ok && c.Default == SerialDefault(o.Catalog, q) {
			return sequenceDefault(c, o)
		}
	}
	shared := !o.asks() // with calls that others need not be asked about
	if e, ok := columnValues.get(c); ok && shared {
		return e, nil
	}
	e, err := storedScalar(c.Default, nil, Default, c.Type, c.Name, o)
	if err == nil && shared {
		columnValues.put(c, e)
	}
	return e, err
}

// ColumnDefault is a column's default as a bound expression without columns.
func ColumnDefault(c *catalog.Column, o Options) (expr.Expr, error) { return columnDefault(c, o) }

// SerialDefault is the text by which the default of a serial column is kept.
func SerialDefault(snap *catalog.Snapshot, q *catalog.Sequence) string {
	name := ast.QuoteIdent(q.Name)
	if q.Schema != catalog.PublicID && !q.Temp {
		name = ast.QuoteIdent(snap.SchemaName(q.Schema)) + "." + name
	}
	return "nextval(" + ast.QuoteLiteral(name) + "::regclass)"
}

// sequenceDefault is the next value of the column's own sequence.
func sequenceDefault(c *catalog.Column, o Options) (expr.Expr, error) {
	b := newBinder(o)
	if c.AutoIncrement {
		return b.autoIncrement(nullConst(types.Of(types.Int8OID)), c)
	}
	seq := &expr.Const{T: types.Of(types.RegclassOID), D: types.Int(int64(c.SequenceID))}
	if c.Identity != 0 {
		next := &expr.Call{Fn: builtin.NextIdentity, Args: []expr.Expr{seq}, T: types.Of(types.Int8OID), Pos: -1}
		return b.coerce(next, c.Type, builtin.Assignment, ast.NoPos)
	}
	e, err := b.callBound("pg_catalog", "nextval", []expr.Expr{seq}, ast.NoPos)
	if err != nil {
		return nil, err
	}
	return b.coerce(e, c.Type, builtin.Assignment, ast.NoPos)
}
