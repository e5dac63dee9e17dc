package session

import (
	"context"
	"math/bits"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/sequence"
)

// tempObjects are the session's temporary tables, views and sequences. Nobody else
// sees their descriptors, and they end with the session; their rows are in the
// store, under storage of their own, which catalogstore removes afterwards.
type tempObjects struct {
	layer  *catalog.Layer // as committed; nil: there never were any
	seqs   *sequence.Manager
	number int // of pg_temp_N; 0 = not chosen yet

	// merged is shared with layer over it, as last asked for.
	merged, shared *catalog.Snapshot
}

// withTemp puts the session's temporary objects over what sessions share.
func (s *Session) withTemp(shared *catalog.Snapshot) *catalog.Snapshot {
	layer := s.temp.layer
	if s.tx.catalog != nil {
		layer = s.tx.catalog.Temp()
	}
	if layer == nil {
		return shared
	}
	t := &s.temp
	if t.shared != shared || t.merged.Temp() != layer {
		t.shared, t.merged = shared, shared.WithTemp(layer)
	}
	return t.merged
}

// tempRows guesses a temporary table's size: the rows written to it, however.
func (s *Session) tempRows(t *catalog.Table) int64 {
	n := s.db.activity.Changes(t.Storage)
	if s.tx.txn != nil {
		n += s.tx.txn.Changed(t.Storage)
	}
	return n
}

// tempSizes changes when a temporary table has become several times as large as it
// was: plans made before may be bad ones.
func (s *Session) tempSizes(snap *catalog.Snapshot) (sum int) {
	snap.EachTempTable(func(t *catalog.Table) {
		if n := s.tempRows(t); n > 1000 {
			sum += bits.Len64(uint64(n)) / 2
		}
	})
	return sum
}

// keepTemp takes over what a transaction that has committed made of the temporary
// objects; c is nil if it changed no catalog.
func (s *Session) keepTemp(c *catalog.Snapshot) {
	if c != nil {
		s.temp.layer = c.Temp()
	}
}

// tempNumber is the number of the session's temporary schema: the least that no
// other session has.
func (s *Session) tempNumber() int {
	d := s.db
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.temp.number != 0 {
		return s.temp.number
	}
	taken := map[int]bool{}
	for o := range d.sessions {
		taken[o.temp.number] = true
	}
	for n := 1; ; n++ {
		if !taken[n] {
			s.temp.number = n
			return n
		}
	}
}

// endTempTables does what temporary tables want done before a commit.
func (s *Session) endTempTables(ctx context.Context) error {
	if s.tx.txn == nil || s.temp.layer == nil && s.tx.catalog == nil || s.Catalog().Temp() == nil {
		return nil
	}
	return s.defineEnv(ctx).EndTransaction(ctx)
}

// discardTemp drops all temporary objects.
func (s *Session) discardTemp(ctx context.Context) error {
	if s.Catalog().Temp() == nil {
		return nil
	}
	if _, err := s.tx.statementView(ctx, true); err != nil {
		return err
	}
	return s.defineEnv(ctx).DropTemp(ctx)
}

// dropTemp gives up the temporary objects when the session ends.
func (s *Session) dropTemp() {
	if s.temp.layer == nil {
		return
	}
	if err := s.db.store.DropTemp(context.Background(), s.temp.layer); err != nil {
		s.db.cfg.Log.Error("temporary tables stay in the store until the next start", "error", err)
	}
	s.temp.layer = nil
}
