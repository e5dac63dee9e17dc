// Package gin says what an inverted index (CREATE INDEX … USING gin) has of a value
// and what a condition asks of it: the operator classes, the entries that values are
// taken apart into, and for the operators that a class serves, which entries a row
// must have for the condition to hold. What it says of a condition is what must hold
// at least: whoever finds rows by it tests the condition on them. It must not know
// syntax, plans or how entries are stored.
package gin

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strconv"

	"github.com/loxodb/loxodb/sql/types"
)

// Class is an operator class.
type Class struct {
	Name      string
	Extension string // that brings it, "" = PostgreSQL itself
	ops       []Op
	// accepts reports the types that the class indexes, isDefault those for which it
	// need not be named.
	accepts, isDefault func(t types.T) bool
	entries            func(e *Entries, t types.T, d types.Datum)
	search             func(op *Op, t types.T, d types.Datum, s Settings) *Search
}

// Op is an operator that a class serves.
type Op struct {
	Name     string
	Strategy int
	// right reports the types of the other operand, given the key's.
	right func(key, t types.T) bool
}

// Settings are what some operators depend on.
type Settings interface {
	// Threshold is the setting of a name such as pg_trgm.similarity_threshold.
	Threshold(name string) float64
}

// ThresholdOf reads a setting that is a number; 0 where there is none.
func ThresholdOf(value string, ok bool) float64 {
	v, err := strconv.ParseFloat(value, 64)
	if !ok || err != nil {
		return 0
	}
	return v
}

// classes are all of them.
var classes []*Class

func init() {
	classes = append(classes, jsonbClass, jsonbPathClass, arrayClass, vectorClass, trigramClass)
}

// ByName finds a class.
func ByName(name string) (*Class, bool) {
	for _, c := range classes {
		if c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// Default is the class of keys of a type that name none.
func Default(t types.T) (*Class, bool) {
	for _, c := range classes {
		if c.isDefault(t) {
			return c, true
		}
	}
	return nil, false
}

// Accepts reports whether the class indexes values of a type.
func (c *Class) Accepts(t types.T) bool { return c.accepts(t) }

// Op finds the operator key name other that the class serves.
func (c *Class) Op(name string, key, other types.T) (*Op, bool) {
	for i := range c.ops {
		if o := &c.ops[i]; o.Name == name && o.right(key, other) {
			return o, true
		}
	}
	return nil, false
}

// Entries are what an index has of one row: byte strings that begin with the key's
// column and end where they say, so that none begins with another.
type Entries struct {
	list   [][]byte
	buf    []byte
	column byte
}

// Reset empties the list; what it had is overwritten.
func (e *Entries) Reset() { e.list, e.buf = e.list[:0], e.buf[:0] }

// Add takes the value of key number column, of type t, apart. A NULL has no entries.
func (e *Entries) Add(c *Class, column int, t types.T, d types.Datum) {
	if d.IsNull() {
		return
	}
	e.column = byte(column + 1)
	c.entries(e, t, d)
}

// PartHash is a hash of an entry, whatever its column, that statistics know it by.
func PartHash(entry []byte) uint64 { return uint64(fnvOffset.add(entry[1:])) }

// Sorted are the entries in ascending order, each once; valid until the next Reset.
func (e *Entries) Sorted() [][]byte {
	slices.SortFunc(e.list, bytes.Compare)
	e.list = slices.CompactFunc(e.list, bytes.Equal)
	return e.list
}

// The second byte of an entry says what follows.
const (
	kindEmpty byte = 1 // nothing: a value that is not NULL and has no elements
	kindNull  byte = 2 // nothing: an element that is NULL
	kindValue byte = 3 // the element
	kindHash  byte = 4 // a hash of it: it is long
	kindKey   byte = 5 // a key of jsonb, or a string that is an array's element
	kindWord  byte = 6 // a lexeme, which is looked for by its beginning, too, and so never a hash
)

// longest is the size of elements that entries have as they are.
const longest = 512

// put adds an entry; add appends what follows the kind.
func (e *Entries) put(kind byte, add func(dst []byte) []byte) {
	e.buf = slices.Grow(e.buf, 16)
	at := len(e.buf)
	e.buf = append(e.buf, e.column, kind)
	if add != nil {
		e.buf = add(e.buf)
	}
	if len(e.buf)-at > longest && kind != kindWord {
		e.buf = hashed(e.buf, at)
	}
	e.list = append(e.list, e.buf[at:len(e.buf):len(e.buf)])
}

// hashed puts a hash in the place of the long element of the entry that begins at at.
func hashed(buf []byte, at int) []byte {
	sum := sha256.Sum256(buf[at+1:])
	buf[at+1] = kindHash
	return append(buf[:at+2], sum[:16]...)
}

// appendText appends a byte string that ends where it says.
func appendText(dst, b []byte) []byte {
	return types.AppendKey(dst, textType, types.Bytes(b), false)
}

var textType = types.Of(types.TextOID)

// Kind says what a Search asks for.
type Kind byte

const (
	None   Kind = iota // no row
	All                // whatever entries a row has
	Entry              // the entry
	Prefix             // an entry that begins so
	And                // all of Args
	Least              // at least N of Args
)

// Search is what entries a row must have at least.
type Search struct {
	Kind  Kind
	Entry []byte
	Args  []*Search
	N     int
}

var (
	none = &Search{Kind: None}
	all  = &Search{Kind: All}
)

// column puts the number of a key before the entries of a search for it.
func (s *Search) column(n int) {
	switch s.Kind {
	case Entry, Prefix:
		s.Entry[0] = byte(n + 1)
	}
	for _, a := range s.Args {
		a.column(n)
	}
}

// entry is the search for one entry.
func entry(kind byte, add func(dst []byte) []byte) *Search {
	var e Entries
	e.put(kind, add)
	return &Search{Kind: Entry, Entry: e.list[0]}
}

// and is a search for rows that all of the list find.
func and(list ...*Search) *Search {
	out := &Search{Kind: And}
	for _, s := range list {
		switch s.Kind {
		case None:
			return none
		case All:
		case And:
			out.Args = append(out.Args, s.Args...)
		default:
			out.Args = append(out.Args, s)
		}
	}
	out.distinct()
	switch len(out.Args) {
	case 0:
		return all
	case 1:
		return out.Args[0]
	}
	return out
}

// or is a search for rows that any of the list finds.
func or(list ...*Search) *Search {
	out := &Search{Kind: Least, N: 1}
	for _, s := range list {
		switch {
		case s.Kind == None:
		case s.Kind == All:
			return all
		case s.Kind == Least && s.N == 1:
			out.Args = append(out.Args, s.Args...)
		default:
			out.Args = append(out.Args, s)
		}
	}
	out.distinct()
	switch len(out.Args) {
	case 0:
		return none
	case 1:
		return out.Args[0]
	}
	return out
}

// distinct keeps the first of equal entries.
func (s *Search) distinct() {
	seen := map[string]bool{}
	s.Args = slices.DeleteFunc(s.Args, func(a *Search) bool {
		if a.Kind != Entry && a.Kind != Prefix {
			return false
		}
		k := string(append([]byte{byte(a.Kind)}, a.Entry...))
		twice := seen[k]
		seen[k] = true
		return twice
	})
}

// Query is what entries a row must have for the value of key number column and op and
// value to hold.
func (c *Class) Query(column int, key types.T, op *Op, value types.Datum, s Settings) *Search {
	if value.IsNull() {
		return none
	}
	q := c.search(op, key, value, s)
	q.column(column)
	return q
}

// Both is a search for what two searches find.
func Both(a, b *Search) *Search { return and(a, b) }

// Everything finds every row.
func Everything() *Search { return all }

// Entries counts the entries that a search looks up.
func (s *Search) Entries() int {
	n := 0
	if s.Kind == Entry || s.Kind == Prefix {
		n = 1
	}
	for _, a := range s.Args {
		n += a.Entries()
	}
	return n
}
