package types

import (
	"bytes"
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// An inet or cidr datum is the family (2 for IPv4, 3 for IPv6), the length of the
// network part in bits, and the 4 or 16 bytes of the address. A cidr has no bits set
// behind its network part. The wire has two bytes more in the middle: whether it is a
// cidr, and how long the address is.
const (
	familyIPv4 = 2
	familyIPv6 = 3
)

// MakeInet packs an address of 4 or 16 bytes and its mask length; of a cidr the bits
// behind the mask are cleared.
func MakeInet(addr []byte, bits int, cidr bool) Datum {
	family := byte(familyIPv4)
	if len(addr) == 16 {
		family = familyIPv6
	}
	b := append([]byte{family, byte(bits)}, addr...)
	if cidr {
		clearBits(b[2:], bits)
	}
	return Bytes(b)
}

// InetOf unpacks an inet or cidr; addr is borrowed and has 4 or 16 bytes.
func InetOf(d Datum) (addr []byte, bits int) {
	if len(d.ref) != 6 && len(d.ref) != 18 {
		return make([]byte, 4), 0
	}
	return d.ref[2:], int(d.ref[1])
}

// clearBits clears all bits from number n on.
func clearBits(b []byte, n int) {
	for i := range b {
		switch keep := n - 8*i; {
		case keep <= 0:
			b[i] = 0
		case keep < 8:
			b[i] &= 0xff << (8 - keep)
		}
	}
}

// CommonBits is how many leading bits two addresses of one length share, at most n.
func CommonBits(a, b []byte, n int) int {
	for i := 0; i < n; i++ {
		if (a[i/8]^b[i/8])&(0x80>>(i%8)) != 0 {
			return i
		}
	}
	return n
}

// compareInets orders by family, by the network part that both have, by its length,
// then by the whole address.
func compareInets(x, y Datum) int {
	a, n := InetOf(x)
	b, m := InetOf(y)
	if c := compareInt(int64(len(a)), int64(len(b))); c != 0 {
		return c
	}
	if at := CommonBits(a, b, min(n, m)); at < min(n, m) {
		return bytes.Compare(a[at/8:at/8+1], b[at/8:at/8+1])
	}
	if c := compareInt(int64(n), int64(m)); c != 0 {
		return c
	}
	return bytes.Compare(a, b)
}

// appendInetKey writes the network part padded with zeros, its length and the whole
// address: a longer network sorts after the shorter one that it begins with.
func appendInetKey(dst []byte, d Datum) []byte {
	addr, bits := InetOf(d)
	dst = append(dst, byte(len(addr)))
	at := len(dst)
	dst = append(dst, addr...)
	clearBits(dst[at:], bits)
	return append(append(dst, byte(bits)), addr...)
}

func appendInetBinary(dst []byte, t T, d Datum) []byte {
	addr, bits := InetOf(d)
	family := byte(familyIPv4)
	if len(addr) == 16 {
		family = familyIPv6
	}
	return append(append(dst, family, byte(bits), byte(b2i(t.OID == CidrOID)), byte(len(addr))), addr...)
}

func decodeInet(t T, b []byte) (Datum, error) {
	name := TypeName(t.OID)
	if len(b) == 0 {
		return Datum{}, noData() // it is read byte by byte
	}
	size := 4
	switch b[0] {
	case familyIPv4:
	case familyIPv6:
		size = 16
	default:
		return Datum{}, badBinary("invalid address family in external \"%s\" value", name)
	}
	switch {
	case len(b) < 2:
		return Datum{}, noData()
	case int(b[1]) > 8*size:
		return Datum{}, badBinary("invalid bits in external \"%s\" value", name)
	case len(b) < 4:
		return Datum{}, noData()
	case int(b[3]) != size:
		return Datum{}, badBinary("invalid length in external \"%s\" value", name)
	case len(b) < 4+size:
		return Datum{}, noData()
	case len(b) > 4+size:
		return Datum{}, wrongLength(len(b), 4+size)
	}
	d := MakeInet(b[4:], int(b[1]), t.OID == CidrOID)
	if !bytes.Equal(d.ref[2:], b[4:]) {
		return Datum{}, badBinary("invalid external \"cidr\" value").(*pgerr.Error).WithDetail("Value has bits set to right of mask.")
	}
	return d, nil
}

// Eui64 is a macaddr as the macaddr8 that stands for it: FF FE in the middle.
func Eui64(mac []byte) Datum {
	return Bytes([]byte{mac[0], mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
}

// castNetwork converts between network types; done is false when there is no such cast.
func castNetwork(from, to T, d Datum) (out Datum, done bool, err error) {
	switch {
	case from.OID == CidrOID && to.OID == InetOID:
		return d, true, nil
	case from.OID == InetOID && to.OID == CidrOID:
		addr, bits := InetOf(d)
		return MakeInet(addr, bits, true), true, nil
	case from.OID == MacaddrOID && to.OID == Macaddr8OID && len(d.ref) == 6:
		return Eui64(d.ref), true, nil
	case from.OID == Macaddr8OID && to.OID == MacaddrOID && len(d.ref) == 8:
		if binary.BigEndian.Uint16(d.ref[3:]) != 0xfffe {
			return Datum{}, false, pgerr.New(pgerrcode.NumericValueOutOfRange, "macaddr8 data out of range to convert to macaddr").
				WithHint("Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.")
		}
		b := d.ref
		return Bytes([]byte{b[0], b[1], b[2], b[5], b[6], b[7]}), true, nil
	}
	return Datum{}, false, nil
}
