package session

// storing is what an INSERT of MySQL's dialect has taken for its AUTO_INCREMENT column, while some
// of its rows may not be stored: those that update others, or are passed over.
type storing struct {
	on     bool
	before int64      // LAST_INSERT_ID() before the statement
	given  bool       // LAST_INSERT_ID(value) has set it meanwhile
	taken  [][2]int64 // ranges of values, ascending
	first  int64      // of the stored ones, with some
	some   bool
}

// takes notes a value that was taken, or given by LAST_INSERT_ID(value).
func (t *storing) takes(v int64, given bool) {
	if !t.on {
		return
	}
	if given {
		t.given = true
		return
	}
	if n := len(t.taken); n > 0 && t.taken[n-1][1]+1 == v {
		t.taken[n-1][1] = v
		return
	}
	t.taken = append(t.taken, [2]int64{v, v})
}

// BeginStoring implements builtin.Session.
func (s *Session) BeginStoring() {
	s.storing = storing{on: true, before: s.inserted.first, taken: s.storing.taken[:0]}
}

// Stored implements builtin.Session.
func (s *Session) Stored(v int64) {
	t := &s.storing
	if t.some {
		return
	}
	for _, r := range t.taken {
		if r[0] <= v && v <= r[1] {
			t.first, t.some = v, true
			return
		}
	}
}

// EndStoring implements builtin.Session.
func (s *Session) EndStoring() {
	t := &s.storing
	switch {
	case !t.on:
	case t.some:
		s.inserted.first = t.first
	case !t.given:
		s.inserted.first = t.before
	}
	t.on = false
}
