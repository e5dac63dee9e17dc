package main

import (
	"fmt"
	"math"
	"strings"
)

// The goals of ordinary SQL.
const (
	sqlGoal  = 1.0 // times as fast as PostgreSQL, of each kind
	planGoal = 150 // µs to parse and plan a text that was never seen
)

// faster is how many times faster a is than b; 0 if one was not measured.
func faster(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return b / a
}

// mean is the geometric mean of a kind's ratios; 0 if one was not measured.
func (r *sqlResult) mean(kind sqlKind, of func(spent) float64) float64 {
	sum, n := 0.0, 0
	for i := range r.statements {
		if t := &r.statements[i]; t.kind == kind {
			ratio := faster(of(t.ours), of(t.theirs))
			if ratio == 0 {
				return 0
			}
			sum, n = sum+math.Log(ratio), n+1
		}
	}
	if n == 0 {
		return 0
	}
	return math.Exp(sum / float64(n))
}

// least is the smallest ratio of a kind, 0 if one was not measured.
func (r *sqlResult) least(kind sqlKind) float64 {
	least := math.Inf(1)
	for i := range r.statements {
		if t := &r.statements[i]; t.kind == kind {
			least = min(least, faster(t.ours.wall, t.theirs.wall))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

func wallTime(s spent) float64 { return s.wall }
func cpuTime(s spent) float64  { return s.cpu }

// sqlReport is the part of the document about ordinary SQL.
func sqlReport(b *strings.Builder, r *sqlResult) {
	fmt.Fprintf(b, "\n## Ordinary SQL\n\nBeside %s, both with their settings as they come but for those named above, parallel plans included. %s rows\n"+
		"(int key, two ints of 1,000 and 100,000 values, a float8, a numeric, a text of 32 letters) and %s rows, the same in both;\n"+
		"every answer is compared. Medians of %d runs by turns, in ms: until the last row is there, and processor time of all\n"+
		"processes that work on it, which other programs on the machine disturb less. Ratios above 1 are LoxoDB's favour.\n\n",
		r.peer, thousands(bigRows), thousands(smallRows), sqlRuns)
	b.WriteString("| what | LoxoDB | PostgreSQL | times faster | processor time, LoxoDB | PostgreSQL | times less |\n|---|---|---|---|---|---|---|\n")
	for kind := range kindCount {
		fmt.Fprintf(b, "| **%s**, geometric mean | | | **%s** | | | **%s** |\n", kindNames[kind],
			number(r.mean(kind, wallTime), 2), number(r.mean(kind, cpuTime), 2))
		for i := range r.statements {
			t := &r.statements[i]
			if t.kind != kind {
				continue
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", t.what,
				number(t.ours.wall*1e3, 0), number(t.theirs.wall*1e3, 0), number(faster(t.ours.wall, t.theirs.wall), 2),
				number(t.ours.cpu*1e3, 0), number(t.theirs.cpu*1e3, 0), number(faster(t.ours.cpu, t.theirs.cpu), 2))
		}
	}
	fmt.Fprintf(b, "\nFrom a text that the server has never seen to a portal that can run, without the round trip, in µs; medians of %d\ntexts of a shape:\n\n", planTexts)
	b.WriteString("| what | LoxoDB | PostgreSQL | times faster |\n|---|---|---|---|\n")
	for _, p := range r.plans {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", p.what, number(p.ours, 0), number(p.theirs, 0), number(faster(p.ours, p.theirs), 2))
	}
}

// sqlLines are the figures that have goals.
func sqlLines(r *sqlResult) []line {
	if r == nil {
		return nil
	}
	var all []line
	for kind := range kindCount {
		all = append(all, line{what: "slowest " + kindNames[kind] + ", times as fast as PostgreSQL", digits: 2, ours: r.least(kind),
			goal: fmt.Sprintf("≥ %.1f", sqlGoal), limit: sqlGoal})
	}
	for _, p := range r.plans {
		all = append(all, line{what: "parsing and planning, " + p.what + ", µs", ours: p.ours, other: p.theirs, less: true,
			goal: fmt.Sprintf("≤ %d", planGoal), limit: planGoal})
	}
	return all
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
