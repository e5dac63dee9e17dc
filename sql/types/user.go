package types

import (
	"cmp"
	"slices"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Types that users make are registered for the whole process, because values are
// compared, hashed and stored without a catalog at hand. What is registered of a type
// never changes but for its name, the labels of an enum and the attributes of a composite
// type, which follow the committed catalog; text input and output ask the session's catalog first (Format.Types). OIDs
// are drawn at random from a range of their own (FirstTypeOID), so that the databases
// that one process serves do not share any.

// FirstTypeOID is the least OID of a user's type; all that have this bit are such.
const FirstTypeOID OID = 1 << 30

// userTypes is *Info by OID.
var userTypes sync.Map

// Register makes types known, or changes the names, labels and attributes of known ones.
func Register(infos ...*Info) {
	for _, i := range infos {
		userTypes.Store(i.OID, i)
	}
}

// maxPassing is how many types stay registered that may be gone.
const maxPassing = 1 << 14

// passing are the types of RegisterPassing, the oldest first.
var passing struct {
	sync.Mutex
	infos []*Info
}

// RegisterPassing makes types known for a while: those of temporary and uncommitted
// tables, and those of dropped ones, whose values may still be on their way. Whoever
// comes upon such a type registers it again when it is not known.
func RegisterPassing(infos ...*Info) {
	Register(infos...)
	passing.Lock()
	defer passing.Unlock()
	passing.infos = append(passing.infos, infos...)
	if n := len(passing.infos) - maxPassing; n > 0 {
		for _, i := range passing.infos[:n] {
			userTypes.CompareAndDelete(i.OID, i)
		}
		passing.infos = slices.Clone(passing.infos[n:])
	}
}

func userType(oid OID) *Info {
	if i, ok := userTypes.Load(oid); ok {
		return i.(*Info)
	}
	return nil
}

// EnumInfo describes an enum and its array type; shown is the name as messages have it.
func EnumInfo(oid, array, namespace OID, name, arrayName, shown string, e *Enum) (enum, arrays *Info) {
	enum = &Info{OID: oid, Name: name, Len: 4, ByVal: true, Align: 'i', Storage: 'p', Type: 'e', Category: 'E', Delim: ',',
		Array: array, Rep: RepInt, In: "enum_in", Out: "enum_out", Recv: "enum_recv", Send: "enum_send", ModIn: "-", ModOut: "-",
		Namespace: namespace, Shown: shown, Enum: e}
	return enum, arrayInfo(enum, array, arrayName)
}

// DomainInfo describes a domain, for the catalogs and names: values and expressions
// are of its base type, and so are the elements of the array type over it.
func DomainInfo(oid, array, namespace OID, base T, name, arrayName, shown string) (domain, arrays *Info) {
	i := Info{Len: -1, Align: 'i', Storage: 'x', Category: 'U', Rep: RepBytes, Send: "-", ModOut: "-"}
	if b := byOID(base.OID); b != nil {
		i = *b
	}
	i.Base = base
	i.OID, i.Name, i.Array, i.Namespace, i.Shown, i.Type, i.Elem, i.Preferred = oid, name, array, namespace, shown, 'd', 0, false
	i.IsArray, i.Enum, i.Range, i.Composite, i.In, i.Recv, i.ModIn, i.ModOut = false, nil, nil, nil, "domain_in", "domain_recv", "-", "-"
	arrays = arrayInfo(&i, array, arrayName)
	arrays.Collation = i.Collation
	return &i, arrays
}

// arrayInfo is the array type over a user's type.
func arrayInfo(elem *Info, oid OID, name string) *Info {
	align := byte('i')
	if elem.Align == 'd' {
		align = 'd'
	}
	return &Info{OID: oid, Name: name, Len: -1, Align: align, Storage: 'x', Type: 'b', Category: 'A', Delim: ',', Elem: elem.OID,
		Rep: RepBytes, In: "array_in", Out: "array_out", Recv: "array_recv", Send: "array_send", ModIn: "-", ModOut: "-",
		Namespace: elem.Namespace, IsArray: true}
}

// width is how many bytes a RepInt or RepFloat value takes in a container or a key.
func (i *Info) width() int {
	if i.Type == 'e' {
		return 8
	}
	return int(i.Len)
}

// Enum is the labels of an enum in their order. A value of an enum is an integer that
// orders as its label does and never changes: the label's place in its upper bits, a
// number of its own in the lower ones. Immutable.
type Enum struct{ Labels []EnumLabel }

// EnumLabel is a value of an enum and its name.
type EnumLabel struct {
	OID   OID
	Name  string
	Value int64
}

const (
	enumNumberBits = 20      // of a value: the label's number
	enumGap        = 1 << 24 // between the places of labels made in order
	maxEnumLabels  = 1 << enumNumberBits
)

// EnumPlace is the place of a value: pg_enum.enumsortorder.
func EnumPlace(value int64) float64 { return float64(value>>enumNumberBits) / enumGap }

// Value finds a label.
func (e *Enum) Value(name string) (int64, bool) {
	for i := range e.Labels {
		if e.Labels[i].Name == name {
			return e.Labels[i].Value, true
		}
	}
	return 0, false
}

// Label is the name of a value.
func (e *Enum) Label(value int64) (string, bool) {
	i, ok := slices.BinarySearchFunc(e.Labels, value, func(l EnumLabel, v int64) int { return cmp.Compare(l.Value, v) })
	if !ok {
		return "", false
	}
	return e.Labels[i].Name, true
}

// OIDOf is the number of a value's label, 0 of none.
func (e *Enum) OIDOf(value int64) OID {
	for i := range e.Labels {
		if e.Labels[i].Value == value {
			return e.Labels[i].OID
		}
	}
	return 0
}

// has reports a value, whatever its label is called.
func (e *Enum) has(value int64) bool {
	_, ok := e.Label(value)
	return ok
}

// With is the enum with a label more, at index at. Values of other labels stay.
func (e *Enum) With(oid OID, name string, at int) (*Enum, error) {
	place := int64(enumGap)
	switch n := len(e.Labels); {
	case n >= maxEnumLabels:
		return nil, pgerr.New(pgerrcode.ProgramLimitExceeded, "too many labels of an enum")
	case n == 0:
	case at == n:
		place = e.Labels[n-1].Value>>enumNumberBits + enumGap
	case at == 0:
		place = e.Labels[0].Value>>enumNumberBits - enumGap
	default:
		if place = e.between(at); place == 0 {
			return nil, pgerr.New(pgerrcode.ProgramLimitExceeded, "too many labels were added to an enum between two others").
				WithHint("Add it before or after another one.")
		}
	}
	number := int64(len(e.Labels))
	return &Enum{slices.Insert(slices.Clone(e.Labels), at, EnumLabel{oid, name, place<<enumNumberBits | number})}, nil
}

// between is a place between the labels beside index at, 0 when there is none left. It is in
// the middle, so that the next label has as much room before as after. Where the newest
// labels were added one beside the other, the next is expected beside this one: the more
// they are, the less of the gap is given up for it.
func (e *Enum) between(at int) int64 {
	lo, hi := e.Labels[at-1].Value>>enumNumberBits, e.Labels[at].Value>>enumNumberBits
	gap := hi - lo
	if gap < 2 {
		return 0
	}
	const most = 10 // a run ends with steps of a thousandth
	share := func(run int) int64 { return max(gap>>max(1, min(run, most)), 1) }
	up, down := e.run(at-1, -1), e.run(at, 1)
	if down > up {
		return hi - share(down)
	}
	return lo + share(up)
}

// run is how many of the newest labels follow each other from index at on, the newest first.
func (e *Enum) run(at, step int) (n int) {
	for newest := int64(len(e.Labels) - 1); at >= 0 && at < len(e.Labels); at += step {
		if e.Labels[at].Value&(maxEnumLabels-1) != newest-int64(n) {
			break
		}
		n++
	}
	return n
}

// UserTypes is what the session's catalog says of users' types; nil when it does not
// know them.
type UserTypes interface {
	Enum(oid OID) *Enum
	Composite(oid OID) *Composite
	// CheckDomain is what a domain says against a value of its base type, NULL included.
	CheckDomain(domain OID, d Datum) error
}

// enumOf is the labels of an enum as a session sees them.
func enumOf(info *Info, f *Format) *Enum {
	if f != nil && f.Types != nil {
		if e := f.Types.Enum(info.OID); e != nil {
			return e
		}
	}
	return info.Enum
}

// TypeName is a user's type as the session names it in messages: without its schema
// where the search path finds it. Without a session it is as given.
func (f *Format) TypeName(oid OID, shown string) string {
	if f != nil && f.Names != nil {
		if name, ok := f.Names.RegOut(RegtypeOID, oid); ok {
			return name
		}
	}
	return shown
}

func parseEnum(info *Info, s string, f *Format) (Datum, error) {
	v, ok := enumOf(info, f).Value(s)
	if ok {
		return Int(v), SafeEnumValue(info, s, v, f)
	}
	return Datum{}, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid input value for enum %s: \"%s\"", f.TypeName(info.OID, info.Shown), s)
}

// SafeEnumValue refuses a label that is not committed yet: index entries with it would
// stay when its transaction is rolled back.
func SafeEnumValue(info *Info, label string, v int64, f *Format) error {
	if info.Enum == nil {
		return nil
	}
	if _, committed := info.Enum.Value(label); committed || info.Enum.has(v) {
		return nil
	}
	return pgerr.Newf(pgerrcode.UnsafeNewEnumValueUsage, "unsafe use of new value \"%s\" of enum type %s", label, f.TypeName(info.OID, info.Shown)).
		WithHint("New enum values must be committed before they can be used.")
}

func appendEnum(dst []byte, info *Info, d Datum, f *Format) []byte {
	name, _ := enumOf(info, f).Label(d.Int())
	return append(dst, name...)
}
