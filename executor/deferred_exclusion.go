package executor

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/loxodb/loxodb/sql/catalog"
)

// excludedRow notes that another row excludes one.
func (w *tableWriter) excludedRow(x *catalog.Index, row uint64) error {
	t := w.def.Table
	for _, con := range t.Constraints {
		if con.ID == x.Constraint {
			w.twiceNow = w.twiceNow || !w.env.deferred(con)
			note := binary.BigEndian.AppendUint32([]byte{excluded}, t.ID)
			note = binary.BigEndian.AppendUint32(note, con.ID)
			return w.env.Txn.PutOff(binary.BigEndian.AppendUint64(note, row))
		}
	}
	return fmt.Errorf("executor: index %s is of no constraint", x.Name)
}

// checkExcluded looks at such a row.
func (c *putOffCheck) checkExcluded(ctx context.Context, row []byte, t *catalog.Table, x *catalog.Index) error {
	if len(row) != 8 {
		return fmt.Errorf("executor: a note of %d bytes about constraint %s", len(row), x.Name)
	}
	w, err := c.writer(ctx, t)
	if err != nil {
		return err
	}
	return w.withSchema(w.w.CheckExcluded(ctx, x, binary.BigEndian.Uint64(row)))
}
