package types

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A macaddr datum is its 6 bytes, a macaddr8 its 8, as on the wire.

// macForms are the ways to write a macaddr: before each of the six octets what must
// stand there, and whether octets have any number of digits or at most two.
var macForms = []struct {
	between [6]string
	loose   bool
}{
	{[6]string{"", ":", ":", ":", ":", ":"}, true},
	{[6]string{"", "-", "-", "-", "-", "-"}, true},
	{[6]string{"", "", "", ":", "", ""}, false},
	{[6]string{"", "", "", "-", "", ""}, false},
	{[6]string{"", "", ".", "", ".", ""}, false},
	{[6]string{"", "", "-", "", "-", ""}, false},
	{[6]string{}, false},
}

// parseMacaddr tries the forms in turn, reading numbers as C's scanf does.
func parseMacaddr(s string) (Datum, error) {
forms:
	for _, f := range macForms {
		var mac [6]byte
		i, tooBig := 0, false
		for k, sep := range f.between {
			if sep != "" {
				if i >= len(s) || s[i] != sep[0] {
					continue forms
				}
				i++
			}
			i = skipSpace(s, i)
			start := i
			negative := i < len(s) && s[i] == '-'
			if negative || i < len(s) && s[i] == '+' {
				i++
			}
			v, digits := 0, 0
			for ; i < len(s) && (f.loose || i-start < 2); i++ {
				h, ok := hexDigit(s[i])
				if !ok {
					break
				}
				v = min(v<<4|int(h), 1<<20)
				digits++
			}
			if digits == 0 {
				continue forms
			}
			tooBig = tooBig || v > 255 || negative && v > 0
			mac[k] = byte(v)
		}
		if skipSpace(s, i) != len(s) {
			continue
		}
		if tooBig {
			return Datum{}, pgerr.Newf(pgerrcode.NumericValueOutOfRange, "invalid octet value in \"macaddr\" value: \"%s\"", s)
		}
		return Bytes(mac[:]), nil
	}
	return Datum{}, badInput("macaddr", s)
}

// parseMacaddr8 reads six or eight pairs of digits with one kind of separator, or
// none, between any of them.
func parseMacaddr8(s string) (Datum, error) {
	bad := func() (Datum, error) { return Datum{}, badInput("macaddr8", s) }
	var mac []byte
	sep := byte(0)
	for i := skipSpace(s, 0); i+1 < len(s); {
		hi, ok1 := hexDigit(s[i])
		lo, ok2 := hexDigit(s[i+1])
		if !ok1 || !ok2 || len(mac) == 8 {
			return bad()
		}
		mac = append(mac, hi<<4|lo)
		i += 2
		if i < len(s) && (s[i] == ':' || s[i] == '-' || s[i] == '.') {
			if sep != 0 && sep != s[i] {
				return bad()
			}
			sep = s[i]
			i++
		}
		if (len(mac) == 6 || len(mac) == 8) && i < len(s) && isSpace(s[i]) {
			if i = skipSpace(s, i); i < len(s) {
				return bad()
			}
		}
	}
	switch len(mac) {
	case 6:
		return Eui64(mac), nil
	case 8:
		return Bytes(mac), nil
	}
	return bad()
}

func decodeMacaddr8(b []byte) (Datum, error) {
	if len(b) == 6 {
		return Eui64(b), nil
	}
	if len(b) < 8 {
		return Datum{}, noData() // it is read byte by byte
	}
	if len(b) > 8 {
		return Datum{}, wrongLength(len(b), 8)
	}
	return Bytes(b), nil
}

func appendMacaddr(dst, b []byte) []byte {
	const hex = "0123456789abcdef"
	for i, v := range b {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hex[v>>4], hex[v&15])
	}
	return dst
}
