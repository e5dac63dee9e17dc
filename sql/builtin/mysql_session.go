package builtin

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// mysqlVersion is what VERSION() answers: MySQL's number first, as clients parse it.
const mysqlVersion = "8.0.11-LoxoDB"

var mysqlSessionFuncs = []mysqlFunc{
	{name: "version", ret: types.TextOID, volatility: Stable, eval: func(*Ctx, []types.Datum) (types.Datum, error) { return types.String(mysqlVersion), nil }},
	{name: "user", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		return types.String(s.CurrentUser() + "@%"), nil
	})},
	{name: "variable", args: "t", ret: types.TextOID, volatility: Volatile, eval: withSession(variable)},
	// held_variable is a variable in a statement that assigns none: an index can serve what is
	// compared with it.
	{name: "held_variable", args: "t", ret: types.TextOID, volatility: Stable, eval: withSession(variable)},
	// true_value is a value for a variable that can only have one of a list.
	{name: "true_value", args: "ttt", ret: types.TextOID, volatility: Stable, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		for s := range strings.SplitSeq(a[2].Text(), ",") {
			if strings.EqualFold(s, a[1].Text()) {
				return a[1], nil
			}
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "SET %s = %s is not supported", a[0].Text(), a[1].Text())
	}},
	// assign sets a variable, whose value it is.
	{name: "assign", args: "**", by: func(t []types.OID) types.OID { return t[1] }, volatility: Volatile, nulls: true, eval: withSession(assignVariable)},
	{name: "sleep", args: "f", ret: types.Int8OID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if _, err := sleep(c, time.Duration(max(a[0].Float(), 0)*float64(time.Second))); err != nil {
			return types.Datum{}, err
		}
		return types.Int(0), nil
	}},
	{name: "last_insert_id", args: "?i", ret: types.Int8OID, volatility: Volatile, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if len(a) > 0 {
			s.Inserted(a[0].Int(), time.Time{})
		}
		return types.Int(s.LastInsertID()), nil
	})},
	{name: "uuid", ret: types.TextOID, volatility: Volatile, eval: func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		return types.String(newUUID()), nil
	}},
	{name: "is_uuid", args: "t", ret: types.BoolOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		_, ok := uuidBytes(a[0].Text())
		return types.Bool(ok), nil
	}},
	{name: "uuid_to_bin", args: "t?i", ret: types.ByteaOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		b, ok := uuidBytes(a[0].Text())
		if !ok {
			return types.Datum{}, badParam("Incorrect string value: '%s' for function uuid_to_bin", a[0].Text())
		}
		if len(a) > 1 && a[1].Int() != 0 { // the time's high part first
			b = append(append(append([]byte(nil), b[6:8]...), b[4:6]...), append(append([]byte(nil), b[:4]...), b[8:]...)...)
		}
		return types.Bytes(b), nil
	}},
	{name: "bin_to_uuid", args: "b?i", ret: types.TextOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		b := a[0].Bytes()
		if len(b) != 16 {
			return types.Datum{}, badParam("Incorrect string value for function bin_to_uuid")
		}
		if len(a) > 1 && a[1].Int() != 0 {
			b = append(append(append([]byte(nil), b[4:8]...), b[2:4]...), append(append([]byte(nil), b[:2]...), b[8:]...)...)
		}
		return types.String(dashed(b)), nil
	}},
	{name: "to_vector", args: "b", ret: types.VectorOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return vectorOfBytes(a[0].Bytes())
	}},
	{name: NullIfNaN, args: "f", ret: types.Float8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if math.IsNaN(a[0].Float()) {
			return null()
		}
		return a[0], nil
	}},
	{name: "vector_to_string", args: "*", ret: types.TextOID, eval: vectorToString},
	{name: "auto_increment", args: "ii", ret: types.Int8OID, volatility: Volatile, nulls: true, eval: withSession(autoIncrement)},
}

func variable(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	name := a[0].Text()
	v, ok := s.Setting(name)
	if strings.HasPrefix(name, "uservar.") { // its value has a sign before it: nothing is NULL
		v, ok = strings.CutPrefix(v, "=")
	}
	if !ok {
		return null()
	}
	return types.String(v), nil
}

// assignVariable keeps a value as text with a sign before it, and NULL as no text.
func assignVariable(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	value := ""
	if !a[1].IsNull() {
		value = "=" + mysqlString(c, typed{c.argT(1), a[1]}).Text()
	}
	return a[1], s.SetSetting(a[0].Text(), value, false)
}

func dashed(b []byte) string {
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// uuidBytes reads a UUID with or without dashes and braces.
func uuidBytes(s string) ([]byte, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	if len(s) == 36 && (s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-') {
		return nil, false
	}
	if len(s) == 36 {
		s = strings.ReplaceAll(s, "-", "")
	}
	b, err := hex.DecodeString(s)
	return b, err == nil && len(b) == 16
}

func newUUID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // the system gives no random numbers
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return dashed(b[:])
}

// vectorToString is a vector as MySQL prints it: with six digits and an exponent.
func vectorToString(c *Ctx, a []types.Datum) (types.Datum, error) {
	t := c.argT(0)
	if t.OID != types.VectorOID {
		d, err := types.ParseText(types.Of(types.VectorOID), mysqlString(c, typed{t, a[0]}).Text(), c.Format)
		if err != nil {
			return types.Datum{}, err
		}
		a[0] = d
	}
	out := []byte{'['}
	for i, x := range types.Float32s(a[0].Bytes()) {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, float64(x), 'e', 5, 32)
	}
	return types.Bytes(append(out, ']')), nil
}

// autoIncrement is the value of an AUTO_INCREMENT column: of its sequence for NULL
// and 0, else the value itself, which the sequence then goes on after.
func autoIncrement(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	id := uint32(a[0].Int())
	v := int64(0)
	if !a[1].IsNull() {
		v = a[1].Int()
		if v == 0 {
			if modes, ok := s.Setting("mysql.sql_mode"); ok && strings.Contains(strings.ToUpper(modes), "NO_AUTO_VALUE_ON_ZERO") {
				return types.Int(0), nil
			}
		}
	}
	if v != 0 {
		return a[1], s.Advance(c.Context, id, v)
	}
	n, err := s.Nextval(c.Context, id)
	if err != nil {
		return types.Datum{}, err
	}
	s.Inserted(n, c.StmtTime)
	return types.Int(n), nil
}

// vectorOfBytes reads a vector as MySQL keeps one: its numbers of four bytes, the lowest
// first.
func vectorOfBytes(b []byte) (types.Datum, error) {
	if len(b) == 0 || len(b)%4 != 0 {
		return types.Datum{}, badParam("%d bytes are no vector: its numbers have four bytes each", len(b))
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return types.VectorFrom(types.VectorOID, v, nil)
}
