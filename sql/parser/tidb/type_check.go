package tidb

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// What MySQL refuses of a column, and the library reads.

// The limits of MySQL's types.
const (
	maxBytes      = 65535 // of a row
	maxIdentifier = 64
	maxShortText  = 255 // CHAR and BINARY
	maxDigits     = 65
	maxScale      = 30 // of DOUBLE and FLOAT
	maxDecimals   = 38 // of DECIMAL: MariaDB has more than MySQL
	maxFraction   = 6
	maxWidth      = 255
	maxBits       = 64
	maxFloatBits  = 53
)

// charBytes is how many bytes a character may take of a character set.
var charBytes = map[string]int{"binary": 1, "latin1": 1, "ascii": 1, "gbk": 2, "utf8": 3, "utf8mb3": 3, "utf8mb4": 4}

// refuse aborts the conversion with an error about a definition.
func refuse(code, format string, args ...any) {
	panic(bail{pgerr.Newf(code, format, args...)})
}

func badDefinition(format string, args ...any) {
	refuse(pgerrcode.InvalidTableDefinition, format, args...)
}

// checkType refuses a column's type that MySQL refuses, in a table of a character set.
func checkType(column string, t *types.FieldType, charset string) {
	m, d := t.GetFlen(), t.GetDecimal()
	width := func(limit int) {
		if m > limit {
			badDefinition("Display width out of range for column '%s' (max = %d)", column, limit)
		}
	}
	length := func(limit int) {
		if m > limit {
			badDefinition("Column length too big for column '%s' (max = %d); use BLOB or TEXT instead", column, limit)
		}
	}
	switch t.GetType() {
	case mysql.TypeEnum, mysql.TypeSet:
		checkWords(column, t)
	case mysql.TypeNewDecimal, mysql.TypeFloat, mysql.TypeDouble:
		checkDigits(column, t)
	case mysql.TypeTiny, mysql.TypeShort, mysql.TypeInt24, mysql.TypeLong, mysql.TypeLonglong:
		width(maxWidth)
	case mysql.TypeBit:
		width(maxBits)
	case mysql.TypeVarchar, mysql.TypeVarString:
		if t.GetCharset() != "" {
			charset = t.GetCharset()
		}
		length(maxBytes / max(charBytes[charset], 1))
	case mysql.TypeString:
		length(maxShortText)
	case mysql.TypeDatetime, mysql.TypeTimestamp, mysql.TypeDuration:
		if d > maxFraction {
			badDefinition("Too-big precision %d specified for '%s'. Maximum is %d.", d, column, maxFraction)
		}
	}
}

// checkWords refuses lists of words that name one twice, or a SET of what no SET can hold.
func checkWords(column string, t *types.FieldType) {
	kind := map[byte]string{mysql.TypeEnum: "ENUM", mysql.TypeSet: "SET"}[t.GetType()]
	words := t.GetElems()
	for i, w := range words {
		if kind == "SET" && strings.Contains(w, ",") {
			badDefinition("Illegal set '%s' value found during parsing", w)
		}
		if slices.Contains(words[:i], w) {
			badDefinition("Column '%s' has duplicated value '%s' in %s", column, w, kind)
		}
	}
	if kind == "SET" && len(words) > maxBits {
		badDefinition("Too many strings for column %s and SET", column)
	}
}

func checkDigits(column string, t *types.FieldType) {
	m, d := t.GetFlen(), t.GetDecimal()
	decimal := t.GetType() == mysql.TypeNewDecimal
	scale := maxScale
	if decimal {
		scale = maxDecimals
	}
	switch {
	case d > scale:
		badDefinition("Too big scale %d specified for column '%s'. Maximum is %d.", d, column, scale)
	case decimal && m > maxDigits:
		badDefinition("Too-big precision %d specified for '%s'. Maximum is %d.", m, column, maxDigits)
	case !decimal && d != types.UnspecifiedLength && m > maxWidth:
		badDefinition("Display width out of range for column '%s' (max = %d)", column, maxWidth)
	case t.GetType() == mysql.TypeFloat && d == types.UnspecifiedLength && m > maxFloatBits:
		badDefinition("Incorrect column specifier for column '%s'", column)
	case m != types.UnspecifiedLength && d > m:
		badDefinition("For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '%s').", column)
	}
}

// checkName refuses a name that MySQL refuses of a column.
func checkName(column string) {
	if column == "" || strings.HasSuffix(column, " ") {
		refuse(pgerrcode.InvalidName, "Incorrect column name '%s'", column)
	}
	checkLength(column)
}

func checkLength(name string) {
	if utf8.RuneCountInString(name) > maxIdentifier {
		refuse(pgerrcode.NameTooLong, "Identifier name '%s' is too long", name)
	}
}

// checkOptions refuses what a column of MySQL cannot be declared together.
func checkOptions(d *tast.ColumnDef) {
	column := d.Name.Name.O
	has := map[tast.ColumnOptionType]bool{}
	null := false
	for _, o := range d.Options {
		has[o.Tp] = true
		if v := value(o.Expr); o.Tp == tast.ColumnOptionDefaultValue && v != nil {
			null = v.Kind() == driver.KindNull
		}
	}
	switch t := d.Tp.GetType(); {
	case null && (has[tast.ColumnOptionNotNull] || has[tast.ColumnOptionPrimaryKey]),
		has[tast.ColumnOptionDefaultValue] && has[tast.ColumnOptionAutoIncrement]:
		badDefinition("Invalid default value for '%s'", column)
	case has[tast.ColumnOptionAutoIncrement] && !countable[t]:
		badDefinition("Incorrect column specifier for column '%s'", column)
	case has[tast.ColumnOptionOnUpdate] && t != mysql.TypeTimestamp && t != mysql.TypeDatetime:
		badDefinition("Invalid ON UPDATE clause for '%s' column", column)
	}
}

// countable are the types that AUTO_INCREMENT can be of.
var countable = map[byte]bool{mysql.TypeTiny: true, mysql.TypeShort: true, mysql.TypeInt24: true, mysql.TypeLong: true, mysql.TypeLonglong: true,
	mysql.TypeFloat: true, mysql.TypeDouble: true}
