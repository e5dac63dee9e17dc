package types

// Info is what the server knows of a type: its pg_type row and its representation.
type Info struct {
	OID                                OID
	Name                               string // pg_type.typname
	Len                                int16  // pg_type.typlen: bytes, −1 varlena, −2 cstring
	ByVal                              bool
	Align                              byte // c s i d
	Storage                            byte // p x m e
	Type                               byte // typtype: b p c d e r m
	Category                           byte // typcategory
	Preferred                          bool
	Delim                              byte
	Elem                               OID // element type of arrays (and of name, int2vector, oidvector, …)
	Array                              OID // the array type over this one, 0 for none
	Rep                                Rep
	In, Out, Recv, Send, ModIn, ModOut string // function names as pg_type shows them; "" or "-" for none
	Namespace                          OID    // pg_catalog 11 or public 2200
	Collation                          OID    // 100 for collatable types, 950 for name, else 0
	IsArray                            bool   // a true array type (category A with array_in)
	// Of users' types only: the name as messages show it, the labels of an enum, the
	// attributes of a composite type, and the family of a range or multirange type.
	Shown     string
	Enum      *Enum
	Composite *Composite
	Range     *RangeType
	Base      T // of a domain: the type of its values
}

// Lookup returns the built-in type's Info, or nil.
func Lookup(oid OID) *Info { return byOID(oid) }

// ByName returns the built-in type named in pg_type.typname form (int4, not integer), or nil.
func ByName(name string) *Info { return byName[name] }

// All returns every built-in type in OID order. The slice must not be changed.
func All() []*Info { return all }

// Rep is the type's in-memory representation; RepBytes for unknown OIDs (domains,
// enums and composites keep their base's or are bytes).
func (t T) Rep() Rep {
	if i := byOID(t.OID); i != nil {
		return i.Rep
	}
	return RepBytes
}

// IsArray reports a true array type (not int2vector or oidvector).
func (t T) IsArray() bool { i := byOID(t.OID); return i != nil && i.IsArray }

// Elem is the element type of an array type, with the same typmod; the zero T if none.
// Elements of a domain are of its base type.
func (t T) Elem() T {
	if i := byOID(t.OID); i != nil && i.Elem != 0 {
		return i.elem(t.Mod)
	}
	return T{}
}

func (i *Info) elem(mod int32) T {
	if e := byOID(i.Elem); e != nil && e.Type == 'd' {
		return e.Base
	}
	return T{OID: i.Elem, Mod: mod}
}

// ElemDomain is the domain that the elements of an array type are of, 0 for none.
func (t T) ElemDomain() OID {
	if i := byOID(t.OID); i != nil && i.IsArray && i.Elem >= FirstTypeOID {
		if e := byOID(i.Elem); e != nil && e.Type == 'd' {
			return e.OID
		}
	}
	return 0
}

// ArrayOf is the array type over t; the zero T if none.
func (t T) ArrayOf() T {
	if i := byOID(t.OID); i != nil && i.Array != 0 {
		return T{OID: i.Array, Mod: t.Mod}
	}
	return T{}
}

// smallOIDs bounds the OIDs of PostgreSQL's own types: they are found without a map.
const smallOIDs = 6200

var (
	all    = make([]*Info, len(table))
	byName = make(map[string]*Info, len(table))
	small  [smallOIDs]uint8 // position in table + 1, 0 for none
	// extended is the same for the vector extension's types, from VectorOID on.
	extended [Int8vecArrayOID - VectorOID + 1]uint8
)

func init() {
	for i := range table {
		all[i] = &table[i]
		byName[table[i].Name] = &table[i]
		if oid := table[i].OID; oid < smallOIDs {
			small[oid] = uint8(i + 1)
		} else {
			extended[oid-VectorOID] = uint8(i + 1)
		}
	}
	loadExtensions()
}

func byOID(oid OID) *Info {
	i := uint8(0)
	if oid >= FirstTypeOID {
		return userType(oid)
	}
	if oid < smallOIDs {
		i = small[oid]
	} else if at := oid - VectorOID; at < OID(len(extended)) { // below VectorOID it wraps around
		i = extended[at]
	} else if at := oid - FirstExtensionOID; at < OID(len(extensions)) {
		return extensions[at].Info
	}
	if i == 0 {
		return systemType(oid)
	}
	return &table[i-1]
}
