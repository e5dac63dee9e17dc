package bind

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// PostgreSQL writes definitions by what the analysed query has, not by its text.

// Show makes the traced query what its definition shows: casts that change nothing are gone,
// those that functions make are marked, a list of column aliases has all columns, and what
// extensions have has a schema where hidden says that it needs one. Constants are written as
// the format does.
func (t *Trace) Show(q ast.Stmt, format *types.Format, hidden func(schema string) bool) {
	t.takeApart(q)
	ast.Walk(q, func(n ast.Node) bool {
		if j, ok := n.(*ast.Join); ok && j.Unconditional() {
			j.On = nil
		}
		return true
	})
	t.showConstants(format)
	ast.Walk(q, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Select:
			t.showTargets(s.Targets, format)
			for _, row := range s.Values {
				t.showWholes(row, format)
			}
			showValues(s)
			t.showGroups(s)
		case *ast.Row:
			t.showWholes(s.Args, format)
		case *ast.Insert:
			t.showTargets(s.Returning, format)
		case *ast.Update:
			t.showTargets(s.Returning, format)
		case *ast.Delete:
			t.showTargets(s.Returning, format)
		}
		return true
	})
	for x := range t.patterns {
		x.Pattern = true
	}
	for x, twice := range t.called {
		x.Called, x.Twice = true, twice
	}
	for a, it := range t.aliased {
		for _, c := range it.cols[min(len(a.Columns), len(it.cols)):] {
			a.Columns = append(a.Columns, c.name)
		}
		if it.rel != nil && it.rel.table != nil && slices.EqualFunc(a.Columns, it.rel.table.Listed(), func(s string, c *catalog.Column) bool { return s == c.Name }) {
			a.Columns = nil // they are its own
		}
	}
	t.showMerged(q)
	replaceExprs(reflect.ValueOf(q), func(x ast.Expr) ast.Expr {
		if a := t.arguments[x]; a != nil {
			return a
		}
		switch v := x.(type) {
		case *ast.Cast:
			return t.showCast(v, hidden)
		case *ast.Case:
			t.showElse(v, format)
		case *ast.Func:
			t.showVariadic(v)
		}
		return t.spell(x, hidden)
	})
}

// showCast is a cast as it is shown: one that changes nothing, or names a constant's type that
// it has anyhow, is none.
func (t *Trace) showCast(c *ast.Cast, hidden func(schema string) bool) ast.Expr {
	k, constant := c.X.(*ast.Lit)
	if of := t.literals[k]; constant && t.domains[c] && of.OID != 0 && (k.Kind == ast.LitString || k.Kind == ast.LitNull) {
		k.As = types.FormatType(types.Of(of.OID)) // a constant is of no domain
	}
	if t.named[c] && constant && k.Kind != ast.LitString && k.Kind != ast.LitNull {
		k.Value = true
		return k
	}
	if of, ok := c.X.(*ast.Collate); ok && !t.idle[c] && t.collated[c] { // the value is converted first
		c.X, of.X = of.X, t.spell(c, hidden)
		return of
	}
	if !t.idle[c] {
		if l := t.fitted(c); l != nil {
			c.X = l
		}
		return t.spell(c, hidden)
	}
	if constant {
		k.Value = true
	}
	if ref, ok := c.X.(*ast.ColumnRef); ok && ref.Star { // alone, t.* is all columns and not the row
		return c
	}
	return c.X
}

// showValues names the columns that VALUES is sorted by; sorted by what is none of its columns
// it is a query over its rows.
func showValues(s *ast.Select) {
	if s.Values == nil {
		return
	}
	columns := true
	for i := range s.OrderBy {
		if n, ok := s.OrderBy[i].Expr.(*ast.Lit); ok && n.Kind == ast.LitInt {
			s.OrderBy[i].Expr = &ast.ColumnRef{At: n.At, Parts: []string{"column" + strconv.FormatInt(n.Int, 10)}}
		}
		_, column := s.OrderBy[i].Expr.(*ast.ColumnRef)
		columns = columns && column
		ast.Walk(s.OrderBy[i].Expr, func(n ast.Node) bool {
			if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) == 1 && !ref.Star {
				ref.Parts = []string{ast.ValuesName, ref.Parts[0]}
			}
			_, query := n.(*ast.Select)
			return !query
		})
	}
	if !columns {
		*s = *ast.OverValues(s, nil)
	}
}

// fitted is the constant that a cast fits into the modifier of the type it has already: 'x' of
// ('x'::varchar)::varchar(3). An interval loses its modifier like that, too.
func (t *Trace) fitted(c *ast.Cast) *ast.Lit {
	in, ok := c.X.(*ast.Cast)
	if !ok || !alikeNamed(in.To.Name, c.To.Name) || !slices.Equal(in.To.ArrayDims, c.To.ArrayDims) {
		return nil
	}
	l, ok := in.X.(*ast.Lit)
	if !ok || l.Kind != ast.LitString && l.Kind != ast.LitNull {
		return nil
	}
	bare := len(c.To.Mods) == 0 && c.To.Interval == 0
	if !t.named[in] && !(bare && c.To.Name.Name == "interval" && len(c.To.ArrayDims) == 0) {
		return nil
	}
	return l
}

// alikeNamed reports one name of a type, with or without the schema that all of them are in that
// have a syntax of their own.
func alikeNamed(a, b ast.QName) bool {
	const own = "pg_catalog"
	return a.Name == b.Name && strings.TrimPrefix(a.Schema, own) == strings.TrimPrefix(b.Schema, own)
}

// showTargets writes what stands in a select list, which is not shown as it is elsewhere.
func (t *Trace) showTargets(list []ast.Target, format *types.Format) {
	for i := range list {
		x := t.whole(list[i].Expr, format)
		if x != nil && list[i].Name == "" {
			list[i].Name = figureName(list[i].Expr)
		}
		if x != nil {
			list[i].Expr = x
		}
	}
	t.nameArguments(list)
}

// showWholes writes the whole rows among the members of a row.
func (t *Trace) showWholes(list []ast.Expr, format *types.Format) {
	for i := range list {
		if x := t.whole(list[i], format); x != nil {
			list[i] = x
		}
	}
}

// whole is a whole row as select lists and rows have it: with its type, lest it be taken for its
// columns; nil for all else. A cast that changes nothing says no more than that.
func (t *Trace) whole(e ast.Expr, format *types.Format) ast.Expr {
	c, cast := e.(*ast.Cast)
	if cast && t.idle[c] {
		e = c.X
	}
	ref, ok := e.(*ast.ColumnRef)
	if !ok || !t.wholes[ref] || ref.Star && !cast || len(ref.Parts) == 0 || format.Names == nil {
		return nil
	}
	name, ok := format.Names.RegOut(types.RegtypeOID, t.refs[ref].rowType())
	if !ok {
		return nil
	}
	return &ast.ColumnRef{At: ref.At, Parts: ref.Parts[len(ref.Parts)-1:], Row: name}
}

// rowType is the type of an item's rows: record where no relation or function has them.
func (it *nsItem) rowType() types.OID {
	switch {
	case it.rel.rowType != 0:
		return it.rel.rowType
	case it.rel.table != nil:
		return it.rel.table.TypeID
	}
	return types.RecordOID
}

// showElse writes the ELSE that a CASE does not have: NULL of its type.
func (t *Trace) showElse(x *ast.Case, format *types.Format) {
	typ, ok := t.elses[x]
	if !ok || x.Else != nil || format.Names == nil {
		return
	}
	if name, ok := format.Names.RegOut(types.RegtypeOID, typ.OID); ok {
		x.Else = &ast.Lit{At: ast.At{Pos: ast.NoPos}, Kind: ast.LitNull, As: name}
	}
}

// traceCalled notes what a written cast of an expression comes to: a function of pg_cast, or
// the one of a type that fits a value into its modifier, or nothing.
func (b *binder) traceCalled(x *ast.Cast, e expr.Expr, to types.T) {
	t := b.trace()
	if t == nil || e.Type().OID == types.UnknownOID && to.OID == types.UnknownOID {
		return
	}
	from, domain := e.Type(), b.domainOf(&x.To)
	if _, literal := e.(*unknownLit); literal && domain == nil && to.Mod < 0 {
		t.named[x] = true
		return
	}
	t.domains[x] = domain != nil
	t.collated[x] = typeCollation(to) != 0
	if from == to && (domain == nil && b.exprDomain(e) == 0 || domain != nil && b.exprDomain(e) == domain.ID) {
		t.idle[x] = true
		return
	}
	fits := to.Mod >= 0 && to.OID != types.IntervalOID && (from.OID != to.OID || from.Mod != to.Mod)
	if domain == nil && !to.IsArray() && (fits || from.OID != to.OID && builtin.CastsByFunction(from.OID, to.OID)) {
		t.called[x] = fits && from.OID != to.OID && !builtin.CastsByFunction(from.OID, to.OID)
	}
}

// traceAlias notes the columns of an item of FROM whose alias names some.
func (b *binder) traceAlias(a *ast.Alias, it *nsItem) {
	if t := b.trace(); t != nil && a != nil && len(a.Columns) > 0 {
		t.aliased[a] = it
	}
}

// knownAsIs is known for a place that takes values of any type: there strings and NULL
// stay constants of unknown type.
func (b *binder) knownAsIs(x expr.Expr) (expr.Expr, error) {
	if l, ok := x.(*unknownLit); ok && b.asWritten {
		return l.untyped(), nil
	}
	y, err := b.known(x)
	if r, ok := x.(*expr.Relabel); ok { // COLLATE
		x = r.X
	}
	if l, ok := x.(*unknownLit); ok && l.src != nil && b.trace() != nil {
		delete(b.trace().literals, l.src)
		delete(b.trace().casts, l.src)
		if l.null {
			b.traceLiteral(l, types.Of(types.UnknownOID))
		}
	}
	return y, err
}
