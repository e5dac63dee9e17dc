package executor

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// passOver runs one row of a statement that ignores rows which violate a unique or foreign
// key or a check, or belong to no partition: the row is written with all that follows from it, and if it violates one, all of that
// is undone.
func (m *modify) passOver(ctx context.Context, b *batch.Batch, i int) error {
	q := m.env.query
	mark, affected, kept := m.env.Txn.Savepoint(), m.affected, m.kept
	err := m.run(ctx, b, i)
	if err == nil {
		m.numberAll()
		err = q.endRow(ctx)
	}
	if !m.ignores(err) || q.late != nil {
		return err
	}
	if err := m.env.Txn.RollbackTo(mark); err != nil {
		return err
	}
	m.affected, m.kept, m.stored = affected, kept, types.Null
	m.warn(err)
	m.numberAll()
	for _, w := range q.writers {
		w.checksLater, w.keysLater, w.twiceNow, w.missing = nil, nil, false, false
	}
	return nil
}

// maxWarnings is how many of the rows that are passed over are told of.
const maxWarnings = 64

// warn tells of an error for which a row is passed over.
func (m *modify) warn(err error) {
	e, ok := pgerr.As(err)
	if m.warned++; !ok || !m.writer.def.Warns || m.warned > maxWarnings || m.env.Notice == nil {
		return
	}
	said := pgerr.New(e.Code, e.Message)
	said.Severity = pgerr.Warning
	m.env.Notice(said)
}

// ignores reports an error for which a row is passed over. The check that keeps the range of
// a type is none: such a value is made to fit, and where it is not, no row may vanish.
func (m *modify) ignores(err error) bool {
	switch pgerr.Code(err) {
	case pgerrcode.UniqueViolation, pgerrcode.ForeignKeyViolation:
		return true
	case pgerrcode.CheckViolation:
		e, ok := pgerr.As(err)
		if ok && e.Constraint == "" { // no partition takes the row
			return m.writer.def.Table.IsPartitioned()
		}
		return ok && slices.ContainsFunc(m.writer.def.Table.Constraints, func(c *catalog.Constraint) bool {
			return c.Kind == catalog.CheckConstraint && c.Name == e.Constraint && !c.Range
		})
	}
	return false
}

// numberAll makes the statement's writers known to the query.
func (m *modify) numberAll() {
	m.env.query.number(m.writer)
	if m.family != nil {
		m.family.number(m.env.query)
	}
}
