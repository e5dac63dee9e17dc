package builtin

import (
	"net/netip"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// Internet addresses as MySQL keeps them: numbers, or the bytes of the address.

var mysqlNetFuncs = []mysqlFunc{
	{name: "inet6_aton", args: "t", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		ip, ok := plainAddress(a[0].Text())
		if !ok {
			return null()
		}
		return types.Bytes(ip.AsSlice()), nil
	}},
	{name: "inet6_ntoa", args: "b", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		ip, ok := netip.AddrFromSlice(a[0].Bytes())
		if !ok {
			return null()
		}
		if b := a[0].Bytes(); len(b) == 16 && isZero(b[:12]) && !isZero(b[12:14]) { // IPv4-compatible
			return types.String("::" + netip.AddrFrom4([4]byte(b[12:])).String()), nil
		}
		return types.String(ip.String()), nil
	}},
	addressTest("is_ipv4", func(a netip.Addr) bool { return a.Is4() }),
	addressTest("is_ipv6", func(a netip.Addr) bool { return a.Is6() }),
	bytesTest("is_ipv4_mapped", func(b []byte) bool { return isZero(b[:10]) && b[10] == 0xff && b[11] == 0xff }),
	bytesTest("is_ipv4_compat", func(b []byte) bool {
		return isZero(b[:12]) && !isZero(b[12:]) && !(isZero(b[12:15]) && b[15] == 1)
	}),
}

func isZero(b []byte) bool { return strings.Trim(string(b), "\x00") == "" }

// plainAddress reads an address without a zone.
func plainAddress(s string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(s)
	return ip, err == nil && ip.Zone() == ""
}

func addressTest(name string, test func(netip.Addr) bool) mysqlFunc {
	return mysqlFunc{name: name, args: "t", ret: types.BoolOID, nulls: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Bool(false), nil
		}
		ip, ok := plainAddress(a[0].Text())
		return types.Bool(ok && test(ip)), nil
	}}
}

// bytesTest is a test of an address of 16 bytes.
func bytesTest(name string, test func([]byte) bool) mysqlFunc {
	return mysqlFunc{name: name, args: "b", ret: types.BoolOID, nulls: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(!a[0].IsNull() && len(a[0].Bytes()) == 16 && test(a[0].Bytes())), nil
	}}
}

// inetNumber is the number of an address of version 4. Fewer than four parts leave out the middle:
// 127.1 is 127.0.0.1.
func inetNumber(s string) (n int64, ok bool) {
	dots, part := 0, int64(0)
	for _, b := range []byte(s) {
		switch {
		case b >= '0' && b <= '9':
			if part = part*10 + int64(b-'0'); part > 255 {
				return 0, false
			}
		case b == '.' && dots < 3:
			dots++
			n, part = n<<8+part, 0
		default:
			return 0, false
		}
	}
	if s == "" || s[len(s)-1] == '.' {
		return 0, false
	}
	if dots > 0 {
		n <<= 8 * (3 - dots)
	}
	return n<<8 + part, true
}
