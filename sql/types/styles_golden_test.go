package types

import (
	"strings"
	"testing"
)

// styleGolden is golden under other settings.
type styleGolden struct {
	golden
	DS, IV, TZ string
	EFD        int
}

func (g styleGolden) format(t *testing.T) *Format {
	t.Helper()
	f := testFormat()
	f.ExtraFloatDigits = g.EFD
	loc, err := LoadTimeZone(g.TZ)
	if err != nil {
		t.Fatal(err)
	}
	f.TimeZone, f.TimeZoneName = loc, g.TZ
	style, order, _ := strings.Cut(g.DS, ", ")
	f.DateStyle = map[string]DateStyle{"ISO": DateISO, "SQL": DateSQL, "Postgres": DatePostgres, "German": DateGerman}[style]
	f.DateOrder = map[string]DateOrder{"MDY": OrderMDY, "DMY": OrderDMY, "YMD": OrderYMD}[order]
	f.IntervalStyle = map[string]IntervalStyle{"postgres": IntervalPostgres, "postgres_verbose": IntervalPostgresVerbose,
		"sql_standard": IntervalSQLStandard, "iso_8601": IntervalISO8601}[g.IV]
	return f
}

func TestStyleGoldens(t *testing.T) {
	rows := readGoldens[styleGolden](t, "testdata/styles.jsonl")
	for _, g := range append(rows, readGoldens[styleGolden](t, "testdata/datetime.jsonl")...) {
		f := g.format(t)
		typ := Of(ByName(g.T).OID)
		d, err := ParseText(typ, g.S, f)
		if !g.OK {
			checkError(t, g.golden, err)
			continue
		}
		if err != nil {
			t.Errorf("%s %q (%s, %s, %s): %v, want %q", g.T, g.S, g.DS, g.IV, g.TZ, err, g.Out)
			continue
		}
		if out := string(AppendText(nil, typ, d, f)); out != g.Out {
			t.Errorf("%s %q (%s, %s, %s, %d): got %q, want %q", g.T, g.S, g.DS, g.IV, g.TZ, g.EFD, out, g.Out)
		}
	}
}
