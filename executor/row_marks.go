package executor

// rowMarks is a set of row numbers, 64 neighbours in a word. The word that was used last
// is at hand, since rows mostly come in their order.
type rowMarks struct {
	words map[uint64]uint64
	at    uint64 // the word at hand is that of rows at*64 on, where it is not 0
	word  uint64
}

// mark adds a row; it is false when the set had it.
func (m *rowMarks) mark(row uint64) bool {
	if at := row / 64; at != m.at || m.word == 0 {
		if m.words == nil {
			m.words = map[uint64]uint64{}
		}
		if m.word != 0 {
			m.words[m.at] = m.word
		}
		m.at, m.word = at, m.words[at]
	}
	bit := uint64(1) << (row % 64)
	if m.word&bit != 0 {
		return false
	}
	m.word |= bit
	return true
}

func (m *rowMarks) clear() {
	clear(m.words)
	m.word = 0
}
