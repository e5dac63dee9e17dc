package main

import (
	"strings"
	"testing"
)

func sqlSample() *sqlResult {
	at := func(kind sqlKind, what string, ours, theirs spent) sqlTimes {
		return sqlTimes{sqlStatement{kind: kind, what: what}, ours, theirs}
	}
	return &sqlResult{
		peer: "PostgreSQL of the test",
		statements: []sqlTimes{
			at(grouping, "few groups", spent{.1, .2}, spent{.2, .3}),
			at(grouping, "many groups", spent{.2, .2}, spent{.1, .1}),
			at(joining, "counted", spent{.1, 0}, spent{.3, 0}),
			at(sorting, "by an int", spent{.1, .1}, spent{.1, .1}),
		},
		plans: []planTimes{{"a join", 149.6, 300}, {"a row", 151, 0}},
	}
}

// TestSQLReport: ratios are PostgreSQL's time by LoxoDB's, a kind's goal is for its
// slowest statement, and what was not measured has none.
func TestSQLReport(t *testing.T) {
	m := bench1
	m.sql = sqlSample()
	text := report(sample(), nil, m)
	for what, want := range map[string]string{
		"slowest GROUP BY over 1M rows":             "0.50 – – ≥ 1.0 no",
		"slowest join of 1M and 100k rows":          "3.00 – – ≥ 1.0 yes",
		"slowest sort of 1M rows":                   "1.00 – – ≥ 1.0 yes",
		"slowest window functions over 1M rows":     "– – – ≥ 1.0 not measured",
		"parsing and planning, a join, µs":          "150 300 2.0 ≤ 150 yes",
		"parsing and planning, a row, µs":           "151 – – ≤ 150 no",
		"**GROUP BY over 1M rows**, geometric mean": "  **1.00**   **0.87**",
		"few groups":                        "100 200 2.00 200 300 1.50",
		"**join of 1M and 100k rows**":      "  **3.00**   **–**",
		"counted":                           "100 300 3.00 – – –",
		"**window functions over 1M rows**": "  **–**   **–**",
		"by an int":                         "100 100 1.00 100 100 1.00",
		"10 nearest, queries/s at recall ≥ .945": "1520 304 5.0 ≥ 5 × 304 yes",
	} {
		if got := strings.Join(cells(t, text, what), " "); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	for _, not := range []string{"Inf", "NaN"} {
		if strings.Contains(text, not) {
			t.Errorf("%q in:\n%s", not, text)
		}
	}
}

func TestSQLReportAlone(t *testing.T) {
	m := bench1
	m.sql = sqlSample()
	text := report(nil, nil, m)
	if strings.Contains(text, "GloVe") || !strings.Contains(text, "## Ordinary SQL") {
		t.Fatal(text)
	}
}

// TestAnswer: the order of rows counts where the statement has one.
func TestAnswer(t *testing.T) {
	digest := func(ordered bool, rows ...string) answer {
		var a answer
		for _, r := range rows {
			a.add(row(r), ordered)
		}
		return a
	}
	if digest(false, "a", "b") != digest(false, "b", "a") {
		t.Error("the order of unordered rows counts")
	}
	if digest(true, "a", "b") == digest(true, "b", "a") {
		t.Error("the order of ordered rows does not count")
	}
	for _, ordered := range []bool{false, true} {
		if digest(ordered, "a", "b") == digest(ordered, "a", "c") || digest(ordered, "a") == digest(ordered, "a", "a") {
			t.Error("other rows have the same digest")
		}
	}
}

// TestPlanShapes: each number makes another text, with one number in it.
func TestPlanShapes(t *testing.T) {
	for _, s := range planShapes {
		text := s.text(1234)
		if strings.Count(text, "1234") != 1 || strings.Contains(text, "%!") || strings.Contains(text, "%%") || text == s.text(1235) {
			t.Errorf("%q", text)
		}
	}
}

func TestParseStat(t *testing.T) {
	line := "17 (post) gres: (x) S 5 17 17 0 -1 4194560 1 2 3 4 150 50 1000 100 20 0 1 0 12345\n"
	if got, want := parseStat(line), (procStat{5, 2, 11}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	for _, bad := range []string{"", "17 (x) S 5", "17 (x) S a 17 17 0 -1 4194560 1 2 3 4 150 50 1000 100"} {
		if got := parseStat(bad); got != (procStat{}) {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestMiddle(t *testing.T) {
	if m := middle([]float64{5, 1, 3, 4}); m != 3.5 {
		t.Error(m)
	}
	if m := middle([]float64{5, 1, 3}); m != 3 {
		t.Error(m)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
