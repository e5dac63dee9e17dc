package executor

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
)

// sharedFrom is how many rows two goroutines sort together.
const sharedFrom = 1 << 16

// sortCrew finds a goroutine that helps to sort, for one operator. nil finds none.
type sortCrew struct {
	env  *Env
	node int // whose workers are counted
}

// join takes a place for a helper, if one is left beside the statement's own goroutine.
func (c *sortCrew) join() bool {
	if c == nil || c.env.Workers == 0 || !c.env.Helpers.Take(1) {
		return false
	}
	if c.node < len(c.env.Counters) {
		n := &c.env.Counters[c.node]
		n.Workers = max(n.Workers, 1)
	}
	return true
}

// share is byPrefix with a helper, whose place is taken: each makes half of the entries,
// these are parted by a prefix in their middle, and each sorts a part.
func (r *rowSorter) share(rows []uint32, k, skip int) {
	other := rowSorter{order: r.order, keys: r.keys}
	defer r.crew.env.Helpers.Give()
	form := prefixForm(r.order.types[k])
	e, half := r.entries[:len(rows)], len(rows)/2
	var forms [2]keyForm
	both(func() { forms[0] = r.fill(e[:half], rows[:half], form, k, skip) },
		func() { forms[1] = other.fill(e[half:], rows[half:], form, k, skip) })
	form = min(forms[0], forms[1]) // otherKey, if one of them is
	low := partEntries(e, r.spare[:len(rows)])
	for i := range e {
		rows[i] = e[i].row
	}
	other.entries, other.spare = r.entries[low:len(rows)], r.spare[low:len(rows)]
	mine := rowSorter{order: r.order, keys: r.keys, entries: r.entries[:low], spare: r.spare[:low]}
	both(func() { mine.byEntries(rows[:low], form, k, skip) }, func() { other.byEntries(rows[low:], form, k, skip) })
}

// partEntries brings those whose prefix is below one in the middle to the front; all
// keep their order. It returns how many they are.
func partEntries(e, spare []sortEntry) int {
	sample := make([]uint64, 0, 1024)
	for i := 0; i < len(e); i += max(1, len(e)/1023) {
		sample = append(sample, e[i].prefix)
	}
	slices.Sort(sample)
	middle := sample[len(sample)/2]
	low, high := 0, 0
	for _, x := range e {
		if x.prefix < middle {
			e[low] = x
			low++
		} else {
			spare[high] = x
			high++
		}
	}
	copy(e[low:], spare[:high])
	return low
}

// both runs two functions side by side. A panic of the other goroutine comes out here.
func both(mine, others func()) {
	var failed *workerPanic
	var done sync.WaitGroup
	done.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				failed = &workerPanic{fmt.Sprintf("%v\n%s", p, debug.Stack())}
			}
		}()
		others()
	})
	defer func() {
		done.Wait()
		if failed != nil {
			panic(failed)
		}
	}()
	mine()
}
