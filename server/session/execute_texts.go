package session

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/types"
)

// A parameter beside a whole number is a whole number when a statement is prepared. EXECUTE …
// USING of MySQL's dialect gives values of any type, and MySQL prepares a statement anew for
// those that are of another: 2.5 is a decimal, 1e2 a DOUBLE, 'apples' a text.

// executed is the prepared statement that EXECUTE runs, as its values need it.
func (s *Session) executed(ctx context.Context, st *ast.Execute) (*prepared, error) {
	q, err := s.lookup(st.Name)
	if err != nil || !st.Texts || len(st.Args) != len(q.params) {
		return q, err
	}
	var other []types.OID
	for i, a := range st.Args {
		if rankOf(q.params[i]) == 0 && !ofTime[q.params[i]] {
			continue
		}
		d, err := s.evalExpr(a, types.Of(types.TextOID))
		if err != nil {
			return nil, err
		}
		if d.IsNull() {
			continue
		}
		if t := s.typeOfValue(d.Text(), q.params[i]); t != q.params[i] {
			if other == nil {
				other = slices.Clone(q.params)
			}
			other[i] = t
		}
	}
	if other == nil {
		return q, nil
	}
	if q.plan == nil {
		anew := *q
		anew.params = other
		return &anew, nil
	}
	anew := &prepared{name: q.name, text: q.text, source: q.source, stmt: q.stmt, declared: other, when: time.Now(), fromSQL: q.fromSQL}
	if err := s.replan(ctx, anew); err != nil {
		return nil, err
	}
	return anew, nil
}

// rankOf sorts the types of numbers by what they hold, 0 for any other type.
func rankOf(t types.OID) int {
	switch t {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return 1
	case types.NumericOID:
		return 2
	case types.Float4OID, types.Float8OID:
		return 3
	}
	return 0
}

// ofTime are types whose values need not be read as such either.
var ofTime = map[types.OID]bool{types.DateOID: true, types.TimestampOID: true, types.TimestamptzOID: true, types.TimeOID: true, types.IntervalOID: true}

// typeOfValue is the type that a variable's text needs where one of type t is expected.
func (s *Session) typeOfValue(text string, t types.OID) types.OID {
	if ofTime[t] {
		if _, err := types.ParseText(types.Of(t), text, s.planOptions(nil).Format); err != nil {
			return types.TextOID
		}
		return t
	}
	if is := numberOf(text); rankOf(is) == 0 || rankOf(is) > rankOf(t) {
		return is
	}
	return t
}

// numberOf is the type of a number's text: a whole number, a decimal, a DOUBLE, or none.
func numberOf(text string) types.OID {
	digits := strings.TrimPrefix(text, "-")
	whole, rest, point := strings.Cut(digits, ".")
	mantissa, exponent, floating := strings.Cut(digits, "e")
	switch {
	case isDigits(digits) && len(digits) < 19:
		return types.Int8OID
	case isDigits(digits), point && isDigits(rest) && (whole == "" || isDigits(whole)):
		return types.NumericOID
	case floating && numberOf(mantissa) != types.TextOID && isDigits(strings.TrimLeft(exponent, "+-")):
		return types.Float8OID
	}
	return types.TextOID
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
