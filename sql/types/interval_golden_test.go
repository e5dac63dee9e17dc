package types

import (
	"strconv"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func intervalOp(t *testing.T, g numericGolden) (string, error) {
	t.Helper()
	read := func(s string) Interval {
		iv, err := parseInterval(s, testFormat(), -1)
		if err != nil {
			t.Fatal(err)
		}
		return iv
	}
	a := read(g.A)
	var r Interval
	var err error
	f, _ := strconv.ParseFloat(g.B, 64)
	switch g.Op {
	case "*":
		r, err = IntervalMul(a, f)
	case "/":
		r, err = IntervalDiv(a, f)
	case "+":
		r, err = IntervalAdd(a, read(g.B))
	case "-":
		r, err = IntervalSub(a, read(g.B))
	case "neg":
		r, err = IntervalNeg(a)
	case "justify_hours":
		r, err = JustifyHours(a)
	case "justify_days":
		r, err = JustifyDays(a)
	case "justify_interval":
		r, err = JustifyInterval(a)
	case "cmp":
		return strconv.Itoa(CompareIntervals(a, read(g.B))), nil
	default:
		t.Fatalf("operator %q", g.Op)
	}
	return string(appendIntervalText(nil, r, IntervalPostgres)), err
}

func TestIntervalGoldens(t *testing.T) {
	for _, g := range readGoldens[numericGolden](t, "testdata/interval_ops.jsonl") {
		got, err := intervalOp(t, g)
		if err != nil {
			e, _ := pgerr.As(err)
			if e == nil {
				t.Fatal(err)
			}
			got = e.Code + " " + e.Message
		}
		want := g.Out
		if !g.OK {
			want = g.Code + " " + g.Msg
		}
		if got != want {
			t.Errorf("%s %s %s: got %s, want %s", g.A, g.Op, g.B, got, want)
		}
	}
}
