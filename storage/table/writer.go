package table

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// Numbers hands out row numbers and epochs that were never used before.
type Numbers interface {
	Next(ctx context.Context) (uint64, error)
}

// Definitions evaluate what the table's indexes, by position, say of a row in
// attribute order: In whether it belongs to a partial index, Key the values of the
// index's key, appended to dst, and Describe the key as the detail of an error names
// it, "(a, lower(b))=(1, x)", or "" where it cannot. Key and Describe are asked only
// about rows that are In. Excludes tells whether all operators of an exclusion constraint
// hold for two keys without NULLs.
type Definitions interface {
	In(index int, row []types.Datum) (bool, error)
	Key(index int, row, dst []types.Datum) ([]types.Datum, error)
	Describe(index int, row []types.Datum) string
	Excludes(index int, a, b []types.Datum) (bool, error)
}

// Writer changes rows of one table. It belongs to one statement of one transaction.
type Writer struct {
	Table *catalog.Table
	txn   *Txn
	// read reads what the writer has locked: nobody else can change that any more, so
	// that it need not be noted.
	read kv.Reader
	nums Numbers
	defs Definitions
	// Twice is told of a key that two rows have now, of a unique constraint that may be
	// looked at late; nil: that is an error at once.
	Twice func(x *catalog.Index, key []types.Datum) error
	// Excluded is told of a row that another one excludes, by an exclusion constraint that
	// may be looked at late; nil likewise.
	Excluded func(x *catalog.Index, row uint64) error
	layout   *rowcodec.Layout
	vecs     []int // attribute indexes of vector columns

	epochs, oldEpochs []uint32 // of vector columns
	epochsOf          *rowcodec.Decoder
	oldVecs           []types.Datum
	own, oldOwn       uint32              // the row's own epoch, 0 = none
	ownEpochs         bool                // some vector index needs them
	payloads          []*rowcodec.Payload // of vector indexes with included columns, made when needed
	vals              []types.Datum
	row               []types.Datum
	key, oldKey, val  []byte
	parts, oldParts   gin.Entries    // of an inverted index
	bulk              *bulk          // of one that is built
	run               *entryRun      // of an ordered index that is built
	later             *later         // entries of such an index that wait; nil: none does
	locking           *catalog.Index // whose unique key in w.key is being locked
	light             bool           // see Light
}

// NewWriter prepares to write; defs may be nil when no index has an expression or predicate.
func NewWriter(t *catalog.Table, txn *Txn, nums Numbers, defs Definitions) *Writer {
	w := &Writer{Table: t, txn: txn, read: txn.Unrecorded(), nums: nums, defs: defs, layout: rowcodec.NewLayout(t), ownEpochs: t.RowEpochs()}
	if defs == nil {
		w.defs = plainKeys{t}
	}
	for i := range t.Columns {
		if t.Columns[i].Type.IsVector() && !t.Columns[i].Dropped {
			w.vecs = append(w.vecs, i)
		}
	}
	w.payloads = make([]*rowcodec.Payload, len(t.Indexes))
	w.epochs = make([]uint32, len(t.Columns))
	w.oldEpochs = make([]uint32, len(t.Columns))
	return w
}

// plainKeys are the definitions of whole indexes on columns.
type plainKeys struct{ table *catalog.Table }

func (p plainKeys) Describe(index int, row []types.Datum) string {
	var names, vals []string
	for _, k := range p.table.Indexes[index].Keys {
		names = append(names, p.table.Columns[k.Attr-1].Name)
		vals = append(vals, string(types.AppendText(nil, k.Type, row[k.Attr-1], types.DefaultFormat)))
	}
	return "(" + strings.Join(names, ", ") + ")=(" + strings.Join(vals, ", ") + ")"
}

func (p plainKeys) Excludes(index int, _, _ []types.Datum) (bool, error) {
	return false, fmt.Errorf("table: nobody knows the operators of index %s", p.table.Indexes[index].Name)
}

func (plainKeys) In(int, []types.Datum) (bool, error) { return true, nil }

func (p plainKeys) Key(index int, row, dst []types.Datum) ([]types.Datum, error) {
	keys := p.table.Indexes[index].Keys
	for i := range keys {
		dst = append(dst, row[keys[i].Attr-1])
	}
	return dst, nil
}

// keyOf computes index i's key for a row into dst; in is false when the row is
// outside a partial index.
func (w *Writer) keyOf(i int, row, dst []types.Datum) (vals []types.Datum, in bool, err error) {
	if in, err = w.defs.In(i, row); err != nil || !in {
		return dst, false, err
	}
	vals, err = w.defs.Key(i, row, dst)
	return vals, err == nil, err
}

// stored reports an index whose entries are kept in the key-value store: not a
// vector index, and not the primary key that is the table key itself.
func (w *Writer) stored(x *catalog.Index) bool {
	return x.Ready && !x.IsVector() && !(x.Primary && w.Table.PrimaryAttr != 0)
}

// Insert adds a row (attribute order, already checked against constraints other
// than uniqueness) and returns its number. A duplicate key is error 23505.
func (w *Writer) Insert(ctx context.Context, row []types.Datum) (uint64, error) {
	c, err := w.FindConflict(ctx, row, nil)
	if err != nil {
		return 0, w.orDuplicate(ctx, err, row)
	}
	if c != nil {
		if w.excludes(c.Index) {
			return 0, w.excluded(ctx, c.Index, row, c.Row)
		}
		return 0, w.duplicate(c.Index, row)
	}
	return w.InsertChecked(ctx, row)
}

// InsertChecked is Insert after FindConflict over all indexes found nothing.
func (w *Writer) InsertChecked(ctx context.Context, row []types.Datum) (id uint64, err error) {
	if w.Table.PrimaryAttr != 0 {
		id = keys.RowFromInt(row[w.Table.PrimaryAttr-1].Int())
	} else if id, err = w.nums.Next(ctx); err != nil {
		return 0, err
	}
	for _, k := range w.vecs {
		if err := w.putVector(ctx, id, k, row[k]); err != nil {
			return 0, err
		}
	}
	if w.own = 0; w.ownEpochs {
		if w.own, err = w.freshEpoch(ctx); err != nil {
			return 0, err
		}
	}
	if err := w.putScalars(ctx, id, row); err != nil {
		return 0, err
	}
	for i, x := range w.Table.Indexes {
		if err := w.insertEntry(ctx, i, x, row, id); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// putVector stores a vector column's value with a fresh epoch.
func (w *Writer) putVector(ctx context.Context, id uint64, k int, d types.Datum) error {
	if d.IsNull() {
		w.epochs[k] = noEpoch
		return nil
	}
	var err error
	if w.epochs[k], err = w.freshEpoch(ctx); err != nil {
		return err
	}
	w.key = keys.AppendRow(w.key[:0], w.Table.Storage, uint16(k+1), id)
	w.val = rowcodec.AppendVector(w.val[:0], w.epochs[k], d.Bytes())
	return w.txn.Put(w.key, w.val)
}

// freshEpoch is a number that no version of anything has had.
func (w *Writer) freshEpoch(ctx context.Context) (uint32, error) {
	for {
		n, err := w.nums.Next(ctx)
		if e := uint32(n); err != nil || e != 0 && e != noEpoch {
			return e, err
		}
	}
}

func (w *Writer) putScalars(ctx context.Context, id uint64, row []types.Datum) error {
	w.txn.wrote(w.Table.Storage, id)
	writer, err := w.txn.Number(ctx)
	if err != nil {
		return err
	}
	w.key = keys.AppendRow(w.key[:0], w.Table.Storage, keys.Scalars, id)
	head := rowcodec.Header{Epoch: w.own, Writer: writer}
	if size := w.layout.Size(row); size >= types.Long {
		return w.putLong(row, head, size)
	}
	w.val = w.layout.Append(w.val[:0], row, w.epochs, head)
	return w.txn.Put(w.key, w.val)
}

// putLong puts a row of so many bytes, of which the writer keeps nothing.
func (w *Writer) putLong(row []types.Datum, head rowcodec.Header, size int) error {
	if err := types.Promise(int64(size)); err != nil {
		return err
	}
	val := w.layout.Append(make([]byte, 0, size), row, w.epochs, head)
	types.Promised(int64(size))
	if len(val) > kv.MaxValueBytes {
		return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "row is too big: size %d, maximum size %d", len(val), kv.MaxValueBytes)
	}
	return w.txn.Put(w.key, val)
}

// insertEntry adds the row to index i.
func (w *Writer) insertEntry(ctx context.Context, i int, x *catalog.Index, row []types.Datum, id uint64) error {
	if x.IsVector() && x.Ready {
		return w.vectorDelta(ctx, i, x, nil, row, id)
	}
	if !w.stored(x) {
		return nil
	}
	if x.IsInverted() {
		return w.putInverted(i, row, id)
	}
	vals, in, err := w.keyOf(i, row, w.vals[:0])
	w.vals = vals
	if err != nil || !in {
		return err
	}
	switch {
	case late(x):
		err = w.addLate(ctx, x, vals, row, id)
	case x.Deferrable:
		err = w.addLateExcluding(ctx, i, row, id)
	}
	if err != nil {
		return err
	}
	var distinct bool
	w.key, distinct = entryKey(w.key[:0], x, vals, id)
	if err := w.checkKey(x); err != nil {
		return err
	}
	return w.txn.Put(w.key, entryValue(w.val[:0], distinct, id))
}

// checkKey refuses an entry's key in w.key that is too long for the store.
func (w *Writer) checkKey(x *catalog.Index) error {
	if len(w.key) <= kv.MaxKeyBytes {
		return nil
	}
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "index row size %d exceeds btree version 4 maximum %d for index %q", len(w.key), kv.MaxKeyBytes, x.Name).
		WithHint("Consider a function index of an MD5 hash of the value, or use full text indexing.").
		OnTable("", w.Table.Name).OnConstraint(x.Name)
}

func entryValue(dst []byte, distinct bool, row uint64) []byte {
	if distinct {
		return binary.BigEndian.AppendUint64(dst, row)
	}
	return append(dst, 1)
}

// Delete removes a row that LockRow has locked; old is the row in attribute
// order (vector columns may be NULL placeholders: only their epochs matter).
// It reports false when the row does not exist (any more).
func (w *Writer) Delete(ctx context.Context, id uint64, old []types.Datum) (bool, error) {
	ok, err := w.loadEpochs(ctx, id)
	if err != nil || !ok {
		return false, err
	}
	for i, x := range w.Table.Indexes {
		if x.IsVector() && x.Ready {
			if err := w.vectorDelta(ctx, i, x, old, nil, id); err != nil {
				return false, err
			}
		} else if w.stored(x) {
			if err := w.deleteEntry(ctx, i, x, old, id); err != nil {
				return false, err
			}
		}
	}
	for _, k := range w.vecs {
		if w.hadVector(k) {
			w.key = keys.AppendRow(w.key[:0], w.Table.Storage, uint16(k+1), id)
			if err := w.txn.Delete(w.key); err != nil {
				return false, err
			}
		}
	}
	w.txn.wrote(w.Table.Storage, id)
	w.key = keys.AppendRow(w.key[:0], w.Table.Storage, keys.Scalars, id)
	return true, w.txn.Delete(w.key)
}

func (w *Writer) deleteEntry(ctx context.Context, i int, x *catalog.Index, old []types.Datum, id uint64) error {
	if x.IsInverted() {
		return w.deleteInverted(i, old, id)
	}
	vals, in, err := w.keyOf(i, old, w.vals[:0])
	w.vals = vals
	if err != nil || !in {
		return err
	}
	if late(x) {
		if err := w.lockLate(ctx, x, vals); err != nil {
			return err
		}
	}
	if w.excludes(x) {
		if _, err := w.lockExclusion(ctx, x, vals); err != nil {
			return err
		}
	}
	w.key, _ = entryKey(w.key[:0], x, vals, id)
	return w.txn.Delete(w.key)
}

// AddEntry adds an existing row to index i while the index is built. A key that
// another row has already is error 23505. Finish follows the last.
func (w *Writer) AddEntry(ctx context.Context, i int, row []types.Datum, id uint64) error {
	x := w.Table.Indexes[i]
	if x.IsInverted() {
		return w.gather(ctx, i, row, id)
	}
	vals, in, err := w.keyOf(i, row, w.vals[:0])
	w.vals = vals
	if err != nil || !in {
		return err
	}
	var distinct bool
	w.key, distinct = entryKey(w.key[:0], x, vals, id)
	if err := w.checkKey(x); err != nil {
		return err
	}
	if !late(x) {
		return w.gatherEntry(ctx, i, id, distinct)
	}
	if taken, err := w.taken(ctx, x, vals, distinct, id); err != nil {
		return err
	} else if taken {
		return w.notUnique(x, row)
	}
	return w.txn.Put(w.key, entryValue(w.val[:0], distinct, id))
}
