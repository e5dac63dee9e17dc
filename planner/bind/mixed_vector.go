package bind

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// In MySQL's dialect a text is a vector where only a vector can stand, and so are the
// bytes that MySQL keeps one as. A vector is text and bytes, and nothing else: TiDB and
// MySQL refuse to make a number, a date or a document of one.

// asVector is the name, in the schema mysql, of the call that stands around what a
// function of vectors takes. It is no function: a vector stays the expression that it is,
// so that an index serves it.
const asVector = "as_vector"

// isAsVector reports that call.
func isAsVector(x *ast.Func) bool {
	return x.Name.Schema == builtin.MySQLSchema && x.Name.Name == asVector && len(x.Args) == 1
}

// vectorOf is a value as a vector. What can be none stays as it is: no function takes it.
func (b *binder) vectorOf(e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	vector := types.Of(types.VectorOID)
	switch k := kindOf(e); {
	case isOpen(e) || isLiteral(e):
		return b.coerce(e, vector, builtin.Implicit, pos)
	case k == textKind || k == enumKind:
		return b.coerce(e, vector, builtin.Explicit, pos)
	case e.Type().OID == types.UnknownOID: // a literal with a collation
		text, err := b.coerce(e, types.Of(types.TextOID), builtin.Implicit, pos)
		if err != nil {
			return nil, err
		}
		return b.coerce(text, vector, builtin.Explicit, pos)
	case k == bytesKind:
		return b.callBound(builtin.MySQLSchema, "to_vector", []expr.Expr{e}, pos)
	}
	return e, nil
}

// besideVector is what stands beside a vector in a comparison or in arithmetic; ok is
// false if that can be none.
func (b *binder) besideVector(vector, e expr.Expr, pos ast.Pos) (out expr.Expr, ok bool, err error) {
	k := kindOf(e)
	if !vector.Type().IsVector() || k != textKind && k != bytesKind {
		return nil, false, nil
	}
	out, err = b.vectorOf(e, pos)
	return out, true, err
}

// taken are what a function of the schema mysql makes of its arguments, by its letters.
var taken = map[byte]types.OID{'i': types.Int8OID, 'f': types.Float8OID, 'n': types.NumericOID, 'd': types.TimestampOID, 'j': types.JSONBOID}

// takenAsIs are what functions make of values that they take as they are.
var takenAsIs = func() map[string]types.OID {
	out := map[string]types.OID{"truth": types.BoolOID, "bin": types.NumericOID, "oct": types.NumericOID}
	for name := range numberFuncs {
		if out[name] == 0 {
			out[name] = types.NumericOID
		}
	}
	for to, names := range map[types.OID]string{
		types.JSONBOID: "to_json json_array json_object json_set json_insert json_replace json_array_append json_array_insert json_memberof",
		types.TimestampOID: `timestamp date_add date_sub datetime_add datetime_sub stamp_of_number strict_stamp to_year
			time to_span strict_time strict_day_time timediff time_to_sec addtime subtime time_format`,
	} {
		for _, name := range strings.Fields(names) {
			out[name] = to
		}
	}
	return out
}()

// noVectors refuses vectors where a function of the schema mysql takes what none is.
func noVectors(fn *builtin.Func, args []expr.Expr, pos ast.Pos) error {
	for i, e := range args {
		if !e.Type().IsVector() {
			continue
		}
		letter := fn.Takes[min(i, len(fn.Takes)-1)]
		to, ok := taken[letter]
		if letter == '*' {
			to, ok = takenAsIs[fn.Name]
		}
		if ok {
			return errAt(pos, pgerrcode.CannotCoerce, "cannot cast type %s to %s", builtin.TypeName(e.Type().OID), builtin.TypeName(to))
		}
	}
	return nil
}
