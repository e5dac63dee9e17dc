package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// A statement may leave open which of several rows it wants: LIMIT without an order that
// decides, DISTINCT ON of which more columns are shown, and the order of a distance, which
// an index of PostgreSQL's vector extension serves without rows that have none. What is
// open is asked again in a way that decides.
var (
	limited  = regexp.MustCompile(`(?is)\s+LIMIT\s+(\d+);?\s*$`)
	distinct = regexp.MustCompile(`(?is)^\s*SELECT\s+DISTINCT\s+ON\s*\(([\w."\s,]+)\)`)
	distance = regexp.MustCompile(`<->|<#>|<=>|<\+>|<~>|<%>`)
)

// chosen reports that two answers that differ are both right.
func (r *captureRun) chosen(ctx context.Context, c *comparison, st captured, want, got *answer) bool {
	if st.params != nil || len(want.results) != 1 || len(got.results) != 1 || want.failure != nil || got.failure != nil {
		return false
	}
	if distance.MatchString(st.text) {
		exact := r.again(ctx, st.text, "SET LOCAL enable_indexscan = off")
		return exact[0] != nil && c.compare(ctx, exact[0], got) == nil
	}
	if !limited.MatchString(st.text) || len(want.results[0].rows) != len(got.results[0].rows) {
		return false
	}
	text := limited.ReplaceAllString(st.text, "")
	if m := distinct.FindStringSubmatch(text); m != nil {
		if !sameColumns(m[1], want, got) {
			return false
		}
		text = distinct.ReplaceAllString(text, "SELECT ")
	} else if orderKeys.MatchString(st.text) && !sameKeys(st.text, want, got) {
		return false
	}
	// Without what chooses, both have the same rows, and those of the answers are among them.
	all := r.again(ctx, text, "")
	w, g := all[0], all[1]
	if w == nil || g == nil {
		return false
	}
	unordered := *c
	unordered.ordered = false
	return unordered.compare(ctx, w, g) == nil && among(want, w) && among(got, w)
}

// again asks both servers in transactions of their own, PostgreSQL with a setting; nil
// where one fails.
func (r *captureRun) again(ctx context.Context, sql, first string) (answers [2]*answer) {
	ask := func(c *client, o *objects, to **answer, setting string) {
		c.run(ctx, statement{sql: "BEGIN"}, false)
		if setting != "" {
			c.run(ctx, statement{sql: setting}, false)
		}
		a := c.run(ctx, statement{sql: sql}, false)
		c.run(ctx, rollback, false)
		if a.failure == nil && a.broken == nil && len(a.results) == 1 {
			said(&a, o, ownAliases(sql))
			*to = &a
		}
	}
	if r.want.conn.TxStatus() != 'I' || r.got.conn.TxStatus() != 'I' {
		return answers // what was sent must go on in its transaction
	}
	ask(r.want, r.wantNames, &answers[0], first)
	ask(r.got, r.gotNames, &answers[1], "")
	return answers
}

func among(part, all *answer) bool {
	text := func(row [][]byte) string {
		var b strings.Builder
		for _, v := range row {
			b.WriteString("|")
			b.Write(v)
		}
		return b.String()
	}
	rows := map[string]bool{}
	for _, row := range all.results[0].rows {
		rows[text(row)] = true
	}
	return !slices.ContainsFunc(part.results[0].rows, func(row [][]byte) bool { return !rows[text(row)] })
}

// sameColumns reports that the rows have the same values in the columns of a list.
func sameColumns(list string, want, got *answer) bool {
	return sameKeys("SELECT ORDER BY "+list, want, got)
}
