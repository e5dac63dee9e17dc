package tidb

import (
	"fmt"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/loxodb/loxodb/sql/ast"
)

// numeric are the types whose values a hexadecimal literal gives as a number.
var numeric = setOf("int2 int4 int8 float4 float8 numeric")

// defaultFor is the default of a column of a type. A literal that MySQL makes a number or a
// date of is written as that: a definition converts nothing.
func (c *conv) defaultFor(n tast.ExprNode, typ string) ast.Expr {
	if v := value(n); v != nil && v.Kind() == driver.KindBinaryLiteral && numeric[typ] {
		return c.bits(v)
	}
	e := c.expr(n)
	if l, ok := e.(*ast.Lit); ok && l.Kind == ast.LitInt && l.Int >= 0 {
		if s := clockText(l.Int, typ); s != "" {
			return text(l.At, s)
		}
	}
	return e
}

// clockText is the time of day or date that the digits of a number tell, "" if none.
func clockText(n int64, typ string) string {
	switch {
	case typ == "time" && n < 240000:
		return fmt.Sprintf("%02d:%02d:%02d", n/10000, n/100%100, n%100)
	case (typ == "date" || typ == "timestamp" || typ == "timestamptz") && n >= 10000101 && n <= 99991231:
		return fmt.Sprintf("%04d-%02d-%02d", n/10000, n/100%100, n%100)
	}
	return ""
}
