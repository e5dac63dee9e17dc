package builtin

import (
	"bytes"
	"slices"

	"github.com/jackc/pgerrcode"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// The functions behind text whose collation is not an order by bytes. Binding puts
// them where the order counts (planner/bind, collation.go): nobody can call them, and
// they are no rows of pg_proc. An order is a constant argument, and after it comes the
// collation's name for whoever prints the expression.
var (
	// CollationKey is a text's key, CollationKeys an array with those of an array's texts.
	CollationKey  = collationFunc("collation_key", types.TextOID, types.ByteaOID, collationKey)
	CollationKeys = collationFunc("collation_keys", types.TextArrayOID, types.ByteaArrayOID, collationKeys)
	// Collated is a text, or an array of them, with its key; CollationText takes that apart.
	Collated      = collationFunc("collated", types.AnyOID, types.CollatedOID, collatedValue)
	CollationText = &Func{Schema: "pg_catalog", Name: "collation_text", Src: "collation_text", Args: []types.OID{types.CollatedOID},
		Ret: types.AnyOID, Kind: 'f', Strict: true, Volatility: Immutable,
		Eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Bytes(types.CollatedText(a[0].Bytes())), nil
		}}
	// CollatedMin and CollatedMax take texts with their keys and give texts, of equal ones
	// the last; those with First, as of bpchar, the first.
	CollatedMin      = collatedAgg("min", true, false)
	CollatedMax      = collatedAgg("max", false, false)
	CollatedMinFirst = collatedAgg("min", true, true)
	CollatedMaxFirst = collatedAgg("max", false, true)
	// Nondeterministic fails where it is evaluated: its second argument is what cannot be
	// done in a nondeterministic collation.
	Nondeterministic = &Func{Schema: "pg_catalog", Name: "nondeterministic", Src: "nondeterministic", Args: []types.OID{types.AnyOID, types.TextOID},
		Ret: types.AnyOID, Kind: 'f', Strict: true, Volatility: Stable, Eval: nondeterministic}
	// NoCollation fails where it is evaluated: its second argument is what needs a collation.
	NoCollation = &Func{Schema: "pg_catalog", Name: "no_collation", Src: "no_collation", Args: []types.OID{types.AnyOID, types.TextOID},
		Ret: types.AnyOID, Kind: 'f', Strict: true, Volatility: Stable, Eval: noCollation}
)

// CollatedCase are lower, upper and initcap by an order's language, by name.
var CollatedCase = map[string]*Func{
	"lower":   collationFunc("lower", types.TextOID, types.TextOID, collatedCase("lower")),
	"upper":   collationFunc("upper", types.TextOID, types.TextOID, collatedCase("upper")),
	"initcap": collationFunc("initcap", types.TextOID, types.TextOID, collatedCase("initcap")),
}

// ShownCollation is the argument that names the collation of a function which is printed
// as its first argument with COLLATE; 0 for others.
func ShownCollation(f *Func) int {
	if f == CollationKey || f == CollationKeys || f == Collated {
		return 2
	}
	return 0
}

func collationFunc(name string, arg, ret types.OID, f Eval) *Func {
	return &Func{Schema: "pg_catalog", Name: name, Src: "collated_" + name, Args: []types.OID{arg, types.TextOID, types.TextOID},
		Ret: ret, Kind: 'f', Strict: true, Volatility: Immutable, Eval: f}
}

// keyMaker is a call's order, and whether blanks at the end count for nothing.
type keyMaker struct {
	name  string
	order *collate.Order
	blank bool
	buf   []byte
	out   []byte
}

func makerOf(c *Ctx, t types.OID, order []byte) *keyMaker {
	m := remembered(c, func() *keyMaker { return &keyMaker{} })
	if m.order == nil || m.name != string(order) {
		m.name, m.order = string(order), collate.Of(string(order))
		m.blank = t == types.BpcharOID || t == types.BpcharArrayOID
	}
	return m
}

// key is a text's key in c's memory.
func (m *keyMaker) key(c *Ctx, text []byte) []byte {
	m.buf = m.append(m.buf[:0], text)
	return joined(c, m.buf, nil)
}

func (m *keyMaker) append(dst, text []byte) []byte {
	if m.blank {
		text = trimBlanks(text)
	}
	return m.order.AppendKey(dst, text)
}

func collationKey(c *Ctx, a []types.Datum) (types.Datum, error) {
	return types.Bytes(makerOf(c, c.argT(0).OID, a[1].Bytes()).key(c, a[0].Bytes())), nil
}

func noCollation(_ *Ctx, a []types.Datum) (types.Datum, error) {
	return types.Null, pgerr.Newf(pgerrcode.IndeterminateCollation, "could not determine which collation to use for %s", a[1].Bytes()).
		WithHint("Use the COLLATE clause to set the collation explicitly.")
}

func nondeterministic(_ *Ctx, a []types.Datum) (types.Datum, error) {
	return types.Null, pgerr.Newf(pgerrcode.FeatureNotSupported, "nondeterministic collations are not supported for %s", a[1].Bytes())
}

// collatedValue is a text with its key; the key of an array is that of an index.
func collatedValue(c *Ctx, a []types.Datum) (types.Datum, error) {
	m := makerOf(c, c.argT(0).OID, a[1].Bytes())
	if c.argT(0).IsArray() {
		keys, err := collationKeys(c, a)
		if err != nil {
			return types.Null, err
		}
		m.buf = types.AppendKey(m.buf[:0], types.Of(types.ByteaArrayOID), keys, false)
	} else {
		m.buf = m.append(m.buf[:0], a[0].Bytes())
	}
	m.out = types.AppendCollated(m.out[:0], m.buf, a[0].Bytes())
	return types.Bytes(joined(c, m.out, nil)), nil
}

// TextKey is the key of a text of type t in an order.
func TextKey(order string, t types.T, text []byte) []byte {
	m := keyMaker{order: collate.Of(order), blank: t.OID == types.BpcharOID}
	return m.append(nil, text)
}

func collatedAgg(name string, least, first bool) *Func {
	return &Func{Schema: "pg_catalog", Name: name, Src: "collated_" + name, Args: []types.OID{types.CollatedOID}, Ret: types.TextOID,
		Kind: 'a', AggKind: 'n', Volatility: Immutable,
		Agg: func([]types.T) Agg {
			return &collatedMinMax{minMaxAgg{t: types.Of(types.CollatedOID), least: least, first: first}}
		}}
}

// collatedMinMax keeps texts with their keys and gives the least or greatest.
type collatedMinMax struct{ minMaxAgg }

func (a *collatedMinMax) Final(c *Ctx, g uint32) (types.Datum, error) {
	d, err := a.minMaxAgg.Final(c, g)
	if err != nil || d.IsNull() {
		return d, err
	}
	return types.Bytes(types.CollatedText(d.Bytes())), nil
}

// OfTexts is an aggregate over distinct texts, of which those with a type in given come
// with their keys.
func OfTexts(f *Func, given []types.T) *Func {
	n := *f
	n.Agg = func(ts []types.T) Agg {
		ts = slices.Clone(ts)
		for i, t := range given {
			if t.OID != 0 && i < len(ts) {
				ts[i] = t
			}
		}
		return &ofTexts{Agg: f.Agg(ts), given: given}
	}
	return &n
}

type ofTexts struct {
	Agg
	given []types.T
	cols  []batch.Col
	args  []*batch.Col
}

func (a *ofTexts) Step(c *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	if a.cols == nil {
		a.cols, a.args = make([]batch.Col, len(args)), make([]*batch.Col, len(args))
	}
	for k, col := range args {
		a.args[k] = col
		if k >= len(a.given) || a.given[k].OID == 0 {
			continue
		}
		to := &a.cols[k]
		if to.Null == nil || to.Cap() < col.Cap() {
			to.Init(a.given[k], col.Cap())
		}
		for _, i := range sel {
			d := col.Datum(int(i))
			if !d.IsNull() {
				d = types.Bytes(types.CollatedText(d.Bytes()))
			}
			to.Set(int(i), d)
		}
		a.args[k] = to
	}
	return a.Agg.Step(c, sel, groups, a.args)
}

// collatedCase converts as ICU does for the order's language, or in the order of
// ASCII its letters alone.
func collatedCase(name string) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s, order := a[0].Bytes(), string(a[1].Bytes())
		if order == collate.ASCII {
			return types.Bytes(asciiCase(name, s)), nil
		}
		tag := language.Make(collate.Tag(order))
		switch name {
		case "lower":
			return types.Bytes(cases.Lower(tag).Bytes(s)), nil
		case "upper":
			return types.Bytes(cases.Upper(tag).Bytes(s)), nil
		}
		return types.Bytes(cases.Title(tag).Bytes(s)), nil
	}
}

func asciiCase(name string, s []byte) []byte {
	out := bytes.Clone(s)
	inWord := false
	for i, b := range out {
		letter := b|0x20 >= 'a' && b|0x20 <= 'z'
		if letter && (name == "upper" || name == "initcap" && !inWord) {
			out[i] = b &^ 0x20
		} else if letter {
			out[i] = b | 0x20
		}
		inWord = letter || b >= '0' && b <= '9'
	}
	return out
}

func collationKeys(c *Ctx, a []types.Datum) (types.Datum, error) {
	m := makerOf(c, c.argT(0).OID, a[1].Bytes())
	var b types.ArrayBuilder
	b.Reset(types.ByteaOID)
	it := types.NewArrayIter(a[0])
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if !d.IsNull() {
			d = types.Bytes(m.key(c, d.Bytes()))
		}
		b.Append(d)
	}
	return b.Shaped(types.ArrayDims(nil, a[0]))
}
