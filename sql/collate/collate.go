// Package collate orders text as languages do: by the Unicode collation algorithm
// with the CLDR's root order or a language's own, which golang.org/x/text has. It
// lists the collations that every database has. It must not know catalogs, types or plans.
package collate

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
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
	options
	mysql *mysqlOrder // nil = not one of MySQL's
	plain bool        // no options
	loose bool        // nondeterministic
}

// maker is what x/text needs for a key; it serves one goroutine at a time.
type maker struct {
	c    *collate.Collator
	buf  collate.Buffer
	text []byte
}

var orders sync.Map // of *Order by name

// Of is the order of a name that Known accepts.
func Of(name string) *Order {
	if o, ok := orders.Load(name); ok {
		return o.(*Order)
	}
	if m := mysqlOrders[name]; m != nil {
		kept, _ := orders.LoadOrStore(name, &Order{mysql: m, loose: true})
		return kept.(*Order)
	}
	opts, base := optionsOf(name)
	tag := language.Make(base)
	o := &Order{makers: sync.Pool{New: func() any { return &maker{c: collate.New(tag, collate.OptionsFromTag(tag))} }}}
	o.options, o.plain, o.loose = opts, opts.plain(), !Deterministic(name)
	if base == Root {
		o.single = o.asciiWeights()
	}
	kept, _ := orders.LoadOrStore(name, o)
	return kept.(*Order)
}

// Keys compare by bytes as their texts do: the weights of all levels that count, zero
// bytes, and the text itself, so that texts of equal weights are in the order of their
// bytes and only equal texts have equal keys. Those of nondeterministic collations end
// with the weights.
//
// The weights are x/text's key: primary weights of two bytes, or of three that begin with
// a byte from 128 on, two zero bytes, secondary weights of two bytes, two zero bytes,
// tertiary weights of one byte. No weight is zero, so what is after them ends them.

// AppendKey appends the key of a text to dst.
func (o *Order) AppendKey(dst, text []byte) []byte {
	if o.mysql != nil {
		return o.mysql.appendKey(dst, text)
	}
	from := len(dst)
	if o.single != nil && len(text) <= maxASCII && isASCII(text) {
		dst = o.appendASCII(dst, text)
	} else {
		dst = o.appendWeights(dst, text)
	}
	switch {
	case !o.plain:
		dst = o.cut(dst, from, text)
	case !o.loose:
		dst = append(dst, 0)
	}
	if !o.loose {
		dst = append(dst, text...)
	}
	return dst
}

func (o *Order) appendWeights(dst, text []byte) []byte {
	m := o.makers.Get().(*maker)
	if o.strength == 1 && o.caseLevel {
		m.text = withoutMarks(m.text[:0], text)
		text = m.text
	}
	dst = append(dst, m.c.Key(&m.buf, text)...)
	m.buf.Reset()
	o.makers.Put(m)
	return dst
}

// withoutMarks leaves the accents out, which have weights of case.
func withoutMarks(dst, text []byte) []byte {
	for _, r := range string(norm.NFD.Bytes(text)) {
		if !unicode.Is(unicode.Mn, r) {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
