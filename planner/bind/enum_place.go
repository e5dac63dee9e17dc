package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A column that MySQL declares as ENUM is kept as text. Where a number is asked for, and
// in orders, it is the place of its word in the list, which the declared type tells.

// enumWords are the words of a column's list; nil for anything else.
func (b *binder) enumWords(e expr.Expr) []string {
	c, ok := e.(*expr.Column)
	if !ok || c.Index <= 0 || c.Index >= len(b.meta.Cols) || c.T.OID != types.VarcharOID {
		return nil
	}
	info := &b.meta.Cols[c.Index]
	if info.Table == nil {
		return nil
	}
	col := info.Table.Column(info.Attr)
	if col == nil {
		return nil
	}
	list, ok := strings.CutPrefix(col.Declared, "enum(")
	if !ok {
		return nil
	}
	return builtin.QuotedWords(strings.TrimSuffix(list, ")"))
}

// place is the number of an ENUM's word, nil for anything else.
func (b *binder) place(e expr.Expr) expr.Expr {
	words := b.enumWords(e)
	if words == nil {
		return nil
	}
	text := types.Of(types.TextOID)
	args := []expr.Expr{e}
	for _, w := range words {
		args = append(args, &expr.Const{T: text, D: types.String(w)})
	}
	if len(args) > maxArguments { // a list in one argument
		args = []expr.Expr{e, &expr.Const{T: text, D: types.String(strings.Join(words, "\x00"))}}
	}
	x, err := b.callBound(builtin.MySQLSchema, "enum_place", args, ast.NoPos)
	if err != nil {
		return nil
	}
	return x
}

// byPlace sorts by the numbers of an ENUM's words instead of the item that ref means.
func (b *binder) byPlace(q *selection, ref *targetRef) *targetRef {
	list := q.targets
	if ref.junk {
		list = q.junk
	}
	it := list[ref.n]
	x := b.place(it.e)
	if x == nil {
		return ref
	}
	for i := range q.junk {
		if same(q.junk[i].e, x) {
			return &targetRef{n: i, junk: true, t: x.Type()}
		}
	}
	it.e = x
	q.junk = append(q.junk, it)
	return &targetRef{n: len(q.junk) - 1, junk: true, t: x.Type()}
}

// numberFuncs are the functions that take any value for the number that it is.
var numberFuncs = map[string]bool{"to_signed": true, "to_unsigned": true, "to_double": true, "to_decimal": true, "truth": true,
	"div": true, "int_div": true, "mod": true, "abs": true, "ceil": true, "floor": true, "round": true, "truncate": true, "sign": true}

// placesOf are the arguments of a function of MySQL's, with the numbers of ENUMs where it
// takes numbers; nil if there are none.
func (b *binder) placesOf(fn *builtin.Func, args []expr.Expr) (out []expr.Expr) {
	for i, e := range args {
		takes := fn.Takes[min(i, len(fn.Takes)-1)]
		if takes == 'i' || takes == 'f' || takes == 'n' || takes == '*' && numberFuncs[fn.Name] {
			if p := b.place(e); p != nil {
				if out == nil {
					out = append(out, args...)
				}
				out[i] = p
			}
		}
	}
	return out
}
