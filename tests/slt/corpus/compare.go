package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// reason says why an answer does not count as agreement.
type reason string

const (
	agreed       reason = ""
	stuck        reason = "no answer in time"
	lost         reason = "connection lost"
	internal     reason = "internal error"
	refused      reason = "not supported"
	failed       reason = "fails where an answer is expected"
	answered     reason = "answers where an error is expected"
	otherState   reason = "other SQLSTATE"
	otherTypes   reason = "other column types"
	otherRows    reason = "other rows"
	otherOrder   reason = "other order"
	otherLabel   reason = "other rows than the same label before"
	undecided    reason = "PostgreSQL did not answer in time"
	shownLines          = 6
	firstUserOID        = 16384 // where the numbers of users' types begin, each server's own
	unsupported         = "0A000"
)

// against compares an answer with what the file says. Of errors it only knows that
// there is one.
func (r *record) against(got *answer) reason {
	switch {
	case got.late:
		return stuck
	case got.lost != nil:
		return lost
	case got.failure != nil && got.failure.Code == "XX000":
		return internal
	case r.fails && got.failure != nil:
		return agreed
	case r.fails:
		return answered
	case got.failure != nil && got.failure.Code == unsupported:
		return refused
	case got.failure != nil:
		return failed
	case r.want != nil && !r.agrees(r.lines(got.rows)):
		return otherRows
	}
	return agreed
}

// compare compares an answer with PostgreSQL's.
func (r *record) compare(want, got *answer) reason {
	switch {
	case want.late || want.lost != nil:
		return undecided
	case got.late:
		return stuck
	case got.lost != nil:
		return lost
	case want.failure == nil && got.failure == nil:
		return r.compareRows(want, got)
	case want.failure != nil && got.failure != nil && want.failure.Code == got.failure.Code:
		return agreed
	case got.failure == nil:
		return answered
	case got.failure.Code == "XX000":
		return internal
	case got.failure.Code == unsupported:
		return refused
	case want.failure == nil:
		return failed
	}
	return otherState
}

func (r *record) compareRows(want, got *answer) reason {
	if !slices.EqualFunc(want.types, got.types, func(a, b uint32) bool { return a == b || a >= firstUserOID && b >= firstUserOID }) {
		return otherTypes
	}
	w, g := rowTexts(want), rowTexts(got)
	if slices.Equal(w, g) || explains.MatchString(r.sql) {
		return agreed
	}
	slices.Sort(w)
	slices.Sort(g)
	switch {
	case !slices.Equal(w, g):
		return otherRows
	case r.sort == noSort && ordered.MatchString(r.sql):
		return otherOrder
	}
	return agreed
}

// ordered is a guess at whether the order of rows is part of the answer.
var ordered = regexp.MustCompile(`(?i)\border\s+by\b`)

// explains are statements whose answer is a plan, which each server has its own of.
var explains = regexp.MustCompile(`(?i)^\s*explain\b`)

// rowTexts is a row a string, as the server wrote it.
func rowTexts(a *answer) []string {
	texts := make([]string, len(a.rows))
	for i, row := range a.rows {
		values := make([]string, len(row))
		for j, v := range row {
			values[j] = "NULL"
			if v != nil {
				values[j] = string(v)
			}
		}
		texts[i] = strings.Join(values, " | ")
	}
	return texts
}

// difference shows the first lines in which two answers differ.
func (r *record) difference(why reason, want, got *answer) string {
	if want == nil {
		if why != otherRows {
			return fmt.Sprintf("got %s", got.outcome())
		}
		return lineDifference(r.want, r.lines(got.rows))
	}
	if why != otherRows && why != otherOrder {
		return fmt.Sprintf("want %s, got %s", want.outcome(), got.outcome())
	}
	w, g := rowTexts(want), rowTexts(got)
	if why == otherRows && !ordered.MatchString(r.sql) {
		slices.Sort(w)
		slices.Sort(g)
	}
	return lineDifference(w, g)
}

// lineDifference shows a few lines from the first on that differs.
func lineDifference(want, got []string) string {
	start := 0
	for start < min(len(want), len(got)) && want[start] == got[start] {
		start++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d and %d lines, from line %d on (want -, got +)", len(want), len(got), start+1)
	for _, side := range []struct {
		mark  string
		lines []string
	}{{"-", want}, {"+", got}} {
		for _, l := range side.lines[start:min(len(side.lines), start+shownLines)] {
			b.WriteString("\n" + side.mark + " " + l)
		}
	}
	return b.String()
}
