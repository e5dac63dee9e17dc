package builtin

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// What MySQL makes of a value for a column of a SET or of bytes of fixed length, or beside one
// of dates.

var mysqlListFuncs = []mysqlFunc{
	// set_words is a SET's value as it is kept: each word once, in the order of the list.
	// With an order words are found by that.
	{name: "set_words", args: "*t?t", ret: types.TextOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return setWords(c, typed{c.argT(0), a[0]}, QuotedWords(a[1].Text()), sameWord(a[2:]))
	}},
	// list_word is the word of an ENUM's list that is equal to a text in an order, or the text.
	{name: "list_word", args: "ttt", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		words, same := QuotedWords(a[1].Text()), sameWord(a[2:])
		if i := slices.IndexFunc(words, func(w string) bool { return same(w, a[0].Text()) }); i >= 0 {
			return types.String(words[i]), nil
		}
		return a[0], nil
	}},
	// set_bits is a SET's value as a number, as enum_place is an ENUM's.
	{name: "set_bits", args: "tt+", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		words := texts(a[1:])
		if len(words) == 1 {
			words = strings.Split(words[0], "\x00")
		}
		bits := int64(0)
		for w := range strings.SplitSeq(a[0].Text(), ",") {
			if i := slices.Index(words, w); i >= 0 {
				bits |= 1 << i
			}
		}
		return types.Int(bits), nil
	}},
	{name: "number_beside", args: "*i", ret: types.TimestampOID, eval: stampBeside}, // of a number, which has no time zone
	{name: "stamp_beside", args: "*i", ret: types.TimestampOID, volatility: settled, eval: stampBeside},
	// join_distinct is GROUP_CONCAT(DISTINCT …) of an array, in an order of other values.
	{name: "join_distinct", args: "*t", ret: types.TextOID, volatility: Stable, eval: joinValues(true)},
	// join_values is GROUP_CONCAT of an array.
	{name: "join_values", args: "*t", ret: types.TextOID, volatility: Stable, eval: joinValues(false)},
	// field_decimals and field_doubles are FIELD of numbers, and of numbers and texts.
	{name: "field_decimals", args: "nn+", ret: types.Int8OID, nulls: true, eval: placeIn(func(a, b types.Datum) bool { return types.NumericCmp(a, b) == 0 })},
	{name: "field_doubles", args: "ff+", ret: types.Int8OID, nulls: true, eval: placeIn(func(a, b types.Datum) bool { return a.Float() == b.Float() })},
	{name: "quote_name", args: "t", ret: types.TextOID, eval: mysqlText(func(a []string) string { return backquote(a[0]) })},
	// pad_binary fills bytes up to a length.
	{name: "pad_binary", args: "bt", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, err := strconv.Atoi(a[1].Text())
		if b := a[0].Bytes(); err == nil && len(b) < n {
			return types.Bytes(append(slices.Clone(b), make([]byte, n-len(b))...)), nil
		}
		return a[0], nil
	}},
}

// sameWord compares words in an order, by bytes without one.
func sameWord(order []types.Datum) func(a, b string) bool {
	if len(order) == 0 {
		return func(a, b string) bool { return a == b }
	}
	o := collate.Of(order[0].Text())
	return func(a, b string) bool {
		return a == b || bytes.Equal(o.AppendKey(nil, []byte(a)), o.AppendKey(nil, []byte(b)))
	}
}

func setWords(c *Ctx, v typed, words []string, same func(a, b string) bool) (types.Datum, error) {
	bits := uint64(0)
	var strange []string
	switch {
	case isInt(v.t.OID) || v.t.OID == types.NumericOID || isFloat(v.t.OID):
		if bits = uint64(mysqlInteger(c, v)); len(words) < 64 && bits>>len(words) != 0 {
			return types.Datum{}, pgerr.Newf(pgerrcode.CheckViolation, "%d has more bits than the set has words", mysqlInteger(c, v))
		}
	case v.d.Text() != "":
		for w := range strings.SplitSeq(v.d.Text(), ",") {
			i := slices.IndexFunc(words, func(x string) bool { return same(x, w) })
			if i < 0 {
				strange = append(strange, w) // which the column does not take
				continue
			}
			bits |= 1 << i
		}
	}
	var out []string
	for i, w := range words {
		if bits>>i&1 == 1 {
			out = append(out, w)
		}
	}
	return types.String(strings.Join(append(out, strange...), ",")), nil
}
