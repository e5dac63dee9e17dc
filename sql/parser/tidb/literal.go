package tidb

import (
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/loxodb/loxodb/sql/ast"
)

func formatInt(v int64) string { return strconv.FormatInt(v, 10) }

// literal converts a constant. TRUE and FALSE are Booleans only where a condition
// is asked for; elsewhere they are 1 and 0.
func (c *conv) literal(v *driver.ValueExpr) (e ast.Expr, condition bool) {
	at := c.at(v)
	switch v.Kind() {
	case driver.KindNull:
		return null(at), false
	case driver.KindInt64:
		if v.Type.GetFlag()&mysql.IsBooleanFlag != 0 {
			return &ast.Lit{At: at, Kind: ast.LitBool, Bool: v.GetInt64() != 0}, true
		}
		return integer(at, v.GetInt64()), false
	case driver.KindUint64:
		return &ast.Lit{At: at, Kind: ast.LitNumeric, Text: strconv.FormatUint(v.GetUint64(), 10)}, false
	case driver.KindMysqlDecimal:
		return &ast.Lit{At: at, Kind: ast.LitNumeric, Text: string(v.GetMysqlDecimal().ToString()), Limited: !c.stored}, false
	case driver.KindFloat32, driver.KindFloat64: // written with an exponent
		f := strconv.FormatFloat(v.GetFloat64(), 'g', -1, 64)
		return cast(text(at, f), typed(at, "float8")), false
	case driver.KindString, driver.KindBytes:
		if v.Type.GetCharset() == "binary" {
			return bytea(at, []byte(v.GetString())), false
		}
		l := text(at, v.GetString())
		l.Raw = strings.IndexByte(l.Text, '\\') >= 0
		if v.Type.GetFlag()&mysql.UnderScoreCharsetFlag != 0 {
			return c.introduced(v, l, v.Type.GetCharset()), false
		}
		return l, false
	case driver.KindBinaryLiteral:
		return bytea(at, v.GetBytes()), false
	}
	c.fail(v, "this kind of literal is not supported")
	return nil, false
}

// bits is a hexadecimal or bit literal as the number that it is in arithmetic.
func (c *conv) bits(v *driver.ValueExpr) ast.Expr {
	at := c.at(v)
	n := new(big.Int).SetBytes(v.GetBytes())
	if n.IsInt64() {
		return integer(at, n.Int64())
	}
	return &ast.Lit{At: at, Kind: ast.LitNumeric, Text: n.String()}
}

func bytea(at ast.At, b []byte) ast.Expr {
	return cast(text(at, `\x`+hex.EncodeToString(b)), typed(at, "bytea"))
}

// value is the literal behind a node, nil if it is none.
func value(n tast.ExprNode) *driver.ValueExpr {
	for {
		switch v := n.(type) {
		case *tast.ParenthesesExpr:
			n = v.Expr
		case *driver.ValueExpr:
			return v
		default:
			return nil
		}
	}
}

// stringOf is the text of a string literal.
func stringOf(n tast.ExprNode) (string, bool) {
	v := value(n)
	if v == nil || v.Kind() != driver.KindString && v.Kind() != driver.KindBytes {
		return "", false
	}
	return v.GetString(), true
}
