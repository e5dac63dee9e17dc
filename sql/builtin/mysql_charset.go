package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/types"
)

// A session has one encoding for what its client sends and gets, client_encoding. MySQL's
// variables for the two tell it by MySQL's names.
var mysqlCharsetFuncs = []mysqlFunc{
	// client_charset is the value of character_set_client or character_set_results: what it was
	// set to, unless client_encoding has become another since.
	{name: "client_charset", args: "t", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		now := clientEncodingOf(s)
		names := now.MySQLNames()
		kept, ok := s.Setting("mysql." + a[0].Text())
		for _, name := range names {
			if ok && strings.EqualFold(name, kept) {
				return types.String(kept), nil
			}
		}
		if len(names) == 0 {
			return types.String(strings.ToLower(now.Name())), nil
		}
		return types.String(names[0]), nil
	})},
	// client_charsets are the values that the two can be set to, as true_value takes them.
	{name: "client_charsets", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		return types.String(strings.Join(clientEncodingOf(s).MySQLNames(), ",")), nil
	})},
}

// clientEncodingOf is a session's client_encoding.
func clientEncodingOf(s Session) *charset.Encoding {
	name, _ := s.Setting("client_encoding")
	if e := charset.Lookup(name); e != nil {
		return e
	}
	return charset.UTF8
}
