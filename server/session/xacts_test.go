package session

import (
	"slices"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

// beginXacts gives n transactions numbers, which follow each other.
func beginXacts(t *testing.T, x *xacts, n int) []uint64 {
	t.Helper()
	var out []uint64
	for range n {
		no, err := x.begin(t.Context(), &Session{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, no)
	}
	return out
}

func TestSnapshotsOfTransactions(t *testing.T) {
	x := newXacts(memkv.New())
	n := beginXacts(t, x, 5)
	first := n[0]
	check := func(at kv.TS, own, xmin, xmax uint64, xip ...uint64) {
		t.Helper()
		s, err := x.snapshot(t.Context(), at, own)
		if err != nil {
			t.Fatal(err)
		}
		if s.Xmin != xmin || s.Xmax != xmax || !slices.Equal(s.Xip, xip) {
			t.Errorf("at %d: %d:%d:%v, want %d:%d:%v", at, s.Xmin, s.Xmax, s.Xip, xmin, xmax, xip)
		}
	}
	check(10, 0, first, first) // none has ended
	x.end(n[3], true, 20)
	check(20, 0, first, n[4], n[0], n[1], n[2])
	check(20, n[0], first, n[4], n[1], n[2]) // one's own is not listed
	check(19, 0, first, first)               // before the commit
	x.end(n[0], true, 30)
	x.end(n[1], false, 0)
	x.end(n[4], true, 0) // without a trace
	check(20, 0, first, n[4]+1, n[0], n[2])
	check(30, 0, n[2], n[4]+1, n[2])
	x.end(n[2], true, 40)
	x.end(n[2], false, 0) // known already
	check(40, 0, n[4]+1, n[4]+1)
	for i, want := range []string{"committed", "aborted", "committed", "committed", "committed"} {
		if got, err := x.status(t.Context(), n[i]); got != want || err != nil {
			t.Errorf("transaction %d: %s, %v, want %s", i, got, err, want)
		}
	}
	if _, err := x.status(t.Context(), n[4]+1); err == nil {
		t.Error("a number of the future has a status")
	}
}

// Which transactions a view shows is remembered of a bounded number, and what was forgotten
// is an error, never another answer.
func TestTransactionsAreForgotten(t *testing.T) {
	x := newXacts(memkv.New()) // it says of no view that everybody sees it
	at := kv.TS(100)
	turn := func(times int) (last uint64) {
		for range times {
			last = beginXacts(t, x, 1)[0]
			at++
			x.end(last, true, at)
		}
		return last
	}
	first := turn(1)
	turn(maxEnded)
	if len(x.ended) > maxEnded {
		t.Errorf("%d ended transactions are kept", len(x.ended))
	}
	if _, err := x.snapshot(t.Context(), 100, 0); err == nil {
		t.Error("a view is described whose transactions are forgotten")
	}
	last := turn(1)
	if s, err := x.snapshot(t.Context(), at-1, 0); err != nil || s.Shows(last) || !s.Shows(last-1) || !s.Shows(first) {
		t.Errorf("%v, %v", s, err)
	}
	if got, _ := x.status(t.Context(), first); got != "committed" {
		t.Errorf("the first transaction is %q, long after", got)
	}
	if got, _ := x.status(t.Context(), last); got != "committed" {
		t.Errorf("the last transaction is %q", got)
	}
	x.oldest = func() kv.TS { return at - 10 }
	turn(maxEnded)
	if len(x.ended) > 2*leastSweep {
		t.Errorf("%d are kept that everybody sees", len(x.ended))
	}
}

// Outcomes are known for long, in little memory while transactions commit.
func TestOutcomesOfLongAgo(t *testing.T) {
	var o outcomes
	const many = 40 * outcomesOfPage
	aborted := map[uint64]bool{5: true, 3*outcomesOfPage + 7: true, many - 1: true}
	for n := range uint64(many) {
		o.note(n, outcomeUnknown)
		if aborted[n] {
			o.note(n, outcomeAborted)
		} else {
			o.note(n, outcomeCommitted)
		}
	}
	for n := range uint64(many) {
		want := byte(outcomeCommitted)
		if aborted[n] {
			want = outcomeAborted
		}
		if got := o.of(n); got != want {
			t.Fatalf("transaction %d: %d, want %d", n, got, want)
		}
	}
	own := 0
	for _, p := range o.pages {
		if p != allCommitted {
			own++
		}
	}
	if own > 4 {
		t.Errorf("%d pages of their own, want those of the three that failed", own)
	}
	o.note(outcomesOfPage+1, outcomeAborted) // within a page that is shared
	if o.of(outcomesOfPage+1) != outcomeAborted || o.of(2*outcomesOfPage+1) != outcomeCommitted {
		t.Error("a shared page was written")
	}
	o.note(maxOutcomePages*outcomesOfPage, outcomeCommitted)
	if o.of(6) != outcomeUnknown || len(o.pages) > maxOutcomePages {
		t.Error("the oldest page is still there")
	}
}
