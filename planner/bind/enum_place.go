package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A column that MySQL declares as ENUM or SET is kept as text. Where a number is asked for,
// and in orders, it is the place of its word in the list, which the declared type tells, or
// the bits of its words.

// listWords are the words of a column's list, nil for anything else, and whether a value may
// have several of them.
func (b *binder) listWords(e expr.Expr) (words []string, several bool) {
	c, ok := e.(*expr.Column)
	if !ok || c.Index <= 0 || c.Index >= len(b.meta.Cols) || c.T.OID != types.VarcharOID {
		return nil, false
	}
	info := &b.meta.Cols[c.Index]
	if info.Table == nil {
		return nil, false
	}
	col := info.Table.Column(info.Attr)
	if col == nil {
		return nil, false
	}
	list, ok := strings.CutPrefix(col.Declared, "enum(")
	if !ok {
		if list, several = strings.CutPrefix(col.Declared, "set("); !several {
			return nil, false
		}
	}
	return builtin.QuotedWords(strings.TrimSuffix(list, ")")), several
}

// place is the number of an ENUM's word or a SET's words, nil for anything else.
func (b *binder) place(e expr.Expr) expr.Expr {
	words, several := b.listWords(e)
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
	name := "enum_place"
	if several {
		name = "set_bits"
	}
	x, err := b.callBound(builtin.MySQLSchema, name, args, ast.NoPos)
	if err != nil {
		return nil
	}
	return x
}

// sortPlace is what sorts as MySQL sorts a value whose type sorts otherwise: an ENUM's place,
// or a document's; nil for anything else.
func (b *binder) sortPlace(e expr.Expr) expr.Expr {
	if e.Type().OID != types.JSONBOID {
		return b.place(e)
	}
	x, err := b.callBound(builtin.MySQLSchema, "json_place", []expr.Expr{e}, ast.NoPos)
	if err != nil {
		return nil
	}
	return x
}

// tracePlaces notes that a query that is kept sorts by places, which its text must say.
func (b *binder) tracePlaces(o *ast.SortBy) {
	if b.trace() != nil {
		o.PlacesWritten = true
	}
}

// byPlace sorts by such a place instead of the item that ref means.
func (b *binder) byPlace(q *selection, ref *targetRef, o *ast.SortBy) *targetRef {
	list := q.targets
	if ref.junk {
		list = q.junk
	}
	it := list[ref.n]
	x := b.sortPlace(it.e)
	if x == nil {
		return ref
	}
	b.tracePlaces(o)
	for i := range q.junk {
		if same(q.junk[i].e, x) {
			return &targetRef{n: i, junk: true, t: x.Type()}
		}
	}
	it.e = x
	q.junk = append(q.junk, it)
	return &targetRef{n: len(q.junk) - 1, junk: true, t: x.Type()}
}

// zero stands for any number.
var zero expr.Expr = &expr.Const{T: types.Of(types.Int8OID), D: types.Int(0)}

// numberFuncs are the functions that take any value for the number that it is.
var numberFuncs = map[string]bool{"to_signed": true, "to_unsigned": true, "to_double": true, "to_decimal": true, "truth": true,
	"div": true, "int_div": true, "mod": true, "abs": true, "ceil": true, "floor": true, "round": true, "truncate": true, "sign": true,
	"arith": true, "arith_precise": true, "bits_and": true, "bits_or": true, "bits_xor": true, "bits_left": true, "bits_right": true,
	"bit_not": true, "bit_count": true}

// placesOf are the arguments of a function of MySQL's, with the numbers of ENUMs and of
// hexadecimal literals where it takes numbers; nil if there are none.
func (b *binder) placesOf(fn *builtin.Func, args []expr.Expr) (out []expr.Expr) {
	for i, e := range args {
		takes := fn.Takes[min(i, len(fn.Takes)-1)]
		if takes == 'i' || takes == 'f' || takes == 'n' || takes == '*' && numberFuncs[fn.Name] {
			p := b.place(e)
			if n := asNumber(e, zero); n != e {
				p = n
			}
			if p != nil {
				if out == nil {
					out = append(out, args...)
				}
				out[i] = p
			}
		}
	}
	return out
}
