package ivf

// Places says in which list of a trained index each entry is.
type Places struct {
	x  *Index
	of []uint32 // by ordinal
}

// Places makes the index's. Nothing may be linked meanwhile.
func (x *Index) Places() *Places {
	p := &Places{x: x, of: make([]uint32, x.Len())}
	t := x.state.Load()
	if t.sealed != nil {
		for number := range t.count {
			for _, ord := range t.sealed.ords[t.sealed.starts[number]:t.sealed.starts[number+1]] {
				p.of[ord] = uint32(number)
			}
		}
		return p
	}
	for number, l := range t.lists {
		v, n := l.view.Load(), l.n.Load()
		for i := range n {
			p.of[v.ord(i)] = uint32(number)
		}
	}
	return p
}

// Ranks appends, for each of the entries, how many lists a search for vec scans before
// that of the entry: it finds the entry, if it is near enough, when it probes more.
func (p *Places) Ranks(vec []byte, ords []uint32, dst []uint32) ([]uint32, error) {
	s, err := p.x.Search(vec, Params{})
	if err != nil {
		return dst, err
	}
	defer s.Close()
	rank := make([]uint32, s.lists())
	for i := range rank {
		rank[s.list(i).Ord()] = uint32(i)
	}
	for _, o := range ords {
		dst = append(dst, rank[p.of[o]])
	}
	return dst, nil
}
