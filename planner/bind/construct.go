package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

func (b *binder) like(s *scope, x *ast.Like) (expr.Expr, error) {
	l, err := b.expr(s, x.Left)
	if err != nil {
		return nil, err
	}
	p, err := b.expr(s, x.Pattern)
	if err != nil {
		return nil, err
	}
	if x.Mixed {
		left, pattern := l, p
		if l, p, err = b.matched(l, p, x.Pos); err != nil {
			return nil, err
		}
		b.tracePlain(x, l == left && p == pattern)
	}
	args := []expr.Expr{p}
	if x.Escape != nil {
		e, err := b.expr(s, x.Escape)
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
	name := "~~"
	switch {
	case x.Similar:
		name = "~"
		if p, err = b.callBound("pg_catalog", "similar_to_escape", args, x.Pos); err != nil {
			return nil, err
		}
	case x.Escape != nil:
		if p, err = b.callBound("pg_catalog", "like_escape", args, x.Pos); err != nil {
			return nil, err
		}
	}
	if x.CaseFold {
		name += "*"
	}
	if x.Not {
		name = "!" + name
	}
	return b.makeOp("", name, l, p, x.Pos)
}

// between is x >= lo AND x <= hi.
func (b *binder) between(s *scope, x *ast.Between) (expr.Expr, error) {
	plain, number, err := true, false, error(nil)
	if x.Schema == builtin.MySQLSchema {
		if number, err = b.betweenNumbers(s, x); err != nil {
			return nil, err
		}
	}
	tested := x.X
	if number {
		tested, plain = &ast.Func{At: ast.At{Pos: leftmost(x.X)}, Name: ast.QName{Schema: builtin.MySQLSchema, Name: "to_double"}, Args: []ast.Expr{x.X}}, false
	}
	pair := func(lo, hi ast.Expr) (expr.Expr, error) {
		names := [2]string{">=", "<="}
		if x.Not {
			names = [2]string{"<", ">"}
		}
		low := &ast.Op{At: x.At, Schema: x.Schema, Name: names[0], Left: tested, Right: lo}
		l, err := b.op(s, low)
		if err != nil {
			return nil, err
		}
		high := &ast.Op{At: x.At, Schema: x.Schema, Name: names[1], Left: tested, Right: hi}
		h, err := b.op(s, high)
		if err != nil {
			return nil, err
		}
		plain = plain && b.tracedPlain(low) && b.tracedPlain(high)
		l, h = unshown(l), unshown(h)
		if x.Not {
			return &expr.Or{Args: []expr.Expr{l, h}}, nil
		}
		return &expr.And{Args: []expr.Expr{l, h}}, nil
	}
	defer func() { b.tracePlain(x, plain) }()
	one, err := pair(x.Lo, x.Hi)
	if err != nil || !x.Symmetric {
		return one, err
	}
	two, err := pair(x.Hi, x.Lo)
	if err != nil {
		return nil, err
	}
	if x.Not {
		return &expr.And{Args: []expr.Expr{one, two}}, nil
	}
	return &expr.Or{Args: []expr.Expr{one, two}}, nil
}

// nullIfTest compares the arguments of NULLIF: rows as the records that they are, not column
// by column.
func (b *binder) nullIfTest(s *scope, eq *ast.Op) (expr.Expr, error) {
	_, left := eq.Left.(*ast.Row)
	_, right := eq.Right.(*ast.Row)
	if !left || !right {
		return b.op(s, eq)
	}
	l, err := b.value(s, eq.Left)
	if err != nil {
		return nil, err
	}
	r, err := b.value(s, eq.Right)
	if err != nil {
		return nil, err
	}
	return b.opOver("", "=", l, r, eq.Pos)
}

// nullIf is CASE WHEN a = b THEN NULL ELSE a END.
func (b *binder) nullIf(s *scope, x *ast.NullIf) (expr.Expr, error) {
	eq := &ast.Op{At: x.At, Name: "=", Left: x.Left, Right: x.Right}
	if x.Mixed {
		return b.mixedNullIf(s, eq)
	}
	e, err := b.nullIfTest(s, eq)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*expr.Call)
	if !ok {
		return nil, notYet(x.Pos, "NULLIF of rows")
	}
	l := c.Args[0]
	if l.Type().OID == types.RecordOID {
		if l, err = b.value(s, x.Left); err != nil { // of a composite type, perhaps
			return nil, err
		}
	}
	return &expr.Case{Whens: []expr.When{{Cond: e, Result: nullConst(l.Type())}}, Else: l, T: l.Type(), Form: expr.CaseNullIf}, nil
}

// unified binds a list, brings it to its common type and has a node made of it.
func (b *binder) unified(s *scope, construct string, l []ast.Expr, mixed bool, node func([]expr.Expr, types.T) (expr.Expr, error)) (expr.Expr, error) {
	args, err := b.list(s, l)
	if err != nil {
		return nil, err
	}
	return b.alternatives(args, mixed, func(args []expr.Expr) (expr.Expr, error) {
		args, t, err := b.commonType(construct, args, func(i int) ast.Pos { return leftmost(l[i]) })
		if err != nil {
			return nil, err
		}
		return node(args, t)
	})
}

// alternatives has a node made of several values for one, mixed as MySQL mixes them.
func (b *binder) alternatives(list []expr.Expr, mixed bool, node func([]expr.Expr) (expr.Expr, error)) (expr.Expr, error) {
	if !mixed {
		return node(list)
	}
	list, err := b.aggregated(list)
	if err != nil {
		return nil, err
	}
	numbers, d, ok, err := b.ofOneScale(list)
	if err != nil {
		return nil, err
	}
	e, err := node(numbers)
	if err != nil || !ok {
		return e, err
	}
	return b.oneScale(e, list, d)
}

func (b *binder) coalesce(s *scope, x *ast.Coalesce) (expr.Expr, error) {
	return b.unified(s.within("COALESCE"), "COALESCE", x.Args, x.Mixed, func(args []expr.Expr, t types.T) (expr.Expr, error) {
		return &expr.Coalesce{Args: args, T: rowsLike(t, args)}, nil
	})
}

// within is the scope of the parts of a CASE or COALESCE.
func (s *scope) within(branch string) *scope {
	in := *s
	in.branch = branch
	return &in
}

func (b *binder) minMax(s *scope, x *ast.MinMax) (expr.Expr, error) {
	name := "GREATEST"
	if x.Least {
		name = "LEAST"
	}
	return b.unified(s, name, x.Args, x.Mixed, func(args []expr.Expr, t types.T) (expr.Expr, error) {
		if needOrder(t, ast.NoPos) != nil {
			return nil, errAt(ast.NoPos, pgerrcode.UndefinedFunction, "could not identify a comparison function for type %s", builtin.TypeName(t.OID))
		}
		return &expr.MinMax{Least: x.Least, Args: args, T: t}, nil
	})
}

// caseExpr binds both forms of CASE. In PostgreSQL ELSE comes first when types
// are unified.
func (b *binder) caseExpr(s *scope, x *ast.Case) (expr.Expr, error) {
	s = s.within("CASE")
	conds := make([]expr.Expr, len(x.Whens))
	var test expr.Expr
	var err error
	if x.X != nil {
		if test, err = b.value(s, x.X); err != nil {
			return nil, err
		}
	}
	results := make([]expr.Expr, 0, len(x.Whens)+1)
	for i, w := range x.Whens {
		if test == nil {
			conds[i], err = b.condition(s, w.Cond, "CASE/WHEN")
		} else {
			var v expr.Expr
			if v, err = b.expr(s, w.Cond); err == nil {
				compare := func(l, r expr.Expr, pos ast.Pos) (expr.Expr, error) { return b.makeOp("", "=", l, r, pos) }
				if x.Mixed {
					v = truthBeside(test, v, w.Cond)
					compare = func(l, r expr.Expr, pos ast.Pos) (expr.Expr, error) { return b.mixedOp("=", l, r, pos) }
				}
				at := w.Pos // of the comparison that WHEN stands for
				if at == 0 {
					at = leftmost(w.Cond)
				}
				if conds[i], err = compare(test, v, at); err == nil {
					conds[i] = unshown(conds[i])
				}
			}
		}
		if err != nil {
			return nil, err
		}
		r, err := b.expr(s, w.Result)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	var last expr.Expr = &unknownLit{null: true, pos: ast.NoPos}
	if x.Else != nil {
		if last, err = b.expr(s, x.Else); err != nil {
			return nil, err
		}
	}
	return b.finishCase(x, conds, append([]expr.Expr{last}, results...))
}

func (b *binder) finishCase(x *ast.Case, conds, results []expr.Expr) (expr.Expr, error) {
	return b.alternatives(results, x.Mixed, func(results []expr.Expr) (expr.Expr, error) { return b.caseOf(x, conds, results) })
}

func (b *binder) caseOf(x *ast.Case, conds, results []expr.Expr) (expr.Expr, error) {
	out, t, err := b.commonType("CASE", results, func(i int) ast.Pos {
		if i > 0 {
			return leftmost(x.Whens[i-1].Result)
		}
		return leftmost(x.Else)
	})
	if err != nil {
		return nil, err
	}
	b.traceElse(x, t)
	rows := out
	if x.Else == nil {
		rows = out[1:]
	}
	c := &expr.Case{T: rowsLike(t, rows)}
	if x.X != nil && !x.Mixed {
		c.Form = expr.CaseOf
	}
	for i := range conds {
		c.Whens = append(c.Whens, expr.When{Cond: conds[i], Result: out[i+1]})
	}
	if x.Else != nil {
		c.Else = out[0]
	}
	return c, nil
}

// collate is x COLLATE name.
func (b *binder) collate(s *scope, x *ast.Collate) (expr.Expr, error) {
	e, err := b.expr(s, x.X)
	if err != nil {
		return nil, err
	}
	if typeCollation(e.Type()) == 0 && e.Type().OID != types.UnknownOID {
		return nil, errAt(x.Pos, pgerrcode.DatatypeMismatch, "collations are not supported by type %s", builtin.TypeName(b.shownType(e)))
	}
	c, err := FindCollation(&x.Name, b.o)
	if err != nil {
		return nil, err
	}
	b.collates = true
	return &expr.Relabel{X: e, T: e.Type(), Collation: &expr.Collation{OID: c.ID, Name: collationName(c, b.o), Pos: int(x.Pos),
		Implicit: x.How != ast.CollateWritten, Literal: x.How == ast.CollateLiteral}}, nil
}

// sqlValue binds CURRENT_TIMESTAMP and its kin as the functions behind them.
func (b *binder) sqlValue(x *ast.SQLValue) (expr.Expr, error) {
	fn, to := "", types.OID(0)
	switch x.Name {
	case "CURRENT_DATE":
		fn, to = "now", types.DateOID
	case "CURRENT_TIME":
		fn, to = "now", types.TimetzOID
	case "CURRENT_TIMESTAMP":
		fn, to = "now", types.TimestamptzOID
	case "LOCALTIME":
		fn, to = "now", types.TimeOID
	case "LOCALTIMESTAMP":
		fn, to = "now", types.TimestampOID
	case "CURRENT_ROLE", "CURRENT_USER", "USER":
		fn = "current_user"
	case "SESSION_USER":
		fn = "session_user"
	case "CURRENT_CATALOG":
		fn = "current_database"
	case "CURRENT_SCHEMA":
		fn = "current_schema"
	default:
		return nil, notYet(x.Pos, x.Name)
	}
	e, err := b.callBound("pg_catalog", fn, nil, x.Pos)
	if err != nil {
		return nil, err
	}
	if c, ok := e.(*expr.Call); ok && to == 0 {
		named := *c
		named.Phrase = ast.Print(x)
		return &named, nil
	}
	t := types.T{OID: to, Mod: -1}
	if x.Precision >= 0 {
		t.Mod = min(x.Precision, types.MaxPrecision)
	}
	if name, zone, ok := types.TimeMod(to); ok && x.Precision > types.MaxPrecision {
		b.warnPrecision(ast.NoPos, name, x.Precision, zone)
	}
	if b.asWritten {
		return &expr.Cast{X: e, To: t, Explicit: true, Pos: int(x.Pos), Phrase: ast.Print(x)}, nil
	}
	return b.coerce(e, t, builtin.Explicit, x.Pos)
}

// row is ROW(…). Literals in it stay without a type, which the record's binary form shows,
// unless the row itself is given one.
func (b *binder) row(s *scope, x *ast.Row) (expr.Expr, error) {
	raw, err := b.rawRow(s, x)
	if err != nil {
		return nil, err
	}
	r := &expr.RowOf{T: raw.T, Args: make([]expr.Expr, len(raw.Args))}
	for i, a := range raw.Args {
		if l, ok := a.(*unknownLit); ok {
			r.Args[i] = l.untyped()
		} else if p, ok := a.(*unknownParam); ok {
			r.Args[i] = b.untyped(p)
		} else if r.Args[i], err = b.known(a); err != nil {
			return nil, err
		}
	}
	put(&b.rawRows, r, raw)
	return r, nil
}

// rawRow is ROW(…) whose members may still be of type unknown.
func (b *binder) rawRow(s *scope, x *ast.Row) (*expr.RowOf, error) {
	r := &expr.RowOf{T: types.Of(types.RecordOID)}
	args, err := b.spread(s, x.Args)
	if err != nil {
		return nil, err
	}
	at := make([]ast.Pos, 0, len(args))
	for _, a := range args {
		v, err := b.expr(s, a)
		if err != nil {
			return nil, err
		}
		r.Args, at = append(r.Args, v), append(at, leftmost(a))
	}
	if err := rowFits(x, len(r.Args)); err != nil {
		return nil, err
	}
	put(&b.rowPos, r, at)
	return r, nil
}
