package sidecar

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// Budget bounds what the vector indexes of a server hold in memory together: heads,
// copies of what searches touch of sealed segments, and what builds and merges grow. One
// is shared by all of them; a nil *Budget bounds nothing. Nothing fails for want of
// memory, it becomes slower:
//
//   - A segment of which no copy has room is searched where its file is mapped, whose
//     pages are the system's to take back.
//   - A build or a merge gets what is free, and writes more and smaller segments with
//     less. One that has to go on where too little is free takes the copies of segments
//     away.
//   - A merge that nobody waits for, and that has no room, is not done.
//
// What counts is what is there for as long as the data are; reading and checking
// files, and what the collector has not found yet, is beside it.
type Budget struct {
	limit int64

	mu      sync.Mutex
	copies  map[*part]int64
	copied  int64 // sum of copies
	granted int64 // what builds and merges may hold that run now
	works   int   // how many they are
	peak    int64
	refused bool // something was, and is to be tried again when there is room
	users   map[*Index]struct{}
	mapped  map[forgetter]struct{}
	freed   notifier

	read   atomic.Int64 // bytes of mapped files since the last relief
	relief atomic.Pointer[func()]
}

// forgetter is a mapped file whose pages can be given back.
type forgetter interface{ Forget() }

var (
	_ forgetter = (*segfile.File)(nil)
	_ forgetter = (*segfile.Scratch)(nil)
)

// NewBudget returns a budget of so many bytes, 16 MiB at least.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: max(limit, leastMemory), copies: map[*part]int64{}, users: map[*Index]struct{}{}, mapped: map[forgetter]struct{}{}}
}

// Limit is the bound in bytes; 0 = there is none.
func (b *Budget) Limit() int64 {
	if b == nil {
		return 0
	}
	return b.limit
}

// Held is what is held now, and the most that ever was, in bytes. What was granted counts
// whole.
func (b *Budget) Held() (now, most int64) {
	if b == nil {
		return 0, 0
	}
	loose := b.loose()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(loose)
	return b.copied + b.granted + loose, b.peak
}

// Forget gives the pages of all mapped files back to the system, which reads them again
// when they are needed, from its cache for the most part.
func (b *Budget) Forget() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for f := range b.mapped {
		f.Forget()
	}
}

// Relief has f called whenever about 16 MiB of mapped files were read: f looks whether the
// process has come near its bound, and calls Forget then. It may be called by several
// goroutines at a time.
func (b *Budget) Relief(f func()) { b.relief.Store(&f) }

const (
	reliefEvery = 16 << 20
	// pagesAround is what is mapped of a file, at most, when a byte of it is read: some
	// versions of Linux map all that is cached in one piece.
	pagesAround = 2 << 20
)

// touched notes that n bytes of mapped files were read.
func (b *Budget) touched(n int64) {
	if b == nil || b.read.Add(n) < reliefEvery {
		return
	}
	b.read.Store(0)
	if f := b.relief.Load(); f != nil {
		(*f)()
	}
}

// within bounds memory by the budget's limit.
func (b *Budget) within(memory int64) int64 {
	if b == nil {
		return memory
	}
	return min(memory, b.limit)
}

// loose is what indexes hold that nobody asks for: vectors must be taken when they come.
func (b *Budget) loose() (n int64) {
	b.mu.Lock()
	users := make([]*Index, 0, len(b.users))
	for ix := range b.users {
		users = append(users, ix)
	}
	b.mu.Unlock()
	for _, ix := range users { // not under mu: the last user of a part gives up its copy
		n += ix.loose()
	}
	return n
}

// note keeps the peak; mu is held.
func (b *Budget) note(loose int64) { b.peak = max(b.peak, b.copied+b.granted+loose) }

// free is what is not held and not kept for heads, which nobody can refuse; mu is held.
func (b *Budget) free(loose int64) int64 {
	return b.limit - b.copied - b.granted - max(loose, b.reserve())
}

// reserve is what heads may come to hold at any time.
func (b *Budget) reserve() int64 { return b.limit / 16 }

// copy asks for room for a copy of size bytes, which is p's; false when there is none.
func (b *Budget) copy(p *part, size int64) bool {
	if b == nil {
		return true
	}
	loose := b.loose()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.free(loose) < size {
		b.refused = true
		return false
	}
	b.copies[p] = size
	b.copied += size
	b.note(loose)
	return true
}

// gone says that p has no copy any more.
func (b *Budget) gone(p *part) {
	if b == nil {
		return
	}
	b.mu.Lock()
	size, ok := b.copies[p]
	b.copied -= size
	delete(b.copies, p)
	b.mu.Unlock()
	if ok {
		b.retry()
	}
}

// retry has indexes try again what was refused.
func (b *Budget) retry() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.freed.broadcast()
	if !b.refused {
		return
	}
	b.refused = false
	for ix := range b.users {
		poke(ix.tidy)
	}
}

// smallShare of the limit is what a merge that nobody waits for may take copies of other
// segments away for: were small ones never merged because large ones have copies, there
// would be ever more of them.
const smallShare = 0.25

// fits says that a merge of in that holds want bytes can get them.
func (b *Budget) fits(want int64, in []*part) bool {
	loose := b.loose()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free(loose)+b.removable(want, in) >= want
}

// removable is the size of the copies that go, if need be, for a merge of in; mu is held.
func (b *Budget) removable(want int64, in []*part) (n int64) {
	if want <= int64(smallShare*float64(b.limit)) {
		return b.copied
	}
	for _, p := range in {
		n += b.copies[p]
	}
	return n
}

// victim is whose copy goes first so that missing bytes become free for a merge of in: of
// its own segments, else the smallest that is enough, else the largest; mu is held.
func (b *Budget) victim(missing int64, in []*part) (v *part) {
	for _, p := range in {
		if _, ok := b.copies[p]; ok {
			return p
		}
	}
	for p, size := range b.copies {
		if best := b.copies[v]; v == nil || best < missing && size > best || size >= missing && size < best {
			v = p
		}
	}
	return v
}

// grantShare of what is free is the most that one work gets: heads grow meanwhile, and
// others want to work, too.
const grantShare = 0.75

// tryGrant gives a merge of in exactly want bytes if they are there, or become free when
// copies go, see fits; nil otherwise. A nil budget grants everything.
func (b *Budget) tryGrant(want int64, in []*part) *grant {
	if b == nil {
		return &grant{bytes: want}
	}
	for {
		loose := b.loose()
		b.mu.Lock()
		free := b.free(loose)
		if free >= want {
			g := b.give(want, loose)
			b.mu.Unlock()
			return g
		}
		var v *part
		if free+b.removable(want, in) >= want {
			v = b.victim(want-free, in)
		}
		b.refused = true // what goes, or the merge
		b.mu.Unlock()
		if v == nil {
			return nil
		}
		v.unsettle()
	}
}

// grant gives a work that has to go on at most want bytes, of what is free or becomes free
// when copies go, and at least leastMemory: it waits for that while others work.
func (b *Budget) grant(ctx context.Context, want int64) (*grant, error) {
	want = max(want, leastMemory)
	if b == nil {
		return &grant{bytes: want}, nil
	}
	least := min(want, max(leastMemory, b.limit/4))
	for {
		changed := b.freed.wait()
		loose := b.loose()
		b.mu.Lock()
		free := int64(grantShare * float64(b.free(loose)))
		victim := b.victim(b.limit, nil) // the largest: the fewest go
		if free >= least || victim == nil && (free >= leastMemory || b.works == 0) {
			g := b.give(max(min(want, free), leastMemory), loose)
			b.mu.Unlock()
			return g, nil
		}
		b.refused = true
		b.mu.Unlock()
		if victim != nil {
			victim.unsettle()
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// give grants n bytes; mu is held.
func (b *Budget) give(n, loose int64) *grant {
	b.granted += n
	b.works++
	b.note(loose)
	return &grant{of: b, bytes: n}
}

// grant is what a build or a merge may hold until it gives it back.
type grant struct {
	of    *Budget // nil: there is no bound
	bytes int64
	once  sync.Once
}

func (g *grant) release() {
	if g.of == nil {
		return
	}
	g.once.Do(func() {
		g.of.mu.Lock()
		g.of.granted -= g.bytes
		g.of.works--
		g.of.mu.Unlock()
		g.of.retry()
	})
}

// join and leave name the indexes that the budget is for.
func (b *Budget) join(ix *Index) {
	if b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.users[ix] = struct{}{}
	}
}

func (b *Budget) leave(ix *Index) {
	if b != nil {
		b.mu.Lock()
		delete(b.users, ix)
		b.mu.Unlock()
		b.retry()
	}
}

// keep and drop name the mapped files. After drop a file can be unmapped: nobody forgets
// what has its addresses then.
func (b *Budget) keep(f forgetter) {
	if b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.mapped[f] = struct{}{}
	}
}

func (b *Budget) drop(f forgetter) {
	if b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.mapped, f)
	}
}
