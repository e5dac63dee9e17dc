package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's CREATE TABLE … SELECT declares its columns as those are that the query shows, and
// computed ones by what computes them, which is read off the bound tree.

// Declaration is how a table of MySQL's dialect that is made of a query has one of its columns.
type Declaration struct {
	// Words are its type in that dialect's words, "" where the column's type alone says it.
	Words string
	// Of is the column that it shows, nil for one that is computed; Default: as the query
	// itself reads it, so that it keeps its default.
	Of      *catalog.Column
	Default bool
	NotNull bool
}

// Declarations are those of a query's columns. The query was bound with Options.Declares.
func Declarations(s *Statement) []Declaration {
	o := origins{meta: s.Meta, derived: s.derived, made: map[logical.ColID]func() shape{}, nullable: map[logical.ColID]bool{}}
	o.read(s.Tree)
	out := make([]Declaration, len(s.Out))
	for i, c := range s.Out {
		m := o.column(c.ID)
		out[i] = Declaration{Words: m.words, Of: m.of, Default: m.of != nil && m.own, NotNull: m.notNull}
	}
	return out
}

// noteDerived notes the columns of a query's derived tables and views: they have no defaults.
func (b *binder) noteDerived(s *scope) {
	for _, it := range s.items {
		if it.rel == nil || !it.rel.derived {
			continue
		}
		for i := range it.cols {
			if c, ok := it.cols[i].e.(*expr.Column); ok {
				put(&b.derived, logical.ColID(c.Index), true)
			}
		}
	}
}

// origins says where the columns of a bound tree come from.
type origins struct {
	meta     *logical.Meta
	derived  map[logical.ColID]bool
	made     map[logical.ColID]func() shape
	nullable map[logical.ColID]bool // by an outer join or a grouping set
}

// read notes what the operators of a tree make.
func (o *origins) read(n logical.Node) {
	switch x := n.(type) {
	case *logical.Project:
		o.computed(x.Out, x.Exprs)
	case *logical.ProjectSet:
		o.computed(x.Out, x.Exprs)
	case *logical.Agg:
		o.computed(x.GroupOut, x.Groups)
		for i := range x.Aggs {
			a := &x.Aggs[i]
			o.made[x.AggOut[i]] = func() shape { return o.called(a.Fn, a.Args, a.T) }
		}
		if x.Sets != nil {
			o.nulls(x.GroupOut)
		}
	case *logical.Window:
		for i := range x.Calls {
			c := &x.Calls[i]
			o.made[x.Out[i]] = func() shape { return o.called(c.Fn, c.Args, c.T) }
		}
	case *logical.Join:
		if x.Kind == logical.Left || x.Kind == logical.Full {
			o.nulls(x.Right.Cols())
		}
		if x.Kind == logical.Right || x.Kind == logical.Full {
			o.nulls(x.Left.Cols())
		}
	case *logical.SetOp:
		o.united(x.Out, x.LeftCols, x.RightCols)
	case *logical.RecursiveUnion:
		o.united(x.Out, x.InitCols, x.StepCols)
	case *logical.CTERef:
		if x.CTE.Tree != nil {
			o.read(x.CTE.Tree)
			for i, id := range x.Out {
				o.made[id] = func() shape { return o.column(x.CTE.Out[i]).derived() }
			}
		}
	}
	for _, in := range logical.Inputs(n) {
		o.read(in)
	}
}

// computed notes expressions; a plain column keeps its number.
func (o *origins) computed(out []logical.ColID, exprs []expr.Expr) {
	for i, id := range out {
		if c, ok := exprs[i].(*expr.Column); !ok || logical.ColID(c.Index) != id {
			o.made[id] = func() shape { return o.of(exprs[i]) }
		}
	}
}

func (o *origins) united(out, left, right []logical.ColID) {
	for i, id := range out {
		o.made[id] = func() shape {
			l, r := o.column(left[i]).derived(), o.column(right[i]).derived()
			return mergedShape(o.meta.Cols[id].T, l, r)
		}
	}
}

func (o *origins) nulls(list []logical.ColID) {
	for _, id := range list {
		o.nullable[id] = true
	}
}

// column is what is known of a column.
func (o *origins) column(id logical.ColID) (m shape) {
	info := &o.meta.Cols[id]
	if f := o.made[id]; f != nil {
		delete(o.made, id) // a recursive query's column is made of itself
		m = f()
		o.made[id] = f
	} else if info.Table != nil && info.Table.Column(info.Attr) != nil {
		m = columnShape(info.Table.Column(info.Attr))
		m.own = !o.derived[id] && info.OrigTable == info.Table.ID
	} else {
		m = shapeOf(info.T, shape{})
	}
	m.notNull = m.notNull && !o.nullable[id]
	return m
}

// of is what is known of an expression's value.
func (o *origins) of(e expr.Expr) shape {
	t := e.Type()
	switch x := e.(type) {
	case *expr.Column:
		return o.column(logical.ColID(x.Index))
	case *expr.Relabel:
		return o.of(x.X)
	case *expr.Const:
		return constShape(x)
	case *expr.Cast:
		return shapeOf(t, o.of(x.X))
	case *expr.Case:
		var list []shape
		for _, w := range x.Whens {
			list = o.another(list, w.Result)
		}
		return mergedShape(t, o.another(list, x.Else)...).nullable()
	case *expr.Coalesce:
		return mergedShape(t, o.all(x.Args)...).nullable()
	case *expr.MinMax:
		return mergedShape(t, o.all(x.Args)...).nullable()
	case *logical.Subquery:
		if len(x.Out) == 1 && t.OID == x.T.OID {
			o.read(x.Tree)
			return mergedShape(t, o.column(x.Out[0])).nullable()
		}
	case *expr.Call:
		if x.Op != nil && (t.OID == types.Int2OID || t.OID == types.Int4OID || t.OID == types.Int8OID) {
			return arithmeticShape(x.Op.Name, t, o.all(x.Args))
		}
		return o.called(x.Fn, x.Args, t)
	}
	return shapeOf(t, shape{})
}

// another adds what is known of a value, unless it is NULL.
func (o *origins) another(list []shape, e expr.Expr) []shape {
	if e == nil {
		return list
	}
	if c, ok := bare(e).(*expr.Const); ok && c.D.IsNull() {
		return list
	}
	return append(list, o.of(e))
}

func (o *origins) all(args []expr.Expr) (list []shape) {
	for _, a := range args {
		list = o.another(list, a)
	}
	return list
}

// bare is a value without the conversions around it.
func bare(e expr.Expr) expr.Expr {
	for {
		switch x := e.(type) {
		case *expr.Relabel:
			e = x.X
		case *expr.Cast:
			e = x.X
		default:
			return e
		}
	}
}
