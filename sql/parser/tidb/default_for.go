package tidb

import (
	"fmt"
	"strconv"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"
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
	if digits, ok := c.digits(n, typ); ok {
		if s := clockText(digits, typ); s != "" {
			return text(c.at(n), s)
		}
	}
	return c.expr(n)
}

// digits is a literal number, or for a time, whose digits alone PostgreSQL reads as seconds, a
// literal text of digits.
func (c *conv) digits(n tast.ExprNode, typ string) (int64, bool) {
	n = unparen(n)
	if u, ok := n.(*tast.UnaryOperationExpr); ok && u.Op == opcode.Minus && typ == "interval" {
		d, ok := c.digits(u.V, typ)
		return -d, ok
	}
	if value(n) == nil {
		return 0, false
	}
	switch l, _ := c.expr(n).(*ast.Lit); {
	case l == nil:
	case l.Kind == ast.LitInt:
		return l.Int, l.Int >= 0
	case l.Kind == ast.LitString && typ == "interval":
		d, err := strconv.ParseInt(l.Text, 10, 32)
		return d, err == nil
	}
	return 0, false
}

// clockText is the time or date that the digits of a number tell, "" if none.
func clockText(n int64, typ string) string {
	switch {
	case typ == "interval" && n < 0:
		if s := clockText(-n, typ); s != "" {
			return "-" + s
		}
	case typ == "interval" && n <= 8385959 && n/100%100 < 60 && n%100 < 60:
		return fmt.Sprintf("%02d:%02d:%02d", n/10000, n/100%100, n%100)
	case (typ == "date" || typ == "timestamp" || typ == "timestamptz") && n >= 10000101 && n <= 99991231:
		return fmt.Sprintf("%04d-%02d-%02d", n/10000, n/100%100, n%100)
	}
	return ""
}
