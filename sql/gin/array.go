package gin

import "github.com/loxodb/loxodb/sql/types"

// arrayClass is array_ops: an entry for each element.
var arrayClass = &Class{
	Name:      "array_ops",
	accepts:   isArray,
	isDefault: isArray,
	ops: []Op{
		{Name: "&&", Strategy: arrayOverlap, right: sameElements},
		{Name: "@>", Strategy: arrayContains, right: sameElements},
		{Name: "<@", Strategy: arrayContained, right: sameElements},
		{Name: "=", Strategy: arrayEqual, right: sameElements},
	},
	entries: arrayEntries,
	search:  arraySearch,
}

const (
	arrayOverlap   = 1
	arrayContains  = 2
	arrayContained = 3
	arrayEqual     = 4
)

func isArray(t types.T) bool {
	return t.IsArray() || t.OID == types.Int2VectorOID || t.OID == types.OidVectorOID
}

// elements is the type of an array's elements.
func elements(t types.T) types.T {
	switch t.OID {
	case types.Int2VectorOID:
		return types.Of(types.Int2OID)
	case types.OidVectorOID:
		return types.Of(types.OidOID)
	}
	return t.Elem()
}

// sameElements reports arrays whose equal elements are equal entries.
func sameElements(key, t types.T) bool {
	if !isArray(t) || !isArray(key) {
		return false
	}
	a, b := elements(key).OID, elements(t).OID
	text := func(o types.OID) bool { return o == types.TextOID || o == types.VarcharOID }
	return a == b || text(a) && text(b)
}

func arrayEntries(e *Entries, t types.T, d types.Datum) {
	elem, any := elements(t), false
	for it := types.NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			break
		}
		any = true
		if v.IsNull() {
			e.put(kindNull, nil)
			continue
		}
		e.put(kindValue, func(dst []byte) []byte { return types.AppendKey(dst, elem, v, false) })
	}
	if !any {
		e.put(kindEmpty, nil)
	}
}

func arraySearch(op *Op, t types.T, d types.Datum, _ Settings) *Search {
	elem, null := elements(t), false
	var list []*Search
	for it := types.NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			break
		}
		if v.IsNull() {
			null = true
			continue
		}
		list = append(list, entry(kindValue, func(dst []byte) []byte { return types.AppendKey(dst, elem, v, false) }))
	}
	switch op.Strategy {
	case arrayOverlap: // a NULL equals nothing
		return or(list...)
	case arrayContains:
		if null {
			return none
		}
		return and(list...)
	case arrayContained:
		return or(append(list, entry(kindEmpty, nil))...)
	}
	if null {
		list = append(list, entry(kindNull, nil))
	}
	if len(list) == 0 {
		return entry(kindEmpty, nil)
	}
	return and(list...)
}
