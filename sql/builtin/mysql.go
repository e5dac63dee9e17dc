package builtin

import (
	"bytes"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// The schema mysql holds the functions that MySQL has and PostgreSQL has not, or
// has otherwise. The frontend of that dialect calls them by their qualified names, so
// that name resolution knows no dialects; anyone may call them. They are no rows of
// pg_proc: clients that look at a database see PostgreSQL's catalog.

// MySQLSchema is their schema.
const MySQLSchema = "mysql"

// NullIfNaN is the schema's function around a distance that can be NaN: it is NULL then.
const NullIfNaN = "null_if_nan"

// VectorSchema stands for the schema that the extension vector is in, wherever that is. Names
// of schemas that begin with pg_ are the system's, so no other schema is called so.
const VectorSchema = "pg_vector"

// firstMySQLFunc begins the OIDs of the schema's functions. PostgreSQL gives the
// numbers from 14000 to 16383 to nothing of its own that lasts.
const firstMySQLFunc types.OID = 15000

// mysqlFunc is a function of the schema. All parameters are "any": what MySQL makes
// of a value, the function does itself. args has a letter for each:
//
//	t text, b bytes, i integer, f float, n numeric, d date and time, j JSON, * as it is
//
// A ? stands before the optional ones, a + after the last that may be repeated.
type mysqlFunc struct {
	name, args string
	ret        types.OID
	by         func([]types.OID) types.OID // the result's type by those of the arguments
	eval       Eval
	volatility byte   // 0: Immutable; see settled
	longer     Longer // nil: its values are not much longer than its arguments
	nulls      bool   // it is called on NULLs, too
	binary     bool   // of bytes it gives bytes, which are its characters then
}

// mysqlFamilies lists the families, one a file.
var mysqlFamilies = [][]mysqlFunc{mysqlTextFuncs, mysqlMathFuncs, mysqlTimeFuncs, mysqlJSONFuncs, mysqlSessionFuncs, mysqlCharsetFuncs, mysqlShowFuncs,
	mysqlOutcomeFuncs, mysqlNetFuncs, mysqlCryptFuncs, mysqlLockFuncs, mysqlSpanFuncs, mysqlMoreFuncs,
	mysqlJSONMoreFuncs, mysqlArithFuncs, mysqlListFuncs, mysqlCollationFuncs, mysqlFitFuncs, mysqlPartitionFuncs}

func (l *library) loadMySQL() {
	id := firstMySQLFunc
	for _, family := range mysqlFamilies {
		for i := range family {
			f := family[i].function(id)
			l.funcName[f.Name] = append(l.funcName[f.Name], f)
			l.funcOID[id] = f
			id++
		}
	}
	for _, t := range []types.OID{types.ByteaOID, types.VectorOID, types.HalfvecOID, types.Int8vecOID, types.SparsevecOID, types.JSONBOID} {
		for _, f := range []*Func{extremeAgg("min", t, true), extremeAgg("max", t, false)} {
			f.OID = id
			l.funcName[f.Name] = append(l.funcName[f.Name], f)
			l.funcOID[id] = f
			id++
		}
	}
	AnyValue.OID = id
	l.funcName[AnyValue.Name] = append(l.funcName[AnyValue.Name], AnyValue)
	l.funcOID[id] = AnyValue
}

// extremeAgg is MIN or MAX of a type that has none in PostgreSQL 15 and pgvector.
func extremeAgg(name string, t types.OID, least bool) *Func {
	return &Func{Schema: MySQLSchema, Name: name, Src: "mysql_" + name, Args: []types.OID{t}, Ret: t,
		Kind: 'a', AggKind: 'n', Volatility: Immutable,
		Agg: func([]types.T) Agg {
			a := &minMaxAgg{t: types.Of(t), least: least}
			if t == types.JSONBOID {
				a.cmp = func(x, y types.Datum) int {
					return bytes.Compare(types.AppendJSONBOrder(nil, x.Bytes()), types.AppendJSONBOrder(nil, y.Bytes()))
				}
			}
			return a
		}}
}

// function makes the signature.
func (m *mysqlFunc) function(id types.OID) *Func {
	kinds, optional, _ := strings.Cut(m.args, "?")
	repeated := strings.HasSuffix(m.args, "+")
	all := strings.TrimSuffix(kinds+optional, "+")
	f := &Func{OID: id, Schema: MySQLSchema, Name: m.name, Src: "mysql_" + m.name, Kind: 'f', Volatility: Immutable,
		Ret: m.ret, ReturnBy: m.by, Defaults: len(strings.TrimSuffix(optional, "+"))}
	switch m.volatility {
	case 0:
	case settled:
		f.Volatility, f.settled = Stable, true
	default:
		f.Volatility = m.volatility
	}
	for range all {
		f.Args = append(f.Args, types.AnyOID)
	}
	f.longer = m.longer
	if repeated {
		f.Variadic = types.AnyOID
	}
	f.Takes = all
	f.Eval = m.wrap(all)
	if m.binary {
		f.ReturnBy = bytesOfBytes
		f.Eval = byBytes(f.Eval)
	}
	return f
}

// wrap converts the arguments to what the code takes.
func (m *mysqlFunc) wrap(kinds string) Eval {
	eval, nulls := m.eval, m.nulls
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		var buf [8]types.Datum
		in := buf[:0]
		for i, d := range a {
			if d.IsNull() {
				if !nulls {
					return null()
				}
				in = append(in, d)
				continue
			}
			v, err := mysqlValue(c, kinds[min(i, len(kinds)-1)], typed{c.argT(i), d})
			if err != nil {
				return types.Datum{}, err
			}
			if v.IsNull() && !nulls {
				return null()
			}
			in = append(in, v)
		}
		return eval(c, in)
	}
}

// mysqlText is a function of texts that gives a text.
func mysqlText(f func(a []string) string) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(f(texts(a))), nil
	}
}

// mysqlInt is a function of texts that gives an integer.
func mysqlInt(f func(a []string) int) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(f(texts(a)))), nil
	}
}

func texts(a []types.Datum) []string {
	s := make([]string, len(a))
	for i, d := range a {
		s[i] = d.Text()
	}
	return s
}
