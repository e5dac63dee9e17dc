package executor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/rowcodec"
	"github.com/loxodb/loxodb/storage/table"
)

// Constraints that are checked at the end of the transaction. A foreign key's check that holds
// at the end of the statement holds at the end of the transaction, too: the key's
// lock keeps others away, and what this transaction does later is looked at then.
// So only what does not hold is put off, as a note in the transaction:
//
//	side(1)  child table(4)  constraint(4)  the key (rowcodec, in the order of RefColumns)
//
// Two rows with one key of a deferrable unique constraint are noted likewise, with the
// key in the order of the constraint's columns; when the constraint is immediate, the
// note is looked at as the statement ends. A row that another one excludes, by a deferrable
// exclusion constraint, is noted by its number.

// The sides of a check: they differ in the error.
const (
	referring  byte = 'r' // a row refers to a key that is not there
	referenced byte = 'k' // a key has ended that rows refer to
	twice      byte = 'u' // two rows have a key that may come once
	excluded   byte = 'x' // a row is excluded by another one
	// lateTrigger is no check but a constraint trigger: see trigger_deferred.go.
	lateTrigger byte = 't'
)

const noteHeader = 1 + 4 + 4

// deferred reports whether the constraint is checked at the end of the transaction.
func (e *Env) deferred(con *catalog.Constraint) bool {
	return con.Deferrable && e.Deferred != nil && e.Deferred(con)
}

// keyLayout is how the values of a key are kept in a note: of the referenced one, or
// of a unique constraint. Vectors are kept as bytes there: a row would only have their
// epochs.
func keyLayout(parent *catalog.Table, con *catalog.Constraint) *rowcodec.Layout {
	t := &catalog.Table{}
	cols := con.RefColumns
	if con.Kind != catalog.ForeignConstraint {
		cols = con.Columns
	}
	for _, c := range cols {
		col := parent.Columns[c-1]
		if col.Type.IsVector() {
			col.Type = types.Of(types.ByteaOID)
		}
		t.Columns = append(t.Columns, col)
	}
	return rowcodec.NewLayout(t)
}

// putOff notes a check of key, which has the values of RefColumns.
func (e *Env) putOff(side byte, child, parent *catalog.Table, con *catalog.Constraint, key []types.Datum) error {
	note := binary.BigEndian.AppendUint32([]byte{side}, child.ID)
	note = binary.BigEndian.AppendUint32(note, con.ID)
	return e.Txn.PutOff(keyLayout(parent, con).Append(note, key, nil, rowcodec.Header{}))
}

// twice notes that two rows have a key.
func (w *tableWriter) twice(x *catalog.Index, key []types.Datum) error {
	t := w.def.Table
	for _, con := range t.Constraints {
		if con.ID == x.Constraint {
			w.twiceNow = w.twiceNow || !w.env.deferred(con)
			return w.env.putOff(twice, t, t, con, key)
		}
	}
	return fmt.Errorf("executor: index %s is of no constraint", x.Name)
}

// byRefColumns brings the values of an index's keys into the order of RefColumns.
func byRefColumns(x *catalog.Index, con *catalog.Constraint, vals []types.Datum) []types.Datum {
	out := make([]types.Datum, len(con.RefColumns))
	for i, c := range con.RefColumns {
		for k := range x.Keys {
			if x.Keys[k].Attr == c {
				out[i] = vals[k]
			}
		}
	}
	return out
}

// byKeys is the inverse of byRefColumns.
func byKeys(x *catalog.Index, con *catalog.Constraint, key []types.Datum) []types.Datum {
	out := make([]types.Datum, len(x.Keys))
	for k := range x.Keys {
		for i, c := range con.RefColumns {
			if x.Keys[k].Attr == c {
				out[k] = key[i]
			}
		}
	}
	return out
}

// errFound ends a look through the notes.
var errFound = errors.New("executor: found")

// HasPutOff reports whether checks are put off that concern the table.
func HasPutOff(ctx context.Context, txn *table.Txn, cat *catalog.Snapshot, id catalog.ID) (bool, error) {
	c := putOffCheck{env: &Env{Catalog: cat}}
	err := txn.EachPutOff(ctx, func(note []byte) (bool, error) {
		if len(note) > noteHeader && note[0] == lateTrigger && binary.BigEndian.Uint32(note[1:]) == id {
			return false, errFound
		}
		if child, con, parent := c.find(note); con != nil && (child.ID == id || parent.ID == id) {
			return false, errFound
		}
		return false, nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

// CheckPutOff makes the checks that were put off and that now tells to make. The
// view is the newest that the isolation level allows. ErrRestart: to be done again
// on a newer view.
func CheckPutOff(ctx context.Context, env *Env, now func(*catalog.Constraint) bool) error {
	c := putOffCheck{env: env, writers: map[catalog.ID]*tableWriter{}}
	return env.Txn.EachPutOff(ctx, func(note []byte) (bool, error) {
		child, con, parent := c.find(note)
		if len(note) > 0 && note[0] == lateTrigger {
			return c.fire(ctx, note, now)
		}
		if con == nil {
			return true, nil // the constraint is gone
		}
		if !now(con) {
			return false, nil
		}
		return true, c.check(ctx, note, child, parent, con)
	})
}

type putOffCheck struct {
	env     *Env
	writers map[catalog.ID]*tableWriter // by referenced table
}

func (c *putOffCheck) find(note []byte) (child *catalog.Table, con *catalog.Constraint, parent *catalog.Table) {
	if len(note) < noteHeader || note[0] == lateTrigger {
		return nil, nil, nil
	}
	child, ok := c.env.Catalog.TableByID(binary.BigEndian.Uint32(note[1:]))
	if !ok {
		return nil, nil, nil
	}
	for _, k := range child.Constraints {
		if k.ID == binary.BigEndian.Uint32(note[5:]) {
			con = k
		}
	}
	if con == nil {
		return nil, nil, nil
	}
	if con.Kind != catalog.ForeignConstraint {
		return child, con, child
	}
	if parent, ok = c.env.Catalog.TableByID(con.RefTable); !ok {
		return nil, nil, nil
	}
	return child, con, parent
}

func (c *putOffCheck) check(ctx context.Context, note []byte, child, parent *catalog.Table, con *catalog.Constraint) error {
	x := parent.Index(con.Index)
	if x == nil {
		return fmt.Errorf("executor: constraint %s has no index", con.Name)
	}
	if note[0] == excluded {
		return c.checkExcluded(ctx, note[noteHeader:], child, x)
	}
	layout := keyLayout(parent, con)
	key, want := make([]types.Datum, layout.Columns()), make([]bool, layout.Columns())
	for i := range want {
		want[i] = true
	}
	if _, err := layout.Decoder(want).Decode(note[noteHeader:], key); err != nil {
		return err
	}
	if note[0] == twice {
		again, err := table.IsTwice(ctx, c.env.Txn.Unrecorded(), x, key)
		if err != nil || !again {
			return err
		}
		return duplicateKey(c.env, child, con, key)
	}
	vals := byKeys(x, con, key)
	if note[0] == referring {
		if ok, err := holdKey(ctx, c.env, parent, x, vals); err != nil || ok {
			return err
		}
	} else if ok, err := findKey(ctx, c.env, c.env.Txn.Unrecorded(), parent, x, vals); err != nil || ok {
		return err
	}
	w, err := c.writer(ctx, parent)
	if err != nil {
		return err
	}
	k := &keyChange{con: con, parent: parent, child: child, old: key}
	rows, err := w.referringRows(ctx, k, false)
	if err != nil || rows.n == 0 {
		return err
	}
	if note[0] == referring {
		return missingReference(c.env, child, parent, con, key)
	}
	return w.stillReferenced(k)
}

// duplicateKey is the error of a key that two rows have.
func duplicateKey(env *Env, t *catalog.Table, con *catalog.Constraint, key []types.Datum) error {
	e := pgerr.Newf(pgerrcode.UniqueViolation, "duplicate key value violates unique constraint %q", con.Name).
		OnTable(env.Catalog.SchemaName(t.Schema), t.Name).OnConstraint(con.Name)
	x := t.Index(con.Index)
	keyed := func(k catalog.IndexKey) bool { return k.Order != "" } // its text is not known here
	if x != nil && !slices.ContainsFunc(x.Keys, keyed) {
		e = e.WithDetail("Key %s already exists.", describeKey(env, t, x, key))
	}
	return e
}

// writer is the writer of a referenced table, for its scans of referring rows.
func (c *putOffCheck) writer(ctx context.Context, t *catalog.Table) (*tableWriter, error) {
	if w := c.writers[t.ID]; w != nil {
		return w, nil
	}
	def, err := c.env.TableWrite(t)
	if err != nil {
		return nil, err
	}
	w, err := newTableWriter(def)
	if err != nil {
		return nil, err
	}
	c.writers[t.ID] = w
	return w, w.open(ctx, c.env)
}
