package ast

// Walk visits n and everything below it in text order, parents first. A false
// from visit skips the children. Visited are the statements, expressions and
// table expressions (as their pointer types) and, by value, Target, SortBy,
// GroupItem, Window, CTE, Locking, IndexElem, ColumnDef, Constraint, AlterCmd,
// Option, QName and TypeName. Nil is not visited. Walk is recursive: its depth
// is bounded by the parser's limit on nesting.
func Walk(n Node, visit func(Node) bool) {
	w := walker{visit}
	w.node(n)
}

type walker struct{ visit func(Node) bool }

func (w walker) node(n Node) {
	switch v := n.(type) {
	case nil:
		return
	case Expr:
		w.expr(v)
	case TableExpr:
		w.table(v)
	case Stmt:
		w.stmt(v)
	default:
		w.part(n)
	}
}

// part visits one of the parts that are held by value.
func (w walker) part(n Node) {
	if !w.visit(n) {
		return
	}
	switch v := n.(type) {
	case Target:
		w.expr(v.Expr)
		w.path(v.Path)
		if v.MultiCol <= 1 { // the columns of one assignment share their source
			w.expr(v.Multi)
		}
	case SortBy:
		w.expr(v.Expr)
	case GroupItem:
		w.expr(v.Expr)
		parts(w, v.Items)
	case Window:
		w.exprs(v.PartitionBy)
		parts(w, v.OrderBy)
		if v.Frame != nil {
			w.expr(v.Frame.Start.Offset)
			w.expr(v.Frame.End.Offset)
		}
	case CTE:
		w.stmt(v.Query)
		if v.Cycle != nil {
			w.expr(v.Cycle.To)
			w.expr(v.Cycle.Default)
		}
	case Locking:
		parts(w, v.Of)
	case TypeName:
		w.exprs(v.Mods)
	case IndexElem:
		w.expr(v.Expr)
		parts(w, v.OpOptions)
	case ColumnDef:
		if v.Type.Name.Name != "" {
			w.part(v.Type)
		}
		parts(w, v.Constraints)
	case Constraint:
		w.expr(v.Expr)
		parts(w, v.With)
		if v.Kind == ConForeign && v.RefTable.Name != "" {
			w.part(v.RefTable)
		}
	case Option:
		w.expr(v.Value)
	case AlterCmd:
		w.alterCmd(v)
	}
}

func (w walker) alterCmd(v AlterCmd) {
	if v.Column != nil {
		w.part(*v.Column)
	}
	if v.Constraint != nil {
		w.part(*v.Constraint)
	}
	if v.Type != nil {
		w.part(*v.Type)
	}
	w.expr(v.Expr)
	parts(w, v.Options)
}

// parts visits a list of parts.
func parts[T Node](w walker, list []T) {
	for i := range list {
		w.part(list[i])
	}
}

func (w walker) path(list []Step) {
	for i := range list {
		if x := list[i].Sub; x != nil {
			w.expr(x.Lo)
			w.expr(x.Hi)
		}
	}
}

func (w walker) exprs(list []Expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w walker) expr(e Expr) {
	if e == nil || !w.visit(e) {
		return
	}
	switch v := e.(type) {
	case *Op:
		w.expr(v.Left)
		w.expr(v.Right)
	case *BoolOp:
		w.exprs(v.Args)
	case *Func:
		w.exprs(v.Args)
		parts(w, v.OrderBy)
		w.expr(v.Filter)
		if v.Over != nil {
			w.part(*v.Over)
		}
	case *Cast:
		w.expr(v.X)
		w.part(v.To)
	case *In:
		w.expr(v.Left)
		w.exprs(v.List)
		w.query(v.Sub)
	case *Quantified:
		w.expr(v.Left)
		w.expr(v.Right)
		w.query(v.Sub)
	case *Like:
		w.expr(v.Left)
		w.expr(v.Pattern)
		w.expr(v.Escape)
	case *Between:
		w.expr(v.X)
		w.expr(v.Lo)
		w.expr(v.Hi)
	case *Case:
		w.expr(v.X)
		for _, b := range v.Whens {
			w.expr(b.Cond)
			w.expr(b.Result)
		}
		w.expr(v.Else)
	case *Subquery:
		w.query(v.Query)
	default:
		w.exprMore(e)
	}
}

func (w walker) exprMore(e Expr) {
	switch v := e.(type) {
	case *IsTest:
		w.expr(v.X)
	case *Distinct:
		w.expr(v.Left)
		w.expr(v.Right)
	case *NullIf:
		w.expr(v.Left)
		w.expr(v.Right)
	case *Coalesce:
		w.exprs(v.Args)
	case *MinMax:
		w.exprs(v.Args)
	case *Collate:
		w.expr(v.X)
	case *Array:
		w.exprs(v.Elems)
	case *Row:
		w.exprs(v.Args)
	case *Index:
		w.expr(v.X)
		w.expr(v.Lo)
		w.expr(v.Hi)
	case *FieldSel:
		w.expr(v.X)
	case *AtTimeZone:
		w.expr(v.X)
		w.expr(v.Zone)
	case *Stored:
		w.expr(v.X)
	case *Grouping:
		w.exprs(v.Args)
	}
}

func (w walker) tables(list []TableExpr) {
	for _, t := range list {
		w.table(t)
	}
}

func (w walker) table(t TableExpr) {
	if t == nil || !w.visit(t) {
		return
	}
	switch v := t.(type) {
	case *TableRef:
		w.part(v.Name)
	case *SubqueryRef:
		w.query(v.Query)
	case *FuncRef:
		for _, f := range v.Funcs {
			w.expr(f.Call)
			parts(w, f.ColDefs)
		}
		if v.Alias != nil {
			parts(w, v.Alias.ColDefs)
		}
	case *Join:
		w.table(v.Left)
		w.table(v.Right)
		w.expr(v.On)
	case *Sample:
		w.table(v.Table)
		w.exprs(v.Args)
		w.expr(v.Repeatable)
	}
}

// HasQuery reports whether an expression has a query in it, as (SELECT …), in EXISTS, beside
// IN or below ANY and ALL.
func HasQuery(x Expr) (found bool) {
	Walk(x, func(n Node) bool {
		_, is := n.(*Select)
		found = found || is
		return !found
	})
	return found
}
