package regex

// search finds the first match at or after a character.
func (m *Matcher) search(from int, groups bool) ([]int, error) {
	re, r := m.re, m.run
	for {
		begin := r.first(re.prog, from, !groups && !re.hasBack)
		if r.err != nil {
			return nil, r.err
		}
		if begin < 0 {
			return nil, nil
		}
		if !groups && !re.hasBack {
			return []int{0, 0}, nil
		}
		loc, err := m.matchAt(begin)
		if loc != nil || err != nil {
			return loc, err
		}
		from = begin + 1
		if from > len(r.text.chars) {
			return nil, nil
		}
	}
}

// matchAt gives the preferred match that begins at a character. The automaton takes
// a back reference for any text of its group, so that more than one end may have to
// be tried.
func (m *Matcher) matchAt(begin int) ([]int, error) {
	re, r := m.re, m.run
	least, limit := begin, len(r.text.chars)
	short := re.tree.flags&shorter != 0
	for {
		var end int
		if short {
			end = r.shortest(re.prog, begin, least, limit)
		} else {
			end = r.longest(re.prog, begin, limit)
		}
		if end < 0 || r.err != nil {
			return nil, r.err
		}
		if loc, err := m.dissect(begin, end); loc != nil || err != nil {
			return loc, err
		}
		if short {
			least = end + 1
		} else {
			limit = end - 1
		}
		if least > limit || limit < begin {
			return nil, nil
		}
	}
}

// dissect divides a match among the groups; nil if a back reference forbids it.
func (m *Matcher) dissect(begin, end int) ([]int, error) {
	r := m.run
	r.caps = r.caps[:0]
	for range 2 * (m.re.groups + 1) {
		r.caps = append(r.caps, -1)
	}
	r.caps[0], r.caps[1] = begin, end
	if (m.re.groups > 0 || m.re.hasBack) && !r.divide(m.re.tree, begin, end) {
		return nil, r.err
	}
	loc := make([]int, len(r.caps))
	for i, c := range r.caps {
		loc[i] = r.text.offset(c)
	}
	return loc, r.err
}

// divide takes begin to end, which is of n's language, apart along its parts.
func (r *runner) divide(n *node, begin, end int) bool {
	ok := r.err == nil
	switch n.op {
	case nodeCat:
		ok = r.divideCat(n, begin, end)
	case nodeAlt:
		ok = r.divideAlt(n, begin, end)
	case nodeRepeat:
		ok = r.divideRepeat(n, begin, end)
	case nodeGroup:
		ok = r.divide(n.kids[0], begin, end)
	case nodeBack:
		ok = r.repeats(n, begin, end)
	}
	if ok && n.group > 0 {
		r.caps[2*n.group], r.caps[2*n.group+1] = begin, end
	}
	return ok
}

// forget clears the groups within n.
func (r *runner) forget(n *node) {
	if n.group > 0 {
		r.caps[2*n.group], r.caps[2*n.group+1] = -1, -1
	}
	for _, k := range n.kids {
		r.forget(k)
	}
}

// divideCat finds where the first part ends: as far or as near as it prefers.
func (r *runner) divideCat(n *node, begin, end int) bool {
	a, b := n.kids[0], n.kids[1]
	short := a.flags&shorter != 0
	least, limit := begin, end
	for {
		var mid int
		if short {
			mid = r.shortest(a.program(), begin, least, limit)
		} else {
			mid = r.longest(a.program(), begin, limit)
		}
		if mid < 0 || r.err != nil {
			return false
		}
		if r.exact(b.program(), mid, end) && r.divide(a, begin, mid) && r.divide(b, mid, end) {
			return r.err == nil
		}
		if short {
			least = mid + 1
		} else {
			limit = mid - 1
		}
		if least > limit || r.err != nil {
			return false
		}
		r.forget(a)
		r.forget(b)
	}
}

func (r *runner) divideAlt(n *node, begin, end int) bool {
	for _, k := range n.kids {
		if r.exact(k.program(), begin, end) && r.divide(k, begin, end) {
			return true
		}
		if r.err != nil {
			return false
		}
	}
	return false
}

// repeats reports whether begin to end is what a group matched, as many times as
// n wants it.
func (r *runner) repeats(n *node, begin, end int) bool {
	from, to := r.caps[2*n.back], r.caps[2*n.back+1]
	if from < 0 {
		return false
	}
	unit, all := to-from, end-begin
	switch {
	case unit == 0:
		return all == 0 && (n.max == endless || n.min <= n.max)
	case all == 0:
		return n.min == 0
	case all%unit != 0:
		return false
	}
	if times := all / unit; times < n.min || n.max != endless && times > n.max {
		return false
	}
	if r.pause(all) {
		return false
	}
	for i := range all {
		if !r.same(r.text.chars[begin+i], r.text.chars[from+i%unit]) {
			return false
		}
	}
	return true
}
