package sidecar

// settle copies what searches touch of a sealed segment into memory, if the budget has
// room for it. Without the copy the part works, but slowly, and holds only what it maps.
func (p *part) settle() {
	if p.file == nil || !p.file.Mapped() || p.copyBytes() == 0 {
		return
	}
	p.settling.Lock()
	defer p.settling.Unlock()
	if p.settled || !p.budget.copy(p, p.copyBytes()) {
		return
	}
	if g := p.vecs.graph; g != nil {
		g.Settle(p.forgetRead)
	}
	if x := p.vecs.lists; x != nil {
		x.Settle()
	}
	p.settled = true
	p.file.Forget()
}

// forgetRead gives back what was read of the file, where memory is bounded.
func (p *part) forgetRead() {
	if p.budget != nil {
		p.file.Forget()
	}
}

// unsettle gives the copy up. Searches that have begun keep it until they end.
func (p *part) unsettle() {
	p.settling.Lock()
	defer p.settling.Unlock()
	if !p.settled {
		return
	}
	if g := p.vecs.graph; g != nil {
		g.Unsettle()
	}
	if x := p.vecs.lists; x != nil {
		x.Unsettle()
	}
	p.settled = false
	p.budget.gone(p)
}

func (p *part) isSettled() bool {
	p.settling.Lock()
	defer p.settling.Unlock()
	return p.settled
}

// copyBytes is what a copy of a sealed segment takes.
func (p *part) copyBytes() int64 {
	switch {
	case p.vecs.graph != nil:
		return p.vecs.graph.Bytes()
	case p.vecs.lists != nil:
		return p.vecs.lists.Bytes() - p.view().Memory(p.n.Load())
	}
	return 0
}

// settleAll makes the segments that are not in memory yet ready for searches, as far as
// the budget has room.
func (ix *Index) settleAll() error {
	set, err := ix.acquire()
	if err != nil {
		return err
	}
	defer set.release()
	for _, p := range set.segs {
		p.settle()
	}
	return nil
}

// settleMore makes copies for which there is room now.
func (ix *Index) settleMore() {
	if ix.cfg.Budget == nil {
		return // there was always room
	}
	if state, _ := ix.FilledTo(); state != Filling { // else nobody searches yet
		_ = ix.settleAll() // closed: there is nothing to do
	}
}

// loose is the memory of the parts that the budget is not asked for.
func (ix *Index) loose() (n int64) {
	set, err := ix.acquire()
	if err != nil {
		return 0
	}
	defer set.release()
	set.each(func(p *part) bool {
		if p.file == nil {
			n += p.bytes()
		} else {
			n += p.dead.bytes()
		}
		return true
	})
	return n
}

// headBytes is the memory at which a head is sealed. Where memory is bounded several must
// fit beside what is there for good.
func (ix *Index) headBytes() int64 {
	if limit := ix.cfg.Budget.Limit(); limit > 0 {
		return min(ix.cfg.memory()/4, max(limit/16, leastMemory/4))
	}
	return ix.cfg.memory() / 4
}
