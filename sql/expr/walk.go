package expr

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// children lists the direct subexpressions; nil entries are left-out bounds of
// slices and a missing ELSE. SubPlan.Test and ToDomain.Cond are none: they read another row.
func children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *And:
		return e.Args
	case *Or:
		return e.Args
	case *Not:
		return []Expr{e.X}
	case *IsNull:
		return []Expr{e.X}
	case *IsBool:
		return []Expr{e.X}
	case *IsDistinct:
		return []Expr{e.L, e.R}
	case *Case:
		l := make([]Expr, 0, 2*len(e.Whens)+1)
		for _, w := range e.Whens {
			l = append(l, w.Cond, w.Result)
		}
		return append(l, e.Else)
	case *Coalesce:
		return e.Args
	case *MinMax:
		return e.Args
	case *Cast:
		return []Expr{e.X}
	case *Relabel:
		return []Expr{e.X}
	case *ToDomain:
		return []Expr{e.X}
	case *ArrayOf:
		return e.Elems
	case *RowOf:
		return e.Args
	case *RowOrder:
		return e.Parts()
	case *AnyAll:
		return []Expr{e.L, e.R}
	case *InList:
		return append([]Expr{e.L}, e.List...)
	case *Subscript:
		l := append([]Expr{e.X}, e.Index...)
		return append(append(l, e.Lo...), e.Hi...)
	case *Assign:
		l := []Expr{e.X, e.V}
		for _, s := range e.Steps {
			l = append(append(append(l, s.Index...), s.Lo...), s.Hi...)
		}
		return l
	case *Field:
		return []Expr{e.X}
	case *SubPlan:
		return append(slices.Clone(e.Args), e.Left...)
	}
	return nil
}

// withChildren is a copy of e over other direct subexpressions, in children's order.
func withChildren(e Expr, l []Expr) Expr {
	switch e := e.(type) {
	case *Call:
		c := *e
		c.Args = l
		return &c
	case *And:
		return &And{Args: l}
	case *Or:
		return &Or{Args: l}
	case *Not:
		return &Not{X: l[0]}
	case *IsNull:
		return &IsNull{X: l[0], Not: e.Not, Whole: e.Whole, Unknown: e.Unknown}
	case *IsBool:
		return &IsBool{X: l[0], Want: e.Want, Not: e.Not}
	case *IsDistinct:
		return &IsDistinct{L: l[0], R: l[1], Not: e.Not}
	case *Case:
		c := &Case{T: e.T, Else: l[len(l)-1], Form: e.Form}
		for i := range e.Whens {
			c.Whens = append(c.Whens, When{Cond: l[2*i], Result: l[2*i+1]})
		}
		return c
	case *Coalesce:
		return &Coalesce{Args: l, T: e.T}
	case *MinMax:
		return &MinMax{Least: e.Least, Args: l, T: e.T}
	}
	return withChildrenRest(e, l)
}

func withChildrenRest(e Expr, l []Expr) Expr {
	switch e := e.(type) {
	case *Cast:
		c := *e
		c.X = l[0]
		return &c
	case *Relabel:
		return &Relabel{X: l[0], T: e.T, Implicit: e.Implicit, Collation: e.Collation, Domain: e.Domain}
	case *ToDomain:
		c := *e
		c.X = l[0]
		return &c
	case *ArrayOf:
		return &ArrayOf{Elems: l, T: e.T, Nested: e.Nested}
	case *RowOf:
		return &RowOf{Args: l, T: e.T, Cast: e.Cast}
	case *RowOrder:
		return e.With(l)
	case *AnyAll:
		return &AnyAll{All: e.All, Op: e.Op, L: l[0], R: l[1]}
	case *InList:
		return &InList{L: l[0], List: l[1:], Not: e.Not, Op: e.Op}
	case *Subscript:
		c := *e
		c.X = l[0]
		l = l[1:]
		c.Index, l = l[:len(e.Index):len(e.Index)], l[len(e.Index):]
		c.Lo, c.Hi = l[:len(e.Lo):len(e.Lo)], l[len(e.Lo):]
		return &c
	case *Assign:
		return e.With(l)
	case *Field:
		return &Field{X: l[0], N: e.N, T: e.T, Name: e.Name, Domain: e.Domain}
	case *SubPlan:
		c := *e
		c.Args, c.Left = l[:len(e.Args):len(e.Args)], l[len(e.Args):]
		return &c
	}
	return e
}

// Parts are an assignment's direct subexpressions, nil for open bounds.
func (e *Assign) Parts() []Expr { return children(e) }

// With is a copy over other Parts.
func (e *Assign) With(l []Expr) *Assign {
	c := &Assign{X: l[0], V: l[1], Steps: slices.Clone(e.Steps)}
	l = l[2:]
	take := func(part *[]Expr) {
		n := len(*part)
		*part, l = l[:n:n], l[n:]
	}
	for i := range c.Steps {
		take(&c.Steps[i].Index)
		take(&c.Steps[i].Lo)
		take(&c.Steps[i].Hi)
	}
	return c
}

// Walk visits e and everything below it, parents first, while visit returns true
// for the parent. The Test of a subplan is not visited: its columns are another row's.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, c := range children(e) {
		Walk(c, visit)
	}
}

// Rewrite replaces every subexpression, children first, by what f makes of it.
// Nodes whose children stay the same are not copied.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	old := children(e)
	var changed []Expr
	for i, c := range old {
		if c == nil {
			continue
		}
		if n := Rewrite(c, f); n != c {
			if changed == nil {
				changed = slices.Clone(old)
			}
			changed[i] = n
		}
	}
	if changed != nil {
		e = withChildren(e, changed)
	}
	return f(e)
}

// Columns adds the numbers of the input columns that e reads to a set, ascending.
func Columns(e Expr) []int {
	var l []int
	Walk(e, func(x Expr) bool {
		if c, ok := x.(*Column); ok {
			if at, found := slices.BinarySearch(l, c.Index); !found {
				l = slices.Insert(l, at, c.Index)
			}
		}
		return true
	})
	return l
}

// Volatility is the least stable of what e contains: builtin.Immutable, Stable
// (one value within a statement; also client parameters and subplans) or Volatile.
func Volatility(e Expr) byte {
	v := builtin.Immutable
	Walk(e, func(x Expr) bool {
		at := own(x)
		switch x.(type) {
		case *Param, *SubPlan, *Exec:
			at = builtin.Stable
		}
		if at == builtin.Volatile || at == builtin.Stable && v == builtin.Immutable {
			v = at
		}
		return true
	})
	return v
}

// Storable reports an expression whose results may be stored: it is immutable, for arguments of the types
// that its calls have.
func Storable(e Expr) bool {
	ok := true
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *Param, *SubPlan, *Exec:
			ok = false
		case *Call:
			list := make([]types.T, len(x.Args))
			for i, a := range x.Args {
				list[i] = a.Type()
			}
			ok = ok && x.Fn.Settled(list)
		default:
			ok = ok && own(x) == builtin.Immutable
		}
		return ok
	})
	return ok
}

// own is the volatility of what a node itself calls.
func own(x Expr) byte {
	switch x := x.(type) {
	case *Call:
		return x.Fn.Volatility
	case *Cast:
		return castVolatility(x.X.Type(), x.To)
	case *RowOrder:
		return x.volatility()
	case *AnyAll:
		return x.Op.Func.Volatility
	case *InList:
		return x.Op.Func.Volatility
	}
	return builtin.Immutable
}

// Concurrent reports that goroutines with an Env and a Scratch of their own may
// evaluate e at the same time: it asks nothing of the session and runs no subplan.
func Concurrent(e Expr) bool {
	ok := true
	Walk(e, func(x Expr) bool {
		_, sub := x.(*SubPlan)
		if c, call := x.(*Call); call && c.Fn.User != nil {
			ok = false // the session runs it, which is one
		}
		if d, parts := x.(*ToDomain); parts && d.Parts {
			ok = false // the session knows the domains
		}
		ok = ok && !sub && own(x) == builtin.Immutable
		return ok
	})
	return ok
}

// Volatile reports that e may give another value each time it is evaluated.
func Volatile(e Expr) bool { return Volatility(e) == builtin.Volatile }

// Effects counts the calls in a list of expressions that see what others of them do, row
// after row: of volatile functions of users, and of those that read or move sequences, or the
// variables of MySQL's dialect.
func Effects(list []Expr) (users, all int) {
	for _, e := range list {
		Walk(e, func(x Expr) bool {
			c, ok := x.(*Call)
			switch {
			case !ok || c.Fn.Volatility != builtin.Volatile:
			case c.Fn.User != nil:
				users, all = users+1, all+1
			case c.Fn.Name == "nextval", c.Fn.Name == "currval", c.Fn.Name == "lastval", c.Fn.Name == "setval":
				all++
			case c.Fn.Schema == builtin.MySQLSchema && (c.Fn.Name == "assign" || c.Fn.Name == "variable"):
				all++
			}
			return true
		})
	}
	return users, all
}

// IsConst reports that e has one value for a whole execution: it reads no column
// and no outer row and nothing in it is volatile. Client parameters are allowed.
func IsConst(e Expr) bool {
	ok := true
	Walk(e, func(x Expr) bool {
		switch x.(type) {
		case *Column, *Exec, *SubPlan:
			ok = false
		}
		return ok
	})
	return ok && !Volatile(e)
}

// castVolatility says whether a conversion depends on settings or on the catalog.
func castVolatility(from, to types.T) byte {
	if from.IsArray() && to.IsArray() {
		from, to = types.Of(from.Elem().OID), types.Of(to.Elem().OID)
	}
	switch {
	case from.OID == to.OID:
		return builtin.Immutable
	case from.OID == types.TimestamptzOID || to.OID == types.TimestamptzOID,
		from.OID == types.TimetzOID && to.OID != types.TimeOID && !isString(to) || to.OID == types.TimetzOID,
		isString(to) && textVaries(from, false),
		isString(from) && textVaries(to, true),
		isNumber(from) && to.OID == types.MoneyOID || from.OID == types.MoneyOID && isNumber(to), // by lc_monetary
		types.HasDomains(to.OID, nil) && !from.IsArray():                                         // as are checks of domains
		return builtin.Stable
	}
	return builtin.Immutable
}

func isNumber(t types.T) bool {
	switch t.OID {
	case types.Int4OID, types.Int8OID, types.NumericOID:
		return true
	}
	return false
}

func isString(t types.T) bool {
	i := types.Lookup(t.OID)
	return i != nil && i.Category == 'S'
}

// textVaries reports that the type's input or output function is not immutable: it goes
// by DateStyle, IntervalStyle, the catalog, or by functions of members.
func textVaries(t types.T, input bool) bool {
	if t.IsArray() && t.OID != types.Int2VectorOID && t.OID != types.OidVectorOID {
		return true
	}
	if i := types.Lookup(t.OID); i != nil {
		switch i.Type {
		case 'e', 'c', 'r', 'm': // labels are the catalog's
			return true
		}
	}
	switch t.OID {
	case types.TimeOID, types.TimetzOID:
		return input
	case types.RecordOID, types.DateOID, types.TimestampOID, types.TimestamptzOID, types.IntervalOID, types.MoneyOID,
		types.RegclassOID, types.RegtypeOID, types.RegprocOID, types.RegprocedureOID, types.RegoperOID,
		types.RegoperatorOID, types.RegroleOID, types.RegnamespaceOID, types.RegconfigOID, types.RegdictionaryOID,
		types.RegcollationOID:
		return true
	}
	return false
}
