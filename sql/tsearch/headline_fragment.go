package tsearch

// fragment is a stretch that may be shown; it begins and ends with words of the query.
type fragment struct {
	from, to int
	tally
	used bool // shown, or overlapping what is
}

// fragments shows up to MaxFragments stretches with most words of the query.
func (h *Headliner) fragments() {
	list := h.candidates()
	some := false
	for range h.MaxFragments {
		best := -1
		for i := range list {
			f := &list[i]
			if f.used {
				continue
			}
			if best < 0 || f.hits > list[best].hits || f.hits == list[best].hits && f.words < list[best].words {
				best = i
			}
		}
		if best < 0 {
			break
		}
		some = true
		f := &list[best]
		if f.words < h.MaxWords {
			h.stretch(f)
		}
		h.show(f.from, f.to)
		for i := range list {
			g := &list[i]
			g.used = g.used || g.from <= f.to && g.to >= f.from
		}
		f.used = true
	}
	if !some {
		h.beginning()
	}
}

// candidates are all covers, cut into fragments that are not too long.
func (h *Headliner) candidates() (list []fragment) {
	for next := 0; ; next++ {
		c, ok := h.cover(next)
		if !ok {
			return list
		}
		next = c.from
		for from := c.from; from <= c.to; {
			f := h.cut(from, c.to)
			list = append(list, f)
			from = f.to + 1
		}
	}
}

// cut is the first fragment of a stretch.
func (h *Headliner) cut(from, to int) fragment {
	for from < to && len(h.list[from].found) == 0 {
		from++
	}
	f := fragment{from: from, to: to}
	i := from
	for ; i <= to && f.words < h.MaxWords; i++ {
		f.add(&h.list[i], 1)
	}
	if to <= i {
		return f
	}
	for f.to = i; f.to > from && len(h.list[f.to].found) == 0; f.to-- {
		if h.list[f.to].counts() {
			f.words--
		}
	}
	return f
}

// stretch makes a fragment longer on both sides, up to good ends.
func (h *Headliner) stretch(f *fragment) {
	room := (h.MaxWords - f.words) / 2
	mark := f.from
	for i, n := f.from-1, 0; i >= 0 && n < room && !h.list[i].shown; i-- {
		if h.list[i].counts() {
			f.words++
			n++
		}
		mark = i
	}
	for ; mark < f.from && h.badEnd(mark); mark++ {
		if h.list[mark].counts() {
			f.words--
		}
	}
	f.from = mark
	mark = f.to
	for i := f.to + 1; i < len(h.list) && f.words < h.MaxWords && !h.list[i].shown; i++ {
		if h.list[i].counts() {
			f.words++
		}
		mark = i
	}
	for ; mark > f.to && h.badEnd(mark); mark-- {
		if h.list[mark].counts() {
			f.words--
		}
	}
	f.to = mark
}
