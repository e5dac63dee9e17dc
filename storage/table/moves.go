package table

import "github.com/loxodb/loxodb/sql/catalog"

// A row whose table key changes gets another number. Who has noted the old one, as a
// cursor does, finds the row through the moves of the transaction.

type move struct {
	storage  catalog.ID
	from, to uint64
}

// TrackMoves makes the transaction remember moves from now on, and returns how many it
// has remembered before.
func (t *Txn) TrackMoves() int {
	t.tracks = true
	return len(t.moves)
}

// Moved is where the row is that had the number when the first n moves were done.
func (t *Txn) Moved(storage catalog.ID, row uint64, n int) uint64 {
	for _, m := range t.moves[min(n, len(t.moves)):] {
		if m.storage == storage && m.from == row {
			row = m.to
		}
	}
	return row
}

func (t *Txn) moved(storage catalog.ID, from, to uint64) {
	if t.tracks {
		t.moves = append(t.moves, move{storage, from, to})
	}
}
