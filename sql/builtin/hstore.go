package builtin

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/typehash"
	"github.com/loxodb/loxodb/sql/types"
)

// hstoreFuncs registers the functions of the extension hstore.
func hstoreFuncs(r *registrar) {
	for rel, suffix := range relationSuffix {
		r.kernel("hstore_"+suffix, compareAny(relation(rel)))
	}
	r.eval("hstore_cmp", threeWay)
	r.eval("hstore_hash", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(int32(hashHstore(a[0], 0)))), nil
	})
	r.eval("hstore_hash_extended", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(hashHstore(a[0], uint64(a[1].Int())))), nil
	})
	r.eval("hstore_version_diag", func(*Ctx, []types.Datum) (types.Datum, error) { return types.Int(2), nil })
	hstoreMakers(r)
	hstoreTests(r)
	hstoreParts(r)
	hstoreJSON(r)
	r.eval("hstore_from_record", hstoreFromRecord)
	r.eval("hstore_populate_record", hstorePopulate)
}

// hashHstore is the hash of the bytes in which PostgreSQL keeps one: the number of pairs,
// where each key and value ends, then all of them.
func hashHstore(d types.Datum, seed uint64) uint64 {
	const newVersion, first, isNull = 1 << 31, 1 << 31, 1 << 30
	pairs := types.Hstore(d)
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(pairs))|newVersion)
	var all []byte
	for i, p := range pairs {
		all = append(all, p.Key...)
		end := uint32(len(all))
		if i == 0 {
			end |= first
		}
		out = binary.LittleEndian.AppendUint32(out, end)
		all = append(all, p.Value...)
		if end = uint32(len(all)); p.Value == nil {
			end |= isNull
		}
		out = binary.LittleEndian.AppendUint32(out, end)
	}
	return typehash.Bytes(append(out, all...), seed)
}

func nullKey() error {
	return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null value not allowed for hstore key")
}

// hstoreItem is a value as an hstore has it: nil for NULL, else not nil.
func hstoreItem(d types.Datum) []byte {
	switch {
	case d.IsNull():
		return nil
	case d.Bytes() == nil:
		return []byte{}
	}
	return d.Bytes()
}

func textOf(b []byte) types.Datum {
	if b == nil {
		return types.Null
	}
	return types.Bytes(b)
}

func hstoreMakers(r *registrar) {
	r.eval("hstore_from_text", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Null, nil
		}
		return types.MakeHstore([]types.Pair{{Key: a[0].Bytes(), Value: hstoreItem(a[1])}}), nil
	})
	r.eval("hstore_from_arrays", hstoreFromArrays)
	r.eval("hstore_from_array", hstoreFromArray)
	r.eval("hstore_concat", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.MakeHstore(append(types.Hstore(a[1]), types.Hstore(a[0])...)), nil
	})
	without := func(a types.Datum, drop func(p types.Pair) bool) (types.Datum, error) {
		return types.MakeHstore(slices.DeleteFunc(types.Hstore(a), drop)), nil
	}
	r.eval("hstore_delete", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return without(a[0], func(p types.Pair) bool { return bytes.Equal(p.Key, a[1].Bytes()) })
	})
	r.eval("hstore_delete_array", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		keys := keySet(a[1])
		return without(a[0], func(p types.Pair) bool { return keys[string(p.Key)] })
	})
	r.eval("hstore_delete_hstore", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		other := types.Hstore(a[1])
		return without(a[0], func(p types.Pair) bool {
			v, ok := types.HstoreGet(other, p.Key)
			return ok && sameItem(v, p.Value)
		})
	})
	r.eval("hstore_slice_to_hstore", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		keys := keySet(a[1])
		return without(a[0], func(p types.Pair) bool { return !keys[string(p.Key)] })
	})
}

func sameItem(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// keySet are the elements of a text[] but for NULL.
func keySet(array types.Datum) map[string]bool {
	out := map[string]bool{}
	for it := types.NewArrayIter(array); ; {
		v, ok := it.Next()
		if !ok {
			return out
		}
		if !v.IsNull() {
			out[v.Text()] = true
		}
	}
}

func hstoreFromArrays(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, nil
	}
	const most = 1
	if types.ArrayNDims(a[0]) > most || !a[1].IsNull() && types.ArrayNDims(a[1]) > most {
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	var values types.ArrayIter
	if !a[1].IsNull() {
		if !slices.Equal(types.ArrayDims(nil, a[0]), types.ArrayDims(nil, a[1])) {
			return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "arrays must have same bounds")
		}
		values = types.NewArrayIter(a[1])
	}
	var pairs []types.Pair
	for keys := types.NewArrayIter(a[0]); ; {
		k, ok := keys.Next()
		if !ok {
			return types.MakeHstore(pairs), nil
		}
		if k.IsNull() {
			return types.Datum{}, nullKey()
		}
		p := types.Pair{Key: k.Bytes()}
		if !a[1].IsNull() {
			v, _ := values.Next()
			p.Value = hstoreItem(v)
		}
		pairs = append(pairs, p)
	}
}

func hstoreFromArray(_ *Ctx, a []types.Datum) (types.Datum, error) {
	dims := types.ArrayDims(nil, a[0])
	switch {
	case len(dims) == 1 && dims[0].Len%2 != 0:
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "array must have even number of elements")
	case len(dims) == 2 && dims[1].Len != 2:
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "array must have two columns")
	case len(dims) > 2:
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	var pairs []types.Pair
	for it := types.NewArrayIter(a[0]); ; {
		k, ok := it.Next()
		if !ok {
			return types.MakeHstore(pairs), nil
		}
		v, _ := it.Next()
		if k.IsNull() {
			return types.Datum{}, nullKey()
		}
		pairs = append(pairs, types.Pair{Key: k.Bytes(), Value: hstoreItem(v)})
	}
}

func hstoreTests(r *registrar) {
	test := func(f func(pairs []types.Pair, a types.Datum) bool) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Bool(f(types.Hstore(a[0]), a[1])), nil
		}
	}
	has := func(pairs []types.Pair, key types.Datum) bool {
		_, ok := types.HstoreGet(pairs, key.Bytes())
		return ok
	}
	r.eval("hstore_exists", test(has))
	r.eval("hstore_defined", test(func(pairs []types.Pair, key types.Datum) bool {
		v, _ := types.HstoreGet(pairs, key.Bytes())
		return v != nil
	}))
	keys := func(all bool) Eval {
		return test(func(pairs []types.Pair, list types.Datum) bool {
			for it := types.NewArrayIter(list); ; {
				k, ok := it.Next()
				if !ok {
					return all
				}
				if !k.IsNull() && has(pairs, k) != all {
					return !all
				}
			}
		})
	}
	r.eval("hstore_exists_any", keys(false))
	r.eval("hstore_exists_all", keys(true))
	contains := func(a, b types.Datum) bool {
		pairs := types.Hstore(a)
		for _, p := range types.Hstore(b) {
			if v, ok := types.HstoreGet(pairs, p.Key); !ok || !sameItem(v, p.Value) {
				return false
			}
		}
		return true
	}
	r.eval("hstore_contains", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.Bool(contains(a[0], a[1])), nil })
	r.eval("hstore_contained", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.Bool(contains(a[1], a[0])), nil })
}

func hstoreParts(r *registrar) {
	r.eval("hstore_fetchval", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, _ := types.HstoreGet(types.Hstore(a[0]), a[1].Bytes())
		return textOf(v), nil
	})
	array := func(key, value bool) func(types.Datum) (types.Datum, error) {
		return func(d types.Datum) (types.Datum, error) {
			var b types.ArrayBuilder
			b.Reset(types.TextOID)
			for _, p := range types.Hstore(d) {
				if key {
					b.Append(types.Bytes(p.Key))
				}
				if value {
					b.Append(textOf(p.Value))
				}
			}
			return b.Array(), nil
		}
	}
	for name, f := range map[string]func(types.Datum) (types.Datum, error){
		"hstore_akeys": array(true, false), "hstore_avals": array(false, true), "hstore_to_array": array(true, true), "hstore_to_matrix": hstoreMatrix,
	} {
		r.eval(name, func(_ *Ctx, a []types.Datum) (types.Datum, error) { return f(a[0]) })
	}
	r.eval("hstore_slice_to_array", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		pairs := types.Hstore(a[0])
		var b types.ArrayBuilder
		b.Reset(types.TextOID)
		for it := types.NewArrayIter(a[1]); ; {
			k, ok := it.Next()
			if !ok {
				return b.Array(), nil
			}
			v := []byte(nil)
			if !k.IsNull() {
				v, _ = types.HstoreGet(pairs, k.Bytes())
			}
			b.Append(textOf(v))
		}
	})
	rows := func(columns func(p types.Pair) []types.Datum) Rows {
		return func(_ *Ctx, a []types.Datum) (RowIter, error) {
			out := &tableRows{}
			for _, p := range types.Hstore(a[0]) {
				out.rows = append(out.rows, columns(p))
			}
			return out, nil
		}
	}
	r.rows("hstore_skeys", rows(func(p types.Pair) []types.Datum { return []types.Datum{types.Bytes(p.Key)} }))
	r.rows("hstore_svals", rows(func(p types.Pair) []types.Datum { return []types.Datum{textOf(p.Value)} }))
	r.rows("hstore_each", rows(func(p types.Pair) []types.Datum { return []types.Datum{types.Bytes(p.Key), textOf(p.Value)} }))
}

// hstoreMatrix is an array of two columns.
func hstoreMatrix(d types.Datum) (types.Datum, error) {
	pairs := types.Hstore(d)
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	for _, p := range pairs {
		b.Append(types.Bytes(p.Key))
		b.Append(textOf(p.Value))
	}
	if len(pairs) == 0 {
		return b.Array(), nil
	}
	return b.Shaped([]types.ArrayDim{{Len: len(pairs), Lower: 1}, {Len: 2, Lower: 1}})
}

// KeepsRow reports a function of a record that must know a row's type, as of a NULL of it.
func (f *Func) KeepsRow() bool { return f.Src == "hstore_from_record" }

// hstoreFromRecord has the columns of a row by their names; of a NULL row all are NULL.
func hstoreFromRecord(c *Ctx, a []types.Datum) (types.Datum, error) {
	t := c.argT(0)
	var pairs []types.Pair
	add := func(name string, ft types.T, v types.Datum) {
		p := types.Pair{Key: []byte(name)}
		if !v.IsNull() {
			p.Value = types.AppendText([]byte{}, ft, v, c.Format)
		}
		pairs = append(pairs, p)
	}
	if types.IsComposite(t.OID) {
		comp := types.CompositeOf(t.OID, c.Format)
		base := a[0]
		if base.IsNull() {
			base = types.Bytes(nil)
		}
		for i, v := range comp.Split(base) {
			if f := &comp.Fields[i]; !f.Dropped {
				add(f.Name, f.T, v)
			}
		}
		return types.MakeHstore(pairs), nil
	}
	if a[0].IsNull() {
		return types.Null, nil
	}
	names := RowNames(t)
	for it := types.NewRecordIter(a[0]); ; {
		ft, v, ok := it.Next()
		if !ok {
			return types.MakeHstore(pairs), nil
		}
		name := "f" + strconv.Itoa(len(pairs)+1)
		if len(pairs) < len(names) {
			name = names[len(pairs)]
		}
		add(name, ft, v)
	}
}

// hstorePopulate replaces the columns of a row whose names are keys.
func hstorePopulate(c *Ctx, a []types.Datum) (types.Datum, error) {
	t := c.argT(0)
	if a[1].IsNull() {
		return a[0], nil
	}
	pairs := types.Hstore(a[1])
	set := func(d *types.Datum, ft types.T, name string) error {
		v, ok := types.HstoreGet(pairs, []byte(name))
		if !ok {
			return nil
		}
		if *d = types.Null; v == nil {
			return nil
		}
		var err error
		*d, err = types.ParseText(ft, string(v), c.Format)
		return err
	}
	switch {
	case types.IsComposite(t.OID):
		if !a[0].IsNull() && len(pairs) == 0 {
			return a[0], nil
		}
		comp := types.CompositeOf(t.OID, c.Format)
		base := a[0]
		if base.IsNull() {
			base = types.Bytes(nil)
		}
		vals := comp.Split(base)
		for i := range comp.Fields {
			f := &comp.Fields[i]
			switch {
			case f.Dropped:
			default:
				if err := set(&vals[i], f.T, f.Name); err != nil {
					return types.Datum{}, err
				}
				if err := types.CheckDomain(f.Domain, vals[i], c.Format); err != nil {
					return types.Datum{}, err
				}
			}
		}
		return comp.Make(vals), nil
	case t.OID != types.RecordOID:
		return types.Datum{}, pgerr.New(pgerrcode.DatatypeMismatch, "first argument must be a rowtype")
	case a[0].IsNull():
		return types.Datum{}, pgerr.New(pgerrcode.WrongObjectType, "record type has not been registered")
	}
	var ts []types.T
	var vals []types.Datum
	names := RowNames(t)
	for it := types.NewRecordIter(a[0]); ; {
		ft, v, ok := it.Next()
		if !ok {
			return types.MakeRecord(ts, vals), nil
		}
		name := "f" + strconv.Itoa(len(ts)+1)
		if len(ts) < len(names) {
			name = names[len(ts)]
		}
		if err := set(&v, ft, name); err != nil {
			return types.Datum{}, err
		}
		ts, vals = append(ts, ft), append(vals, v)
	}
}

// HstoreAssign gives an hstore a pair, for UPDATE … SET h['key'] = value. It is no row of pg_proc.
var HstoreAssign = &Func{Schema: "public", Name: "hstore_assign", Src: "hstore_assign", Args: []types.OID{types.HstoreOID, types.TextOID, types.TextOID},
	Ret: types.HstoreOID, Kind: 'f', Volatility: Immutable, Eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[1].IsNull() {
			return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "hstore subscript in assignment must not be null")
		}
		pairs := []types.Pair{{Key: a[1].Bytes(), Value: hstoreItem(a[2])}}
		if !a[0].IsNull() {
			pairs = append(pairs, types.Hstore(a[0])...)
		}
		return types.MakeHstore(pairs), nil
	}}
