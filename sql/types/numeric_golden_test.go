package types

import (
	"strconv"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

type numericGolden struct {
	Op, A, B       string
	OK             bool
	Out, Code, Msg string
}

func numericOp(t *testing.T, g numericGolden) (Datum, error) {
	t.Helper()
	read := func(s string) Datum {
		b, err := parseNumeric(s)
		if err != nil {
			t.Fatal(err)
		}
		return Bytes(b)
	}
	a := read(g.A)
	n, _ := strconv.Atoi(g.B)
	switch g.Op {
	case "sqrt":
		return NumericSqrt(a)
	case "ln":
		return NumericLn(a)
	case "exp":
		return NumericExp(a)
	case "ceil":
		return NumericCeil(a)
	case "floor":
		return NumericFloor(a)
	case "abs":
		return NumericAbs(a), nil
	case "-u":
		return NumericNeg(a), nil
	case "trim_scale":
		return NumericTrimScale(a)
	case "round":
		return NumericRound(a, n)
	case "trunc":
		return NumericTrunc(a, n)
	case "log":
		if g.B == "" {
			return NumericLog10(a)
		}
	}
	b := read(g.B)
	switch g.Op {
	case "+":
		return NumericAdd(a, b)
	case "-":
		return NumericSub(a, b)
	case "*":
		return NumericMul(a, b)
	case "/":
		return NumericDiv(a, b)
	case "%":
		return NumericMod(a, b)
	case "div":
		return NumericDivTrunc(a, b)
	case "power":
		return NumericPower(a, b)
	case "log":
		return NumericLog(a, b)
	}
	t.Fatalf("operator %q", g.Op)
	return Datum{}, nil
}

func TestNumericGoldens(t *testing.T) {
	bad := 0
	for _, g := range readGoldens[numericGolden](t, "testdata/numeric.jsonl") {
		switch g.Op {
		case "sign", "scale", "min_scale":
			continue
		}
		d, err := numericOp(t, g)
		var got string
		if err != nil {
			e, _ := pgerr.As(err)
			if e == nil {
				t.Fatal(err)
			}
			got = e.Code + " " + e.Message
		} else {
			got = string(appendNumeric(nil, d.ref))
		}
		want := g.Out
		if !g.OK {
			want = g.Code + " " + g.Msg
		}
		if got != want {
			if bad++; bad < 40 {
				t.Errorf("%s %s %s:\n got %s\nwant %s", g.A, g.Op, g.B, got, want)
			}
		}
	}
}

// The prefixes are those of PostgreSQL 15 for the same expressions.
func TestNumericExtremes(t *testing.T) {
	read := func(s string) Datum {
		b, err := parseNumeric(s)
		if err != nil {
			t.Fatal(err)
		}
		return Bytes(b)
	}
	for _, c := range []struct {
		what   string
		got    func() (Datum, error)
		prefix string
	}{
		{"ln(1e131000)", func() (Datum, error) { return NumericLn(read("1e131000")) }, "301638.64718221998"},
		{"ln(1e-16000)", func() (Datum, error) { return NumericLn(read("1e-16000")) }, "-36841.3614879047309442878632749498"},
		{"power(1.000001, 2e9)", func() (Datum, error) { return NumericPower(read("1.000001"), read("2000000000")) }, "387730095661834503278139804235800136482482711998799105600974"},
		{"power(10.5, 30000)", func() (Datum, error) { return NumericPower(read("10.5"), read("30000")) }, "477498595105572501822192685191783629129774770264548191942733"},
		{"power(0.5, -1000.5)", func() (Datum, error) { return NumericPower(read("0.5"), read("-1000.5")) }, "151534200448232446153225932624612313639580415920350281797305"},
		{"exp(5000.5)", func() (Datum, error) { return NumericExp(read("5000.5")) }, "489279204027326824104523666717178357330645875238154408830935"},
	} {
		d, err := c.got()
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := string(appendNumeric(nil, d.Bytes())); !strings.HasPrefix(got, c.prefix) {
			t.Errorf("%s: got %.80s", c.what, got)
		}
	}
	if _, err := NumericPower(read("12345.678"), read("150000.25")); pgerr.Code(err) != "22003" {
		t.Errorf("got %v", err)
	}
}
