package bind

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// shape is what is known of a value for the column that it is kept in.
type shape struct {
	words        string          // its type in MySQL's words
	of           *catalog.Column // whose value it is, nil if computed
	own, notNull bool            // of of: see Declaration
	unsigned     bool
	digits       int // of an integer
	length       int // of its text at most, 0 = not known
	fraction     int // digits of its seconds
}

// derived is the shape seen through a query.
func (m shape) derived() shape {
	m.own = false
	return m
}

// nullable is the shape of what may be NULL.
func (m shape) nullable() shape {
	m.notNull = false
	return m
}

// computed is the shape of what is computed of such a value.
func (m shape) computed() shape {
	m.of, m.own, m.notNull = nil, false, false
	return m
}

// intDigits are the digits of MySQL's integers, of which one of ten or more needs a BIGINT.
var intDigits = map[string]int{"tinyint": 3, "smallint": 5, "mediumint": 8, "int": 10, "bigint": 19}

const bigDigits = 10

// columnShape is the shape of a table's column.
func columnShape(c *catalog.Column) shape {
	m := shapeOf(c.Type, shape{})
	if c.Declared != "" {
		m.words = c.Declared
		m.unsigned = strings.HasSuffix(m.words, " unsigned")
	}
	kind, list, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(m.words, " unsigned"), ")"), "(")
	switch kind {
	case "varchar", "char":
		m.length, _ = strconv.Atoi(list)
	case "enum", "set":
		m.length = 1
		for _, w := range builtin.QuotedWords(list) {
			if n := utf8.RuneCountInString(w); kind == "set" {
				m.length += n + 1
			} else {
				m.length = max(m.length, n)
			}
		}
		if kind == "set" {
			m.length -= 2
		}
	}
	if n, ok := intDigits[kind]; ok {
		m.digits = n
	}
	m.of, m.notNull = c, c.NotNull
	return m
}

func constShape(c *expr.Const) shape {
	var m shape
	if c.D.IsNull() {
		return shapeOf(c.T, m)
	}
	switch c.T.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		m.digits = len(strings.TrimPrefix(strconv.FormatInt(c.D.Int(), 10), "-"))
	case types.TextOID, types.VarcharOID:
		m.length = max(utf8.RuneCountInString(c.D.Text()), 1)
	case types.ByteaOID:
		m = shapeOf(c.T, m)
		m.words = fmt.Sprintf("varbinary(%d)", max(len(c.D.Bytes()), 1))
		return m
	}
	return shapeOf(c.T, m)
}

// shapeOf is the shape of a computed value of a type, made of others with m's digits and length.
func shapeOf(t types.T, m shape) shape {
	m = m.computed()
	m.words = ""
	switch t.OID {
	case types.BoolOID:
		m.digits = 1
		m.words = "int"
	case types.Int2OID, types.Int4OID, types.Int8OID:
		if m.digits == 0 {
			m.digits = map[types.OID]int{types.Int2OID: 5, types.Int4OID: 10, types.Int8OID: 19}[t.OID]
		}
		m.words = intWords(m.digits, m.unsigned)
	case types.Float4OID:
		m.words = "float"
	case types.Float8OID:
		m.words = "double"
	case types.NumericOID:
		if m.digits = 0; t.Mod > 4 { // else it has the digits that its values have
			m.words = fmt.Sprintf("decimal(%d,%d)", (t.Mod-4)>>16&0xffff, (t.Mod-4)&0x7ff)
		}
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.NameOID:
		if t.Mod > 4 {
			m.length = int(t.Mod) - 4
		} else if t.OID == types.NameOID {
			m.length = 64
		}
		m.words = textWords(m.length)
	case types.ByteaOID:
		m.words = "longblob"
	case types.DateOID:
		m.words, m.length = "date", len("2000-01-01")
	case types.TimestampOID, types.TimestamptzOID, types.TimeOID, types.IntervalOID:
		if t.OID != types.IntervalOID && t.Mod >= 0 {
			m.fraction = int(t.Mod)
		} else if n := t.Mod & 0xffff; t.OID == types.IntervalOID && t.Mod >= 0 && n <= 6 {
			m.fraction = int(n)
		}
		m.words = map[types.OID]string{types.TimestampOID: "datetime", types.TimestamptzOID: "timestamp"}[t.OID]
		if m.words == "" {
			m.words = "time"
		}
		if m.length = len("2000-01-01 00:00:00"); m.fraction > 0 {
			m.words += fmt.Sprintf("(%d)", m.fraction)
			m.length += 1 + m.fraction
		}
	case types.JSONOID, types.JSONBOID:
		m.words = "json"
	case types.VectorOID:
		if m.words = "vector"; t.Mod > 0 {
			m.words += fmt.Sprintf("(%d)", t.Mod)
		}
	}
	return m
}

// intWords is the integer type of so many digits.
func intWords(digits int, unsigned bool) string {
	words := "int"
	if digits >= bigDigits {
		words = "bigint"
	}
	if unsigned {
		words += " unsigned"
	}
	return words
}

// longest is the greatest length of a VARCHAR of utf8mb4.
const longest = 16383

// textWords is the type of texts of a length, 0 = not known.
func textWords(length int) string {
	if length <= 0 || length > longest {
		return "longtext"
	}
	return fmt.Sprintf("varchar(%d)", length)
}

// mergedShape is the shape of a value that is one of several.
func mergedShape(t types.T, list ...shape) shape {
	if len(list) == 0 {
		return shapeOf(t, shape{})
	}
	m, same := list[0], true
	for _, x := range list[1:] {
		same = same && x.words == m.words
		m.notNull = m.notNull && x.notNull
		m.unsigned = m.unsigned && x.unsigned
		m.digits, m.fraction = max(m.digits, x.digits), max(m.fraction, x.fraction)
		if m.length = max(m.length, x.length); x.length == 0 || list[0].length == 0 {
			m.length = 0
		}
	}
	if same && !strings.HasPrefix(m.words, "enum") && !strings.HasPrefix(m.words, "set") {
		m.of, m.own = nil, false
		return m
	}
	notNull := m.notNull
	m = shapeOf(t, m)
	m.notNull = notNull
	if t.OID == types.Int2OID && !m.unsigned {
		m.words = "smallint"
	}
	return m
}
