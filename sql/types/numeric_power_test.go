package types

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"
)

// TestLongResults compares results of many digits with PostgreSQL's, by their md5 where they are long.
func TestLongResults(t *testing.T) {
	num := func(s string) Datum {
		t.Helper()
		d, err := ParseText(Of(NumericOID), s, DefaultFormat)
		if err != nil {
			t.Fatal(err)
		}
		return d.Clone()
	}
	sum := func(s string) string {
		h := md5.Sum([]byte(s))
		return hex.EncodeToString(h[:])
	}
	ending := func(n int) func(string) string { return func(s string) string { return s[len(s)-n:] } }
	whole := func(s string) string { return s }
	one := func(f func(Datum) (Datum, error)) func(a, b Datum) (Datum, error) {
		return func(a, _ Datum) (Datum, error) { return f(a) }
	}
	exp, ln := one(NumericExp), one(NumericLn)
	for _, c := range []struct {
		f    func(a, b Datum) (Datum, error)
		a, b string
		show func(string) string
		want string
	}{
		{NumericPower, "10.00000001", "100000", sum, "6e308e0a203d54856b0a6b15fbc31d11"},
		{NumericPower, "9.99", "131072", sum, "3f56f2435c37ac3418f8346de1094aa2"},
		{NumericPower, "7.440183e-326", "-346", sum, "dc821f4edb60dd9a78c230448bb0603a"},
		{NumericPower, "4.354686e-49", "-2532", sum, "1b6c54a6cb5c6641d7a6d52917f2f76f"},
		{NumericPower, "1.0001", "3000000", sum, "dea9f0b549b9bc08b49ab00ca749356e"},
		{NumericPower, "1.0001", "-3000000", whole, "0.0000000000000000"},
		{NumericPower, "2", "435411", sum, "8b603305889301755221469a534b277e"},
		{NumericPower, "-1.5", "100001", sum, "31fb58bcbeff11a7bcb40c4314c32d5b"},
		{NumericPower, "0.1", "1001", whole, "0.0000000000000000"},
		{NumericPower, "0.9", "2147483647", whole, "0.0000000000000000"},
		{NumericPower, "1.000000001", "2147483647", whole, "8.5632830108180172"},
		{NumericPower, "1.1", "2147483647", whole, "value overflows numeric format"},
		{exp, "1e-1000", "0", sum, "0ba679f63897f87e3b303785ac9cb538"},
		{exp, "2.391935e-398", "0", ending(20), "00000000000002391935"},
		{exp, "-3.7e-205", "0", ending(20), "99999999999999999963"},
		{ln, "1e120000", "0", whole, "276310.21115928548"},
		{ln, "9.9e131000", "0", whole, "301640.93971697713"},
		{NumericLog, "10", "1e120000", whole, "120000.00000000000"},
		{NumericLog, "1." + strings.Repeat("0", 50) + "1", "10", whole,
			"2302585092994045684017991454684364207601101488628774.127325874397990414618673079822418101005640342612728"},
	} {
		got := ""
		if d, err := c.f(num(c.a), num(c.b)); err != nil {
			got = err.Error()
		} else {
			got = c.show(string(AppendText(nil, Of(NumericOID), d, DefaultFormat)))
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s, %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}
