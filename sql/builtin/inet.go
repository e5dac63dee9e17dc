package builtin

import (
	"bytes"
	"cmp"
	"math"

	"github.com/loxodb/loxodb/sql/types"
)

// inetFuncs registers chapter 9.12: network addresses.
func inetFuncs(r *registrar) {
	for rel, suffix := range relationSuffix {
		r.kernel("network_"+suffix, compareAny(relation(rel)))
	}
	r.eval("network_cmp", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.Int(networkCmp(a[0], a[1])), nil })
	r.eval("network_larger", larger)
	r.eval("network_smaller", smaller)
	inetParts(r)
	inetRelations(r)
	inetArithmetic(r)
	macaddrFuncs(r)
}

// networkCmp orders by family, common prefix, its length, and the rest; its value is the
// difference of the first bytes that differ, or of the lengths.
func networkCmp(x, y types.Datum) int64 {
	a, abits := types.InetOf(x)
	b, bbits := types.InetOf(y)
	if len(a) != len(b) {
		return int64(cmp.Compare(len(a), len(b)))
	}
	n := min(abits, bbits)
	if c := firstDifference(a[:n/8], b[:n/8]); c != 0 {
		return c
	}
	if n%8 != 0 {
		shift := 8 - n%8
		if c := cmp.Compare(a[n/8]>>shift, b[n/8]>>shift); c != 0 {
			return int64(c)
		}
	}
	if abits != bbits {
		return int64(abits - bbits)
	}
	return firstDifference(a, b)
}

func firstDifference(a, b []byte) int64 {
	for i := range a {
		if a[i] != b[i] {
			return int64(a[i]) - int64(b[i])
		}
	}
	return 0
}

// inetParts registers what one address is made of.
func inetParts(r *registrar) {
	each := func(f func(addr []byte, bits int) types.Datum, keys ...string) {
		r.evals(func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			addr, bits := types.InetOf(a[0])
			return f(addr, bits), nil
		}, keys...)
	}
	each(func(addr []byte, bits int) types.Datum { return types.MakeInet(addr, bits, true) }, "network_network", "inet_to_cidr")
	each(func(addr []byte, bits int) types.Datum {
		return types.MakeInet(mask(len(addr), bits), 8*len(addr), false)
	}, "network_netmask")
	each(func(addr []byte, bits int) types.Datum {
		return types.MakeInet(invert(mask(len(addr), bits)), 8*len(addr), false)
	}, "network_hostmask")
	each(func(addr []byte, bits int) types.Datum {
		out := invert(mask(len(addr), bits))
		for i := range out {
			out[i] |= addr[i]
		}
		return types.MakeInet(out, bits, false)
	}, "network_broadcast")
	each(func(_ []byte, bits int) types.Datum { return types.Int(int64(bits)) }, "network_masklen")
	each(func(addr []byte, _ int) types.Datum {
		if len(addr) == 4 {
			return types.Int(4)
		}
		return types.Int(6)
	}, "network_family")
	each(func(addr []byte, _ int) types.Datum { return types.Bytes(types.AppendHost(nil, addr)) }, "network_host")
	r.eval("network_show", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendNetwork(nil, a[0])), nil
	})
	r.eval("inet_abbrev", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendText(nil, types.Of(types.InetOID), a[0], c.Format)), nil
	})
	r.eval("cidr_abbrev", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendCidrAbbrev(nil, a[0])), nil
	})
	for key, cidr := range map[string]bool{"inet_set_masklen": false, "cidr_set_masklen": true} {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			addr, _ := types.InetOf(a[0])
			bits := a[1].Int()
			if bits == -1 {
				bits = int64(8 * len(addr))
			}
			if bits < 0 || bits > int64(8*len(addr)) {
				return types.Datum{}, badParam("invalid mask length: %d", bits)
			}
			return types.MakeInet(addr, int(bits), cidr), nil
		})
	}
}

// mask is an address of so many bytes whose first bits are set.
func mask(size, bits int) []byte {
	b := bytes.Repeat([]byte{0xff}, size)
	addr, _ := types.InetOf(types.MakeInet(b, bits, true))
	return addr
}

func invert(b []byte) []byte {
	out := make([]byte, len(b))
	for i, v := range b {
		out[i] = ^v
	}
	return out
}

func inetRelations(r *registrar) {
	for key, f := range map[string]func(n, m int) bool{
		"network_sub":     func(n, m int) bool { return n > m },
		"network_subeq":   func(n, m int) bool { return n >= m },
		"network_sup":     func(n, m int) bool { return n < m },
		"network_supeq":   func(n, m int) bool { return n <= m },
		"network_overlap": func(_, _ int) bool { return true },
	} {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			x, n := types.InetOf(a[0])
			y, m := types.InetOf(a[1])
			least := min(n, m)
			return types.Bool(len(x) == len(y) && f(n, m) && types.CommonBits(x, y, least) == least), nil
		})
	}
	r.eval("inet_same_family", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		x, _ := types.InetOf(a[0])
		y, _ := types.InetOf(a[1])
		return types.Bool(len(x) == len(y)), nil
	})
	r.eval("inet_merge", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		x, n := types.InetOf(a[0])
		y, m := types.InetOf(a[1])
		if len(x) != len(y) {
			return types.Datum{}, badParam("cannot merge addresses from different families")
		}
		return types.MakeInet(x, types.CommonBits(x, y, min(n, m)), true), nil
	})
}

func inetArithmetic(r *registrar) {
	r.eval("inetnot", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		addr, bits := types.InetOf(a[0])
		return types.MakeInet(invert(addr), bits, false), nil
	})
	for word, f := range map[string]func(x, y byte) byte{
		"AND": func(x, y byte) byte { return x & y },
		"OR":  func(x, y byte) byte { return x | y },
	} {
		key := map[string]string{"AND": "inetand", "OR": "inetor"}[word]
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			x, n := types.InetOf(a[0])
			y, m := types.InetOf(a[1])
			if len(x) != len(y) {
				return types.Datum{}, badParam("cannot %s inet values of different sizes", word)
			}
			out := make([]byte, len(x))
			for i := range x {
				out[i] = f(x[i], y[i])
			}
			return types.MakeInet(out, max(n, m), false), nil
		})
	}
	r.eval("inetpl", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return moveInet(a[0], a[1].Int(), false) })
	r.eval("int8pl_inet(int8,inet)", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return moveInet(a[1], a[0].Int(), false) })
	r.eval("inetmi_int8", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return moveInet(a[0], a[1].Int(), true) })
	r.eval("inetmi", inetDistance)
}

// moveInet adds a number to an address, or takes it away.
func moveInet(d types.Datum, by int64, minus bool) (types.Datum, error) {
	addr, bits := types.InetOf(d)
	if minus {
		by = -by // of the least number itself, as PostgreSQL's
	}
	out := make([]byte, len(addr))
	carry := int64(0)
	rest := by
	for i := len(addr) - 1; i >= 0; i-- {
		carry += int64(addr[i]) + rest&0xff
		out[i] = byte(carry)
		carry >>= 8
		rest >>= 8
	}
	// What is left of the number is its sign, and the carry must make up for it.
	if !(by >= 0 && rest == 0 && carry == 0 || by < 0 && rest == -1 && carry == 1) {
		return types.Datum{}, outOfRange("result is")
	}
	return types.MakeInet(out, bits, false), nil
}

// inetDistance is the number of addresses between two.
func inetDistance(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x, _ := types.InetOf(a[0])
	y, _ := types.InetOf(a[1])
	if len(x) != len(y) {
		return types.Datum{}, badParam("cannot subtract inet values of different sizes")
	}
	diff := make([]byte, len(x))
	carry := 0
	for i := len(x) - 1; i >= 0; i-- {
		carry += int(x[i]) - int(y[i])
		diff[i] = byte(carry)
		carry >>= 8
	}
	v := int64(carry) // the sign
	for i, b := range diff {
		if i >= len(diff)-8 {
			v = v<<8 | int64(b)
		} else if int8(b) != int8(carry) {
			return types.Datum{}, outOfRange("result is")
		}
	}
	if (v < 0) != (carry < 0) || v == math.MinInt64 && carry == 0 {
		return types.Datum{}, outOfRange("result is")
	}
	return types.Int(v), nil
}

// macaddrFuncs registers macaddr and macaddr8.
func macaddrFuncs(r *registrar) {
	for _, t := range []string{"macaddr", "macaddr8"} {
		for rel, suffix := range relationSuffix {
			r.kernel(t+"_"+suffix, compareBytes(relation(rel)))
		}
		r.eval(t+"_cmp", threeWay)
		r.eval(t+"_not", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.Bytes(invert(a[0].Bytes())), nil })
		for key, f := range map[string]func(x, y byte) byte{
			"_and": func(x, y byte) byte { return x & y },
			"_or":  func(x, y byte) byte { return x | y },
		} {
			r.eval(t+key, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				out := bytes.Clone(a[0].Bytes())
				for i, y := range a[1].Bytes() {
					out[i] = f(out[i], y)
				}
				return types.Bytes(out), nil
			})
		}
		r.eval(t+"_trunc", func(_ *Ctx, a []types.Datum) (types.Datum, error) { // keeps the manufacturer
			out := bytes.Clone(a[0].Bytes())
			clear(out[3:])
			return types.Bytes(out), nil
		})
	}
	r.eval("macaddr8_set7bit", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		out := bytes.Clone(a[0].Bytes())
		out[0] |= 2
		return types.Bytes(out), nil
	})
	convert := func(c *Ctx, a []types.Datum) (types.Datum, error) { return Convert(c, c.argT(0), c.retT(), a[0], true) }
	r.evals(convert, "macaddrtomacaddr8", "macaddr8tomacaddr")
}
