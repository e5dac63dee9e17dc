package session

import (
	"context"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/sequence"
)

// Nextval implements builtin.Session.
func (s *Session) Nextval(ctx context.Context, id catalog.ID) (int64, error) {
	def, err := s.sequence(id)
	if err != nil {
		return 0, err
	}
	if err := s.mayDraw(def, catalog.PrivUsage|catalog.PrivUpdate); err != nil {
		return 0, err
	}
	return s.NextIdentity(ctx, id)
}

// NextIdentity is Nextval for an identity column, which needs no privilege of the
// sequence.
func (s *Session) NextIdentity(ctx context.Context, id catalog.ID) (int64, error) {
	def, err := s.sequence(id)
	if err != nil {
		return 0, err
	}
	if err := s.tx.mayWriteTo(def.Temp, "nextval()"); err != nil {
		return 0, err
	}
	v, err := s.positions(def).Next(ctx, def)
	if err == nil {
		s.seqVals[id], s.lastSeq = v, id
	}
	return v, err
}

func (s *Session) sequence(id catalog.ID) (*catalog.Sequence, error) {
	if def, ok := s.Catalog().SequenceByID(id); ok {
		return def, nil
	}
	if t, ok := s.Catalog().TableByID(id); ok {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a sequence", t.Name)
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedTable, "relation with OID %d does not exist", id)
}

// positions keeps the sequence's.
func (s *Session) positions(def *catalog.Sequence) *sequence.Manager {
	if !def.Temp {
		return s.db.seqs
	}
	if s.temp.seqs == nil {
		s.temp.seqs = sequence.NewVolatile()
	}
	return s.temp.seqs
}

// Currval implements builtin.Session.
func (s *Session) Currval(id catalog.ID) (int64, error) {
	def, err := s.sequence(id)
	if err != nil {
		return 0, err
	}
	if err := s.mayDraw(def, catalog.PrivUsage|catalog.PrivSelect); err != nil {
		return 0, err
	}
	if v, ok := s.seqVals[id]; ok {
		return v, nil
	}
	return 0, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "currval of sequence %q is not yet defined in this session", def.Name)
}

// Advance implements builtin.Session.
func (s *Session) Advance(ctx context.Context, id catalog.ID, v int64) error {
	def, err := s.sequence(id)
	if err != nil {
		return err
	}
	return s.db.seqs.Advance(ctx, def, v)
}

// Inserted implements builtin.Session.
func (s *Session) Inserted(v int64, stmt time.Time) {
	s.storing.takes(v, stmt.IsZero())
	if stmt.IsZero() || !stmt.Equal(s.inserted.stmt) {
		s.inserted.stmt, s.inserted.first = stmt, v
	}
}

// LastInsertID implements builtin.Session.
func (s *Session) LastInsertID() int64 { return s.inserted.first }

// Lastval implements builtin.Session.
func (s *Session) Lastval() (int64, error) {
	if v, ok := s.seqVals[s.lastSeq]; ok {
		if def, err := s.sequence(s.lastSeq); err == nil { // else it is gone
			return v, s.mayDraw(def, catalog.PrivUsage|catalog.PrivSelect)
		}
	}
	return 0, pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
}

// Setval implements builtin.Session.
func (s *Session) Setval(ctx context.Context, id catalog.ID, v int64, called bool) error {
	def, err := s.sequence(id)
	if err != nil {
		return err
	}
	if err := s.mayDraw(def, catalog.PrivUpdate); err != nil {
		return err
	}
	if err := s.tx.mayWriteTo(def.Temp, "setval()"); err != nil {
		return err
	}
	if err := s.positions(def).Set(ctx, def, v, called); err != nil {
		return err
	}
	if called {
		s.seqVals[id] = v
	}
	return nil
}
