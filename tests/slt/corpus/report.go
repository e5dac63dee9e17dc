package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// slowness is a statement that took long.
type slowness struct {
	file       string
	line       int
	took, peer time.Duration // peer is 0 where PostgreSQL was not asked
}

// time keeps the slowest statements of a file.
func (r *runner) time(rec *record, got, want *answer) {
	s := slowness{file: r.file, line: rec.line, took: got.took}
	if want != nil {
		s.peer = want.took
	}
	r.slow = slowestOf(append(r.slow, s), r.slowest)
}

// slowestOf keeps the n slowest, the slowest first.
func slowestOf(list []slowness, n int) []slowness {
	slices.SortStableFunc(list, func(a, b slowness) int { return cmp.Compare(b.took, a.took) })
	return list[:min(n, len(list))]
}

// summary adds the tallies of files up.
type summary struct {
	o       *options
	files   int
	asked   int
	passed  int
	byFile  int
	byPeer  int
	reasons map[reason]int
	dirs    map[string]*tally // by the directory of the file
	broken  []*tally
	slow    []slowness
}

func newSummary(o *options) *summary {
	return &summary{o: o, reasons: map[reason]int{}, dirs: map[string]*tally{}}
}

// add counts a file and writes what it found, the first of each reason.
func (s *summary) add(w io.Writer, t *tally) {
	s.files++
	s.asked += t.asked
	s.passed += t.passed
	s.byFile += t.byFile
	s.byPeer += t.byPeer
	dir := s.dirs[path.Dir(t.file)]
	if dir == nil {
		dir = &tally{file: path.Dir(t.file)}
		s.dirs[dir.file] = dir
	}
	dir.asked += t.asked
	dir.byFile += t.byFile
	dir.byPeer += t.byPeer
	if t.err != nil {
		s.broken = append(s.broken, t)
	}
	s.slow = slowestOf(append(s.slow, t.slow...), s.o.slowest)
	shown := map[reason]int{}
	for _, f := range t.findings {
		s.reasons[f.why]++
		if shown[f.why]++; shown[f.why] <= s.o.show {
			fmt.Fprintf(w, "%s:%d: %s\n%s\n%s\n\n", f.file, f.line, f.why, clip(f.sql), indent(f.detail))
		}
	}
}

// clip shortens a statement that nobody reads to its end.
func clip(sql string) string {
	const most = 1500
	if len(sql) <= most {
		return sql
	}
	return sql[:most] + " …"
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// String is the end of the report.
func (s *summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-40s %10s %10s %10s %10s\n", "directory", "records", "as file", "as peer", "agree")
	for _, name := range slices.Sorted(maps.Keys(s.dirs)) {
		d := s.dirs[name]
		fmt.Fprintf(&b, "%-40s %10d %10d %10d %10s\n", name, d.asked, d.byFile, d.byPeer, share(d.byFile+d.byPeer, d.asked))
	}
	for _, t := range s.broken {
		fmt.Fprintf(&b, "%s did not run to its end: %v\n", t.file, t.err)
	}
	for _, x := range s.slow {
		fmt.Fprintf(&b, "%8.0f ms  %s:%d", float64(x.took)/1e6, x.file, x.line)
		if x.peer > 0 {
			fmt.Fprintf(&b, " (PostgreSQL %.0f ms)", float64(x.peer)/1e6)
		}
		b.WriteByte('\n')
	}
	for _, why := range slices.Sorted(maps.Keys(s.reasons)) {
		fmt.Fprintf(&b, "%8d  %s\n", s.reasons[why], why)
	}
	fmt.Fprintf(&b, "%d files, %d records (%d passed over): %d as the file says, %d as PostgreSQL says otherwise, %s agree\n",
		s.files, s.asked, s.passed, s.byFile, s.byPeer, share(s.byFile+s.byPeer, s.decided()))
	return b.String()
}

// decided is how many records count.
func (s *summary) decided() int { return s.asked - s.reasons[undecided] }

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f %%", 100*float64(n)/float64(of))
}

// passes reports whether the share that was asked for agrees and nothing broke.
func (s *summary) passes() bool {
	return len(s.broken) == 0 && float64(s.byFile+s.byPeer) >= s.o.least/100*float64(s.decided())
}
