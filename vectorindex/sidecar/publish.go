package sidecar

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// change replaces parts of the set: a full head by its segment (seal), segments
// by fewer or smaller ones (merge), or adds segments (build).
type change struct {
	add    []*part // none when nothing is left to add
	from   uint64
	frozen *part
	// renumbered: add has not the ordinals of frozen.
	renumbered bool
	drop       []*part
	bulk       bool // add may repeat entries of other parts
	done       []Mark
	validFrom  uint64
	fill       *fill // nil: it does not change
}

// fill is how far an index is filled with a change.
type fill struct {
	state FillState
	to    uint64
}

// Staged is a change whose files are durable and whose manifest waits for its
// commit. While it is open no other change of the segment set can commit.
// Exactly one of Install and Abort ends it.
type Staged struct {
	// Manifest is what the caller commits. He deletes no marks: those of changes
	// that a build covers belong to the head, whose seal deletes them.
	Manifest Manifest

	ix      *Index
	c       change
	at      uint64 // ops before it are replayed on c.add
	written []writtenDeletes
}

type writtenDeletes struct {
	p      *part
	number uint64
	sum    uint32
	dead   int64
}

// stage makes a change's files durable and composes its manifest. It takes over
// c.add's references, and the log's pin at c.from stays with the caller.
func (ix *Index) stage(ctx context.Context, c change) (*Staged, error) {
	st := &Staged{ix: ix, c: c}
	if c.fill == nil { // else nobody searches yet
		for _, p := range c.add {
			p.settle()
		}
	}
	if err := ix.manifestMu.acquire(ctx); err != nil {
		st.releaseAdded() // the file stays as an orphan: the next Open removes it
		return nil, err
	}
	set, err := ix.acquire()
	if err != nil {
		st.abandon()
		return nil, err
	}
	defer set.release()
	ix.applyMu.Lock()
	st.at = c.from
	if c.bulk {
		for _, p := range c.add {
			ix.hideRepeated(p, set)
		}
	}
	ix.replay(st)
	ix.applyMu.Unlock()
	if err := st.writeDeletes(ctx, set); err != nil {
		st.Abort()
		return nil, err
	}
	st.compose(set)
	return st, nil
}

// replay kills the entries of the added segments that died since they were read from
// their sources. Apply lock.
func (ix *Index) replay(st *Staged) {
	if st.c.frozen != nil && !st.c.renumbered {
		for _, p := range st.c.add { // same entries, same ordinals
			st.c.frozen.dead.each(p.kill)
		}
		return
	}
	for _, o := range ix.log.since(st.at) {
		for _, p := range st.c.add {
			var ord uint32
			var ok bool
			ord, ok, ix.scratch = p.live(o.row, ix.scratch)
			if ok && o.ts > p.cols.addedAt(ord) && (o.gone || o.epoch != p.cols.epoch(ord)) {
				p.kill(ord, o.ts)
			}
		}
	}
	st.at = ix.log.end()
}

// never is the time of death of an entry that repeats another one: no snapshot
// sees it.
const never = 1

// hideRepeated hides the entries of a bulk-built segment that other parts hold as
// well: changes that were applied before the build read them. The others' marks
// are still in the outbox or covered by a seal, so the hiding may be durable. Not
// the other way round: searches that run on the present set would lose the row.
// Apply lock.
func (ix *Index) hideRepeated(add *part, set *partSet) {
	set.each(func(p *part) bool {
		if p.apart(add) {
			return true
		}
		for ord := range p.n.Load() {
			ix.scratch = add.appendOrds(ix.scratch[:0], p.cols.row(ord))
			for _, o := range ix.scratch {
				if add.cols.epoch(o) == p.cols.epoch(ord) && p.dead.get(ord) != never {
					add.kill(o, never)
				}
			}
		}
		return true
	})
}

// apart says that two sealed segments surely have no row in common.
func (p *part) apart(o *part) bool {
	a, b := p.sorted.rows, o.sorted.rows
	return p.file != nil && o.file != nil && (len(a) == 0 || len(b) == 0 || a[len(a)-1] < b[0] || b[len(b)-1] < a[0])
}

// writeDeletes stores the deaths of every segment that has new ones: the marks
// that tell of them may be deleted with this commit.
func (st *Staged) writeDeletes(ctx context.Context, set *partSet) error {
	for _, p := range slices.Concat(set.segs, st.c.add) {
		if slices.Contains(st.c.drop, p) || p.dead.dead.Load() == p.stored {
			continue
		}
		number, sum, dead, err := st.ix.writeDeletes(ctx, p)
		if err != nil {
			return err
		}
		st.written = append(st.written, writtenDeletes{p, number, sum, dead})
	}
	return nil
}

func (st *Staged) compose(set *partSet) {
	m := st.ix.manifest.clone()
	m.Generation++
	m.ValidFrom = max(m.ValidFrom, set.validFrom, st.c.validFrom)
	if f := st.c.fill; f != nil {
		m.Filled, m.FilledTo = f.state, f.to
	}
	m.Segments = m.Segments[:0]
	for _, p := range slices.Concat(st.c.add, set.segs) {
		if slices.Contains(st.c.drop, p) {
			continue
		}
		meta := p.meta
		for _, w := range st.written {
			if w.p == p {
				meta.Deletes, meta.DeletesSum, meta.Dead = w.number, w.sum, uint64(w.dead)
			}
		}
		m.Segments = append(m.Segments, meta)
	}
	m.Next = st.ix.nextNumber.Load()
	st.Manifest = m
}

// Install makes the committed change visible to searches.
func (st *Staged) Install() error {
	ix, c := st.ix, &st.c
	defer ix.manifestMu.release()
	ix.manifest = st.Manifest
	for _, w := range st.written {
		if old := w.p.meta.Deletes; old != 0 {
			ix.removeFile(deletesName(old))
		}
		w.p.meta.Deletes, w.p.meta.DeletesSum, w.p.meta.Dead = w.number, w.sum, uint64(w.dead)
		w.p.stored = w.dead
	}
	ix.applyMu.Lock()
	defer ix.applyMu.Unlock()
	cur, err := ix.acquire()
	if err != nil {
		st.releaseAdded()
		return err
	}
	defer cur.release()
	next := &partSet{head: cur.head, validFrom: st.Manifest.ValidFrom}
	next.validFrom = max(next.validFrom, cur.validFrom)
	ix.replay(st)
	next.segs = append(next.segs, c.add...)
	for _, p := range cur.frozen {
		if p != c.frozen {
			next.frozen = append(next.frozen, p)
		}
	}
	for _, p := range cur.segs {
		if !slices.Contains(c.drop, p) {
			next.segs = append(next.segs, p)
			continue
		}
		p.obsolete.Store(true)
		if p.meta.Deletes != 0 {
			ix.removeFile(deletesName(p.meta.Deletes))
		}
	}
	err = ix.install(next)
	st.releaseAdded()
	keep := next.head.ops.lo
	for _, p := range next.frozen {
		keep = min(keep, p.ops.lo)
	}
	ix.log.trim(keep)
	ix.moved.broadcast()
	poke(ix.tidy)
	ix.cfg.Budget.retry() // a head has become smaller
	return err
}

// releaseAdded gives up the references to the added parts that stage took over.
func (st *Staged) releaseAdded() {
	for _, p := range st.c.add {
		p.release()
	}
}

// Abort gives the change up and removes its files: only when its manifest was
// certainly not committed.
func (st *Staged) Abort() {
	for _, w := range st.written {
		st.ix.removeFile(deletesName(w.number))
	}
	for _, p := range st.c.add {
		p.obsolete.Store(true)
	}
	st.abandon()
}

// abandon gives the change up but leaves its files, in case they are committed.
func (st *Staged) abandon() {
	st.releaseAdded()
	st.ix.manifestMu.release()
}

// commit stages a change, commits it through commit, and installs it. When the
// outcome of the commit is not known, the source is asked.
func (ix *Index) commit(ctx context.Context, c change, commit func(context.Context, Manifest) error) error {
	st, err := ix.stage(ctx, c)
	if err != nil {
		return err
	}
	err = commit(ctx, st.Manifest.clone())
	if err == nil {
		return st.Install()
	}
	m, err2 := ix.cfg.Source.Manifest(ctx)
	switch {
	case err2 != nil:
		st.abandon()
		return fmt.Errorf("sidecar: outcome of the commit is not known: %w", errors.Join(err, err2))
	case m.Generation == st.Manifest.Generation:
		return st.Install()
	}
	st.Abort()
	return err
}

// sealChange commits a change through Source.Seal.
func (ix *Index) sealChange(ctx context.Context, c change) error {
	return ix.commit(ctx, c, func(ctx context.Context, m Manifest) error {
		_, err := ix.cfg.Source.Seal(ctx, c.done, m)
		return err
	})
}
