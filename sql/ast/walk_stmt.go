package ast

func (w walker) query(q *Select) {
	if q != nil {
		w.stmt(q)
	}
}

func (w walker) with(c *With) {
	if c != nil {
		parts(w, c.CTEs)
	}
}

func (w walker) stmt(s Stmt) {
	if s == nil || !w.visit(s) {
		return
	}
	switch v := s.(type) {
	case *Select:
		w.selectStmt(v)
	case *Insert:
		w.insert(v)
	case *Update:
		w.with(v.With)
		w.target(&v.Table, v.Join)
		parts(w, v.Set)
		w.tables(v.From)
		w.expr(v.Where)
		w.firstRows(v.OrderBy, v.Limit)
		parts(w, v.Returning)
	case *Delete:
		w.with(v.With)
		w.target(&v.Table, v.Join)
		w.tables(v.Using)
		w.expr(v.Where)
		w.firstRows(v.OrderBy, v.Limit)
		parts(w, v.Returning)
	case *Merge:
		w.merge(v)
	case *CreateTable:
		w.part(v.Name)
		parts(w, v.Columns)
		parts(w, v.Constraints)
		parts(w, v.Inherits)
		w.partitioning(v)
		parts(w, v.With)
		w.stmt(v.Query)
	case *CreateIndex:
		w.part(v.Table)
		parts(w, v.Elems)
		parts(w, v.Including)
		parts(w, v.With)
		w.expr(v.Where)
	case *CreateView:
		w.part(v.Name)
		parts(w, v.With)
		w.query(v.Query)
	case *CreateSchema:
		for _, e := range v.Elems {
			w.stmt(e)
		}
	case *AlterTable:
		w.part(v.Name)
		parts(w, v.Cmds)
	default:
		w.control(s)
	}
}

// control visits the statements that hold other statements, values or names.
func (w walker) control(s Stmt) {
	switch v := s.(type) {
	case *Explain:
		parts(w, v.Options)
		w.stmt(v.Stmt)
	case *Prepare:
		parts(w, v.Types)
		w.expr(v.Text)
		w.stmt(v.Stmt)
	case *Execute:
		w.exprs(v.Args)
	case *Declare:
		w.query(v.Query)
	case *Copy:
		if v.Table != nil {
			w.part(*v.Table)
		}
		w.stmt(v.Query)
		parts(w, v.Options)
		w.expr(v.Where)
	case *Set:
		w.exprs(v.Values)
	case *Policy:
		w.part(v.Table)
		w.expr(v.Using)
		w.expr(v.Check)
	case *CreateStatistics:
		w.part(v.Name)
		for i := range v.Elems {
			w.expr(v.Elems[i].Expr)
		}
		w.tables(v.From)
	case *AlterStatistics:
		w.part(v.Name)
	case *Drop:
		parts(w, v.Names)
	case *Truncate:
		parts(w, v.Tables)
	case *CreateTrigger:
		w.part(v.Table)
		w.expr(v.When)
	case *LockTable:
		parts(w, v.Tables)
	case *CreateFunction:
		for i := range v.Params {
			w.part(v.Params[i].Type)
			w.expr(v.Params[i].Default)
		}
		for _, x := range v.Body {
			w.stmt(x)
		}
		w.expr(v.Return)
	case *Call:
		w.expr(v.Func)
	case *Block:
		for _, x := range v.Stmts {
			w.stmt(x)
		}
	}
}

func (w walker) selectStmt(q *Select) {
	w.with(q.With)
	for _, row := range q.Values {
		w.exprs(row)
	}
	w.exprs(q.DistinctOn)
	parts(w, q.Targets)
	w.tables(q.From)
	w.expr(q.Where)
	parts(w, q.GroupBy)
	w.expr(q.Having)
	for i := range q.Windows {
		w.part(q.Windows[i].Def)
	}
	w.query(q.Left)
	w.query(q.Right)
	parts(w, q.OrderBy)
	w.expr(q.Offset)
	w.expr(q.Limit)
	parts(w, q.Locking)
}

func (w walker) insert(v *Insert) {
	w.with(v.With)
	w.table(&v.Table)
	parts(w, v.Columns)
	w.query(v.Query)
	if o := v.OnConflict; o != nil {
		parts(w, o.Target)
		w.expr(o.Where)
		parts(w, o.Set)
		w.expr(o.SetWhere)
	}
	parts(w, v.Returning)
}

func (w walker) merge(v *Merge) {
	w.with(v.With)
	w.table(&v.Table)
	w.table(v.Source)
	w.expr(v.On)
	for i := range v.Whens {
		x := &v.Whens[i]
		w.expr(x.Cond)
		parts(w, x.Set)
		parts(w, x.Columns)
		w.exprs(x.Values)
	}
}

// target visits what UPDATE and DELETE change: a table, or the join it is in.
func (w walker) target(t *TableRef, join TableExpr) {
	if join != nil {
		w.table(join)
		return
	}
	w.table(t)
}

// firstRows visits ORDER BY and LIMIT of MySQL's UPDATE and DELETE.
func (w walker) firstRows(order []SortBy, limit Expr) {
	parts(w, order)
	w.expr(limit)
}
