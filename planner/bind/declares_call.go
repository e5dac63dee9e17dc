package bind

import (
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Of functions MySQL says how long their texts are, how many digits their numbers and seconds
// have; what is not said here is as long as the type goes.

// setOfNames is made when it is asked first: few ever ask.
func setOfNames(words string) func(name string) bool {
	set := sync.OnceValue(func() map[string]bool {
		out := map[string]bool{}
		for w := range strings.FieldsSeq(words) {
			out[w] = true
		}
		return out
	})
	return func(name string) bool { return set()[name] }
}

var (
	// sameAsArgument give one of the values of their first argument.
	sameAsArgument = setOfNames("mixed min max lag lead first_value last_value nth_value")
	// asLong give a text no longer than their first argument's.
	asLong = setOfNames("upper lower trim ltrim rtrim btrim reverse substring substr cast_text to_text ucase lcase")
	// shortNumbers are integers of few digits.
	shortNumbers = setOfNames(`length char_length octet_length bit_length year month day dayofmonth dayofweek dayofyear weekday
		week weekofyear yearweek quarter hour minute second microsecond to_days datediff locate instr position ascii ord
		field find_in_set strcmp interval json_length json_depth vector_dims bit_count sign period_add period_diff`)
	// unsignedNumbers are integers of 64 bits without a sign.
	unsignedNumbers = setOfNames("to_unsigned bits_and bits_or bits_xor bits_left bits_right bit_not")
	// textLengths are the lengths of texts that have one always.
	textLengths = map[string]int{"md5": 32, "sha1": 40, "sha": 40, "uuid": 36, "monthname": 9, "dayname": 9}
)

// sumDigits are the digits that a sum has more than what is summed.
const sumDigits = 22

// called is the shape of a call's result.
func (o *origins) called(fn *builtin.Func, args []expr.Expr, t types.T) shape {
	list := o.all(args)
	if len(list) == 0 {
		list = []shape{{}}
	}
	first := list[0]
	whole := t.OID == types.Int2OID || t.OID == types.Int4OID || t.OID == types.Int8OID
	switch name := fn.Name; {
	case sameAsArgument(name):
		if name == "mixed" {
			return first.derived()
		}
		return first.derived().nullable()
	case name == "sum" && first.digits > 0 && (whole || t.OID == types.NumericOID):
		m := shapeOf(types.Of(types.NumericOID), shape{})
		m.words = "decimal(" + itoa(min(first.digits+sumDigits, 65)) + ",0)"
		return m
	case unsignedNumbers(name):
		m := shapeOf(types.Of(types.Int8OID), shape{unsigned: true})
		m.words = intWords(m.digits, true)
		return m
	case name == "int_div" || name == "mod" || name == "abs":
		return shapeOf(t, shape{digits: first.digits, unsigned: first.unsigned})
	case whole && shortNumbers(name):
		return shapeOf(t, shape{digits: bigDigits - 1})
	case whole:
		return shapeOf(t, shape{})
	case name == "now" || name == "curtime" || name == "utc_timestamp" || name == "utc_time" || name == "sysdate" || name == "localtime":
		return shapeOf(t, shape{fraction: constInt(args, 0)})
	}
	m := shape{length: textLengths[fn.Name]}
	for i, x := range list {
		switch m.fraction = max(m.fraction, x.fraction); {
		case x.words == "double" || x.words == "float" || strings.Contains(x.words, "text") || strings.HasPrefix(x.words, "varchar") && i == 0:
			m.fraction = 6
		}
	}
	switch {
	case asLong(fn.Name):
		m.length = first.textLength()
	case fn.Name == "left" || fn.Name == "right":
		m.length = constInt(args, 1)
	case fn.Name == "concat" || fn.Name == "concat_ws":
		m.length = concatenated(fn.Name, list)
	}
	return shapeOf(t, m)
}

// textLength is how long the text of a value is at most, 0 = not known.
func (m shape) textLength() int {
	if m.digits > 0 {
		return m.digits + 1
	}
	return m.length
}

func concatenated(name string, list []shape) int {
	n, all := 0, list
	if name == "concat_ws" {
		n, list = list[0].textLength()*max(len(list)-2, 0), list[1:]
	}
	for _, m := range all {
		if m.textLength() == 0 {
			return 0
		}
	}
	for _, m := range list {
		n += m.textLength()
	}
	return n
}

// arithmeticShape is the shape of an operator's whole number.
func arithmeticShape(op string, t types.T, list []shape) shape {
	var m shape
	for _, x := range list {
		m.unsigned = m.unsigned || x.unsigned
		if op == "*" {
			m.digits += x.digits
		} else {
			m.digits = max(m.digits, x.digits+1)
		}
	}
	if len(list) < 2 { // a sign
		m.unsigned = false
	}
	if m.digits == 0 || list[0].digits == 0 {
		return shapeOf(t, shape{})
	}
	return shapeOf(t, m)
}

// constInt is a constant argument, 0 if it is none.
func constInt(args []expr.Expr, i int) int {
	if i >= len(args) {
		return 0
	}
	c, ok := bare(args[i]).(*expr.Const)
	if !ok || c.D.IsNull() {
		return 0
	}
	switch c.T.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return int(max(min(c.D.Int(), 1<<20), 0))
	}
	return 0
}
