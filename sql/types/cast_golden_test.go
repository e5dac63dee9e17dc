package types

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

type castGolden struct {
	From, To, TZ, S        string
	OK, Null               bool
	Out, Code, Msg, Detail string
}

// castText is what a golden of tryc shows: the result, NULL or the error.
func castText(t *testing.T, g castGolden) string {
	t.Helper()
	f := testFormat()
	loc, err := LoadTimeZone(g.TZ)
	if err != nil {
		t.Fatal(err)
	}
	f.TimeZone, f.TimeZoneName = loc, g.TZ
	from, to := parseTypeName(t, g.From), parseTypeName(t, g.To)
	var d Datum
	if d, err = ParseText(from, g.S, f); err == nil {
		d, err = Cast(from, to, d, f, true)
	}
	if err != nil {
		e, ok := pgerr.As(err)
		if !ok {
			t.Fatal(err)
		}
		return strings.TrimSpace(e.Code + " " + e.Message + " " + e.Detail)
	}
	if d.IsNull() {
		return "NULL"
	}
	if to.OID == RegclassOID {
		to = Of(OidOID)
	}
	return string(AppendText(nil, to, d, f))
}

func TestCastGoldens(t *testing.T) {
	for _, g := range readGoldens[castGolden](t, "testdata/cast.jsonl") {
		want := g.Out
		switch {
		case !g.OK:
			want = strings.TrimSpace(g.Code + " " + g.Msg + " " + g.Detail)
		case g.Null:
			want = "NULL"
		}
		if got := castText(t, g); got != want {
			t.Errorf("%q::%s::%s (%s):\n got %s\nwant %s", g.S, g.From, g.To, g.TZ, got, want)
		}
	}
}
