package executor

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// passOver runs one row of a statement that ignores rows which violate a unique or foreign
// key: the row is written with all that follows from it, and if it violates one, all of that
// is undone.
func (m *modify) passOver(ctx context.Context, b *batch.Batch, i int) error {
	q := m.env.query
	mark, affected := m.env.Txn.Savepoint(), m.affected
	err := m.run(ctx, b, i)
	if err == nil {
		m.numberAll()
		err = q.endRow(ctx)
	}
	if code := pgerr.Code(err); code != pgerrcode.UniqueViolation && code != pgerrcode.ForeignKeyViolation || q.late != nil {
		return err
	}
	if err := m.env.Txn.RollbackTo(mark); err != nil {
		return err
	}
	m.affected = affected
	m.numberAll()
	for _, w := range q.writers {
		w.checksLater, w.keysLater, w.twiceNow, w.missing = nil, nil, false, false
	}
	return nil
}

// numberAll makes the statement's writers known to the query.
func (m *modify) numberAll() {
	m.env.query.number(m.writer)
	if m.family != nil {
		m.family.number(m.env.query)
	}
}
