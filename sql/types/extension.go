package types

import (
	"strconv"

	"github.com/loxodb/loxodb/sql/extension"
)

// The types of extensions (sql/extension), by name: their rows of pg_type are in the
// extension's file, what their values do is here. A nil function of one does as text does.
var extensionCode = map[string]*extensionType{
	"citext": &citext, "hstore": &hstore,
}

// extensionType is what a type's values do. All of them are byte strings, and a value in
// a container is as it is alone.
type extensionType struct {
	parse func(s string) (Datum, error)
	// text is the output, decode and encode the binary forms.
	text   func(dst []byte, b []byte) []byte
	decode func(b []byte) (Datum, error)
	encode func(dst []byte, b []byte) []byte
	// compare and hash are by the default btree and hash operator classes, and key is
	// bytes, of any content, that order as compare does.
	compare func(a, b []byte) int
	hash    func(b []byte, seed uint64) uint64
	key     func(dst []byte, b []byte) []byte
}

// FirstExtensionOID is the least OID of what sql/extension has.
const FirstExtensionOID OID = 18700

// extensions are the types of extensions by OID, from FirstExtensionOID on.
var extensions [FirstUserOID - FirstExtensionOID]struct {
	*Info
	*extensionType
}

// loadExtensions registers the types of all extensions.
func loadExtensions() {
	for _, x := range extension.All() {
		for _, c := range x.Rows("type") {
			code := extensionCode[c[1]]
			if code == nil {
				panic("types: no code for type " + c[1])
			}
			i := &Info{OID: number(c[0]), Name: c[1], Len: int16(int32(number(c[2]))), ByVal: c[3] == "t", Align: c[4][0], Storage: c[5][0],
				Type: 'b', Category: c[6][0], Preferred: c[7] == "t", Delim: c[8][0], Array: number(c[9]), Rep: RepBytes,
				In: c[10], Out: c[11], Recv: c[12], Send: c[13], ModIn: "-", ModOut: "-", Namespace: 2200, Collation: number(c[14])}
			a := arrayInfo(i, i.Array, "_"+i.Name)
			a.Collation = i.Collation
			for _, n := range []*Info{i, a} {
				extensions[n.OID-FirstExtensionOID].Info = n
				all = append(all, n)
				byName[n.Name] = n
			}
			extensions[i.OID-FirstExtensionOID].extensionType = code
		}
	}
}

func number(s string) OID {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("types: " + err.Error())
	}
	return OID(n)
}

// Extension is the name of the extension that a type belongs to, "" for others.
func Extension(oid OID) string {
	switch {
	case oid < VectorOID || oid >= FirstUserOID:
		return ""
	case oid < FirstExtensionOID:
		return "vector"
	}
	if x := extension.ByID(oid); x != nil {
		return x.Name
	}
	return ""
}

// extensionOf is the code of an extension's type, nil for other types.
func extensionOf(oid OID) *extensionType {
	if at := oid - FirstExtensionOID; at < OID(len(extensions)) {
		return extensions[at].extensionType
	}
	return nil
}

func (x *extensionType) parseText(s string) (Datum, error) {
	d, err := textDatum(s)
	if err != nil || x.parse == nil {
		return d, err
	}
	return x.parse(s)
}

func (x *extensionType) appendText(dst []byte, d Datum) []byte {
	if x.text == nil {
		return append(dst, d.ref...)
	}
	return x.text(dst, d.ref)
}

func (x *extensionType) decodeBinary(b []byte) (Datum, error) {
	if x.decode == nil {
		return Bytes(b), CheckUTF8(b)
	}
	return x.decode(b)
}

func (x *extensionType) appendBinary(dst []byte, d Datum) []byte {
	if x.encode == nil {
		return append(dst, d.ref...)
	}
	return x.encode(dst, d.ref)
}
