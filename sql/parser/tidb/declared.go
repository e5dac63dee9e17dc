package tidb

import (
	"fmt"
	"strings"

	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/types"
)

// typeNames are the types whose name says all but the length.
var typeNames = map[byte]string{
	mysql.TypeTiny: "tinyint", mysql.TypeShort: "smallint", mysql.TypeInt24: "mediumint", mysql.TypeLong: "int", mysql.TypeLonglong: "bigint",
	mysql.TypeFloat: "float", mysql.TypeDouble: "double", mysql.TypeNewDecimal: "decimal", mysql.TypeBit: "bit", mysql.TypeYear: "year",
	mysql.TypeDate: "date", mysql.TypeNewDate: "date", mysql.TypeDatetime: "datetime", mysql.TypeTimestamp: "timestamp", mysql.TypeDuration: "time",
	mysql.TypeJSON: "json", mysql.TypeEnum: "enum", mysql.TypeSet: "set", mysql.TypeTiDBVectorFloat32: "vector",
	mysql.TypeTinyBlob: "tinyblob", mysql.TypeBlob: "blob", mysql.TypeMediumBlob: "mediumblob", mysql.TypeLongBlob: "longblob",
	mysql.TypeVarchar: "varchar", mysql.TypeVarString: "varchar", mysql.TypeString: "char",
}

// declared is a column's type as SHOW writes it. Character sets are left out: there is
// one.
func declared(ft *types.FieldType) string {
	name := typeNames[ft.GetType()]
	binary := ft.GetCharset() == "binary"
	length, scale := ft.GetFlen(), ft.GetDecimal()
	switch ft.GetType() {
	case mysql.TypeTiny:
		if length == 1 { // clients read it as a Boolean
			name += "(1)"
		}
	case mysql.TypeNewDecimal:
		if length == unspecified {
			length = 10
		}
		name = fmt.Sprintf("decimal(%d,%d)", length, max(scale, 0))
	case mysql.TypeFloat, mysql.TypeDouble:
		if length != unspecified && scale != unspecified {
			name += fmt.Sprintf("(%d,%d)", length, scale)
		}
	case mysql.TypeBit:
		name = fmt.Sprintf("bit(%d)", max(length, 1))
	case mysql.TypeDatetime, mysql.TypeTimestamp, mysql.TypeDuration:
		if scale > 0 {
			name += fmt.Sprintf("(%d)", scale)
		}
	case mysql.TypeEnum, mysql.TypeSet:
		words := make([]string, 0, len(ft.GetElems()))
		for _, w := range ft.GetElems() {
			words = append(words, "'"+strings.NewReplacer(`\`, `\\`, "'", "''").Replace(w)+"'")
		}
		name += "(" + strings.Join(words, ",") + ")"
	case mysql.TypeVarchar, mysql.TypeVarString, mysql.TypeString:
		if binary {
			name = strings.Replace(name, "char", "binary", 1)
		}
		name += fmt.Sprintf("(%d)", max(length, 1))
	case mysql.TypeTinyBlob, mysql.TypeBlob, mysql.TypeMediumBlob, mysql.TypeLongBlob:
		if !binary {
			name = strings.Replace(name, "blob", "text", 1)
		}
	case mysql.TypeTiDBVectorFloat32:
		if length > 0 {
			name += fmt.Sprintf("(%d)", length)
		}
	}
	if mysql.HasUnsignedFlag(ft.GetFlag()) {
		name += " unsigned"
	}
	return name
}
