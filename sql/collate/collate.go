// Package collate orders text as languages do: by the Unicode collation algorithm
// with the CLDR's root order or a language's own, which golang.org/x/text has. It
// lists the collations that every database has. It must not know catalogs, types or plans.
package collate

import (
	"bytes"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Names of the two orders by bytes. They differ in what is a letter and in what
// lower and upper case are: of all of Unicode, and of ASCII only.
const (
	Bytes = ""
	ASCII = "C"
	Root  = "und"
)

// ByBytes reports an order that needs no keys.
func ByBytes(order string) bool { return order == Bytes || order == ASCII }

// Order makes keys of one order. It may be used by any number of goroutines.
type Order struct {
	makers sync.Pool
	// single are the keys of ASCII characters where those of a text of them are made
	// of them alone; nil = they are not.
	single *[128]weights
}

// maker is what x/text needs for a key; it serves one goroutine at a time.
type maker struct {
	c   *collate.Collator
	buf collate.Buffer
}

var orders sync.Map // of *Order by name

// Of is the order of a name that Known accepts.
func Of(name string) *Order {
	if o, ok := orders.Load(name); ok {
		return o.(*Order)
	}
	tag := language.Make(name)
	o := &Order{makers: sync.Pool{New: func() any { return &maker{c: collate.New(tag, collate.OptionsFromTag(tag))} }}}
	if name == Root {
		o.single = o.asciiWeights()
	}
	kept, _ := orders.LoadOrStore(name, o)
	return kept.(*Order)
}

// Keys compare by bytes as their texts do: the weights of all levels, a zero byte, and
// the text itself, so that texts of equal weights are in the order of their bytes and
// only equal texts have equal keys.
//
// The weights are x/text's key: primary weights of two bytes, or of three that begin with
// a byte from 128 on, two zero bytes, secondary weights of two bytes, two zero bytes,
// tertiary weights of one byte. No weight is zero, so the byte after them ends them.

// AppendKey appends the key of a text to dst.
func (o *Order) AppendKey(dst, text []byte) []byte {
	if o.single != nil && len(text) <= maxASCII && isASCII(text) {
		dst = o.appendASCII(dst, text)
	} else {
		dst = o.appendWeights(dst, text)
	}
	return append(append(dst, 0), text...)
}

func (o *Order) appendWeights(dst, text []byte) []byte {
	m := o.makers.Get().(*maker)
	dst = append(dst, m.c.Key(&m.buf, text)...)
	m.buf.Reset()
	o.makers.Put(m)
	return dst
}

// Text is the text that a key was made of; it is a part of the key.
func Text(key []byte) []byte {
	i := 0
	for key[i] != 0 || key[i+1] != 0 {
		if i += 2; key[i-2] >= 0x80 {
			i++
		}
	}
	for i += 2; key[i] != 0 || key[i+1] != 0; {
		i += 2
	}
	i += 2
	return key[i+bytes.IndexByte(key[i:], 0)+1:]
}
