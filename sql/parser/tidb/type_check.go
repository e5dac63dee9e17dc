package tidb

import (
	"slices"

	"github.com/jackc/pgerrcode"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// checkType refuses a column's type that MySQL refuses, and the library reads.
func checkType(column string, t *types.FieldType) {
	refuse := func(format string, args ...any) {
		panic(bail{pgerr.Newf(pgerrcode.InvalidTableDefinition, format, args...)})
	}
	switch t.GetType() {
	case mysql.TypeEnum, mysql.TypeSet:
		kind := map[byte]string{mysql.TypeEnum: "ENUM", mysql.TypeSet: "SET"}[t.GetType()]
		words := t.GetElems()
		for i, w := range words {
			if slices.Contains(words[:i], w) {
				refuse("Column '%s' has duplicated value '%s' in %s", column, w, kind)
			}
		}
	case mysql.TypeNewDecimal, mysql.TypeFloat, mysql.TypeDouble:
		if m, d := t.GetFlen(), t.GetDecimal(); m != types.UnspecifiedLength && d > m {
			refuse("For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '%s').", column)
		}
	}
}
