package regex

// states is a set of automaton states in order of insertion.
type states struct {
	list  []int32
	place []int32
	from  []int // of a search: where the match began that led to list[i]
}

func (s *states) has(at int32) bool {
	k := s.place[at]
	return int(k) < len(s.list) && s.list[k] == at
}

func (s *states) add(at int32, from int) {
	s.place[at] = int32(len(s.list))
	s.list = append(s.list, at)
	s.from = append(s.from, from)
}

func (s *states) clear() { s.list, s.from = s.list[:0], s.from[:0] }

// work is what a runner keeps of a program.
type work struct {
	now, then states
	stack     []int32
	// of a program within a look-around
	behind []bool       // whether a match ends at a place; as far as computed
	ahead  map[int]bool // whether a match begins at a place
}

// runner runs programs over a text.
type runner struct {
	text  *text
	outer work               // of the program that runs, but for what runs within its look-arounds
	works map[*program]*work // of those
	check func() error
	steps int
	err   error // from check: everything ends
	fold  bool
	caps  []int // of the dissection: where the groups are
}

func (r *runner) work(p *program) *work {
	if !p.inner {
		r.outer.fit(p)
		return &r.outer
	}
	w := r.works[p]
	if w == nil {
		w = &work{}
		w.fit(p)
		if r.works == nil {
			r.works = map[*program]*work{}
		}
		r.works[p] = w
	}
	return w
}

// fit makes room for the states of p. What is in w of another program is no use to it.
func (w *work) fit(p *program) {
	if len(w.now.place) >= len(p.insts) {
		return
	}
	for _, s := range []*states{&w.now, &w.then} {
		s.clear()
		s.place = make([]int32, cap(p.insts))
	}
}

// stepsPerCheck is how many states are looked at between two questions whether to go on.
const stepsPerCheck = 1 << 15

// pause counts work and reports that it must end.
func (r *runner) pause(n int) bool {
	if r.steps += n; r.steps >= stepsPerCheck {
		r.steps = 0
		if r.check != nil && r.err == nil {
			r.err = r.check()
		}
	}
	return r.err != nil
}

// follow adds the state at and what can be reached from it without a character.
func (r *runner) follow(p *program, w *work, s *states, at int32, pos, from int) {
	w.stack = append(w.stack[:0], at)
	for len(w.stack) > 0 {
		at := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if s.has(at) {
			continue
		}
		s.add(at, from)
		switch i := &p.insts[at]; i.op {
		case instSplit:
			w.stack = append(w.stack, i.alt, i.next)
		case instCond:
			if r.holds(i.cond, pos) {
				w.stack = append(w.stack, i.next)
			}
		case instLook:
			if r.looks(i, pos) {
				w.stack = append(w.stack, i.next)
			}
		}
	}
}

// step takes the character at pos: from w.now to the states after it.
func (r *runner) step(p *program, w *work, pos int) {
	c := r.text.chars[pos]
	w.then.clear()
	for k, at := range w.now.list {
		if i := &p.insts[at]; i.op == instChar && i.set.has(c) {
			r.follow(p, w, &w.then, i.next, pos+1, w.now.from[k])
		}
	}
	w.now, w.then = w.then, w.now
}

// longest gives where the longest match from begin ends, at most at limit; -1 = none.
func (r *runner) longest(p *program, begin, limit int) int {
	w := r.work(p)
	w.now.clear()
	r.follow(p, w, &w.now, p.start, begin, begin)
	end := -1
	for pos := begin; ; pos++ {
		stop := r.pause(len(w.now.list))
		if w.now.has(0) {
			end = pos
		}
		if stop || pos >= limit || len(w.now.list) == 0 {
			return end
		}
		r.step(p, w, pos)
	}
}

// shortest gives where the shortest match from begin ends that reaches least, at
// most at limit; -1 = none.
func (r *runner) shortest(p *program, begin, least, limit int) int {
	w := r.work(p)
	w.now.clear()
	r.follow(p, w, &w.now, p.start, begin, begin)
	for pos := begin; ; pos++ {
		stop := r.pause(len(w.now.list))
		if pos >= least && w.now.has(0) {
			return pos
		}
		if stop || pos >= limit || len(w.now.list) == 0 {
			return -1
		}
		r.step(p, w, pos)
	}
}

// exact reports whether begin to end is a match.
func (r *runner) exact(p *program, begin, end int) bool {
	return r.shortest(p, begin, end, end) == end
}

// first gives where the first match at or after from begins; -1 = none. States are
// kept in the order of where their matches began, so that the earliest one wins.
// any is content with some match.
func (r *runner) first(p *program, from int, any bool) int {
	w := r.work(p)
	w.now.clear()
	best := -1
	for pos := from; ; pos++ {
		if best < 0 {
			if len(w.now.list) == 0 && p.first != nil {
				for pos < len(r.text.chars) && !p.first.has(r.text.chars[pos]) {
					if pos++; pos%stepsPerCheck == 0 && r.pause(stepsPerCheck) {
						return -1
					}
				}
				if r.pause(1) {
					return -1
				}
			}
			r.follow(p, w, &w.now, p.start, pos, pos)
		}
		if w.now.has(0) {
			best = w.now.from[w.now.place[0]]
			if any {
				return best
			}
		}
		if best >= 0 {
			w.now.before(best)
		}
		if pos >= len(r.text.chars) || best >= 0 && len(w.now.list) == 0 || r.pause(len(w.now.list)+1) {
			return best
		}
		r.step(p, w, pos)
	}
}

// before keeps the states of matches that began before best.
func (s *states) before(best int) {
	for i, from := range s.from {
		if from >= best {
			s.list, s.from = s.list[:i], s.from[:i]
			return
		}
	}
}
