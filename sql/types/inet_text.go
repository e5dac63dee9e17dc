package types

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// parseInet reads an inet or cidr as PostgreSQL's inet_net_pton family does.
func parseInet(t T, s string) (Datum, error) {
	cidr := t.OID == CidrOID
	var addr []byte
	var bits int
	switch {
	case strings.IndexByte(s, ':') >= 0:
		addr, bits = parseIPv6(s)
	case cidr:
		addr, bits = parseNetworkIPv4(s)
	default:
		addr, bits = parseHostIPv4(s)
	}
	if addr == nil {
		return Datum{}, badInput(TypeName(t.OID), s)
	}
	d := MakeInet(addr, bits, cidr)
	if !bytes.Equal(d.ref[2:], addr) {
		return Datum{}, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid cidr value: \"%s\"", s).
			WithDetail("Value has bits set to right of mask.")
	}
	return d, nil
}

// octets reads numbers up to 255 apart by dots, at most four; end is behind them.
func octets(s string) (list []byte, end int) {
	for i := 0; i < len(s) && isDigit(s[i]); i++ {
		v := 0
		for ; i < len(s) && isDigit(s[i]); i++ {
			if v = v*10 + int(s[i]-'0'); v > 255 {
				return nil, 0
			}
		}
		if len(list) == 4 {
			return nil, 0
		}
		list = append(list, byte(v))
		if end = i; i >= len(s) || s[i] != '.' {
			return list, end
		}
		end = i + 1
	}
	return list, end
}

// maskLength reads /bits to the end of s: −1 when there is none.
func maskLength(s string, most int) (bits int, ok bool) {
	if s == "" {
		return -1, true
	}
	if len(s) < 2 || s[0] != '/' || spanDigits(s, 1) != len(s) {
		return 0, false
	}
	bits, err := strconv.Atoi(s[1:])
	return bits, err == nil && bits <= most
}

// parseHostIPv4 reads an address; octets may be left out where the mask covers the rest.
func parseHostIPv4(s string) (addr []byte, bits int) {
	list, end := octets(s)
	bits, ok := maskLength(s[end:], 32)
	if !ok || len(list) == 0 || bits < 0 && len(list) < 4 || bits/8 > len(list) {
		return nil, 0
	}
	if bits < 0 {
		bits = 32
	}
	return append(list, make([]byte, 4-len(list))...), bits
}

// parseNetworkIPv4 reads a network in decimal or, after 0x, hexadecimal octets; without
// a mask length it is the one of the historical class, or as long as the octets.
func parseNetworkIPv4(s string) (addr []byte, bits int) {
	list, end := octets(s)
	if len(s) > 2 && s[0] == '0' && lower(s[1]) == 'x' {
		list, end = hexOctets(s)
	}
	bits, ok := maskLength(s[end:], 32)
	if !ok || len(list) == 0 || end > 0 && s[end-1] == '.' {
		return nil, 0
	}
	if bits < 0 {
		switch first := list[0]; {
		case first >= 240:
			bits = 32
		case first >= 224, first < 128:
			bits = 8
		case first >= 192:
			bits = 24
		default:
			bits = 16
		}
		bits = max(bits, 8*len(list))
		if bits == 8 && list[0] == 224 {
			bits = 4
		}
	}
	return append(list, make([]byte, 4-len(list))...), bits
}

// hexOctets reads the digits behind 0x, an odd last one as the upper half of an octet.
func hexOctets(s string) (list []byte, end int) {
	for end = 2; end < len(s); end++ {
		v, ok := hexDigit(s[end])
		if !ok {
			break
		}
		if end%2 == 0 {
			list = append(list, v<<4)
		} else {
			list[len(list)-1] |= v
		}
	}
	if len(list) > 4 {
		return nil, 0
	}
	return list, end
}

func parseIPv6(s string) (addr []byte, bits int) {
	var b []byte
	gap, bits := -1, 128
	i, group := 0, 0 // group is where the present digits began
	if s[0] == ':' {
		if len(s) < 2 || s[1] != ':' {
			return nil, 0
		}
		i, group = 1, 1
	}
	val, digits := 0, 0
	flush := func() bool {
		if len(b) > 14 {
			return false
		}
		b = append(b, byte(val>>8), byte(val))
		val, digits = 0, 0
		return true
	}
scan:
	for ; i < len(s); i++ {
		c := s[i]
		v, hex := hexDigit(c)
		switch {
		case hex:
			val = val<<4 | int(v)
			if digits++; digits > 4 {
				return nil, 0
			}
		case c == ':' && digits == 0:
			if gap >= 0 {
				return nil, 0
			}
			gap, group = len(b), i+1
		case c == ':':
			if i+1 == len(s) || !flush() {
				return nil, 0
			}
			group = i + 1
		case c == '.' && len(b) <= 12:
			quad, n, ok := dottedTail(s[group:])
			if !ok {
				return nil, 0
			}
			b, digits = append(b, quad...), 0
			if n >= 0 {
				bits = n
			}
			break scan
		case c == '/':
			n, ok := strictBits(s[i+1:])
			if !ok {
				return nil, 0
			}
			bits = n
			break scan
		default:
			return nil, 0
		}
	}
	if digits > 0 && !flush() {
		return nil, 0
	}
	if gap >= 0 {
		if len(b) == 16 {
			return nil, 0
		}
		tail := append([]byte(nil), b[gap:]...)
		b = append(append(b[:gap], make([]byte, 16-len(b))...), tail...)
	}
	if len(b) != 16 {
		return nil, 0
	}
	return b, bits
}

// strictBits reads a mask length of an IPv6 address, which has no leading zeros.
func strictBits(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && spanDigits(s, 0) == len(s) && n <= 128 && (s == "0" || s[0] != '0')
}

// dottedTail reads the dotted end of an IPv6 address with its mask length, −1 for none.
func dottedTail(s string) (quad []byte, bits int, ok bool) {
	host, mask, has := strings.Cut(s, "/")
	bits = -1
	if has {
		if bits, ok = strictBits(mask); !ok {
			return nil, 0, false
		}
	}
	parts := strings.Split(host, ".")
	for _, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || spanDigits(p, 0) != len(p) || n > 255 || len(p) > 1 && p[0] == '0' {
			return nil, 0, false
		}
		quad = append(quad, byte(n))
	}
	return quad, bits, len(parts) == 4
}

// AppendHost prints an address without its mask length.
func AppendHost(dst, addr []byte) []byte {
	if len(addr) == 4 {
		return appendDotted(dst, addr)
	}
	var words [8]uint64
	for i := range words {
		words[i] = uint64(addr[2*i])<<8 | uint64(addr[2*i+1])
	}
	base, n := -1, 1 // the longest run of two or more zero words
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && words[j] == 0 {
			j++
		}
		if j-i > n {
			base, n = i, j-i
		}
		i = max(i, j)
	}
	for i := 0; i < 8; i++ {
		if base >= 0 && i >= base && i < base+n {
			if i == base {
				dst = append(dst, ':')
			}
			continue
		}
		if i != 0 {
			dst = append(dst, ':')
		}
		if i == 6 && base == 0 && (n == 6 || n == 7 && words[7] != 1 || n == 5 && words[5] == 0xffff) {
			return appendDotted(dst, addr[12:])
		}
		dst = strconv.AppendUint(dst, words[i], 16)
	}
	if base >= 0 && base+n == 8 {
		dst = append(dst, ':')
	}
	return dst
}

func appendDotted(dst, b []byte) []byte {
	for i, v := range b {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendUint(dst, uint64(v), 10)
	}
	return dst
}

// AppendNetwork prints an address with its mask length.
func AppendNetwork(dst []byte, d Datum) []byte {
	addr, bits := InetOf(d)
	return strconv.AppendUint(append(AppendHost(dst, addr), '/'), uint64(bits), 10)
}

func appendInet(dst []byte, t T, d Datum) []byte {
	addr, bits := InetOf(d)
	if t.OID == InetOID && bits == 8*len(addr) {
		return AppendHost(dst, addr)
	}
	return AppendNetwork(dst, d)
}

// AppendCidrAbbrev prints a network without the octets or words that its mask does
// not reach: 10.1/16.
func AppendCidrAbbrev(dst []byte, d Datum) []byte {
	addr, bits := InetOf(d)
	net := append([]byte(nil), addr...)
	clearBits(net, bits)
	switch {
	case len(addr) == 4 && bits == 0:
		dst = append(dst, '0')
	case len(addr) == 4:
		dst = appendDotted(dst, net[:(bits+7)/8])
	case bits == 0:
		dst = append(dst, "::"...)
	default:
		dst = appendWords(dst, net, bits)
	}
	return strconv.AppendUint(append(dst, '/'), uint64(bits), 10)
}

// appendWords prints the words of an IPv6 network that its mask reaches, at least two.
func appendWords(dst, s []byte, bits int) []byte {
	words := max(2, (bits+15)/16)
	zeroAt, zeros, at, run := 0, 0, 0, 0
	for i := 0; i <= words; i++ {
		if i < words && s[2*i]|s[2*i+1] == 0 {
			if run == 0 {
				at = i
			}
			run++
		} else if run > zeros {
			zeroAt, zeros, run = at, run, 0
		}
	}
	dotted := zeros != words && zeroAt == 0 &&
		(zeros == 6 || zeros == 5 && s[10] == 0xff && s[11] == 0xff || zeros == 7 && s[14] != 0 && s[15] != 1)
	start := len(dst)
	for p := 0; p < words; p++ {
		switch {
		case zeros != 0 && p >= zeroAt && p < zeroAt+zeros:
			if p == zeroAt {
				dst = append(dst, ':')
			}
			if p == words-1 {
				dst = append(dst, ':')
			}
		case dotted && p > 5:
			sep := byte('.')
			if p == 6 {
				sep = ':'
			}
			dst = strconv.AppendUint(append(dst, sep), uint64(s[2*p]), 10)
			if p != 7 || bits > 120 {
				dst = strconv.AppendUint(append(dst, '.'), uint64(s[2*p+1]), 10)
			}
		default:
			if len(dst) > start {
				dst = append(dst, ':')
			}
			dst = strconv.AppendUint(dst, uint64(s[2*p])<<8|uint64(s[2*p+1]), 16)
		}
	}
	return dst
}
