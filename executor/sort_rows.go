package executor

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// sortEntry is a row with the next eight bytes of the key that is sorted by, as a
// number that orders as the key does: most comparisons need nothing else, and it
// lies where the sort looks, not in the row.
type sortEntry struct {
	prefix uint64
	row    uint32
}

const (
	sortEntrySize = 16
	// Fewer rows than this are compared; more are distributed by their prefixes.
	radixFrom = 256
)

// rowSorter sorts row numbers of a store by the keys in its columns.
type rowSorter struct {
	order *order
	keys  []batch.Col
	buf   []byte // of a key that is made to see its prefix
	crew  *sortCrew

	entries, spare []sortEntry
}

// sortRows orders the rows of a store whose sort keys are its columns from at on;
// equal rows keep their order. perm is filled from its start. The memory that
// sorting takes beside the rows counts while it lasts. crew, which may be nil, has
// another goroutine help where there is much to do.
func sortRows(perm []uint32, s *rowStore, o *order, at int, crew *sortCrew) ([]uint32, error) {
	perm = slices.Grow(perm[:0], s.n)
	for i := range s.n {
		perm = append(perm, uint32(i))
	}
	if s.n < 2 {
		return perm, nil
	}
	held := int64(0)
	if s.n >= radixFrom {
		held = 2 * sortEntrySize * int64(s.n)
	}
	if err := s.budget.Grow(held); err != nil {
		return nil, err
	}
	defer func() { _ = s.budget.Grow(-held) }()
	r := rowSorter{order: o, keys: s.cols[at:], crew: crew}
	if s.n >= radixFrom {
		r.entries, r.spare = make([]sortEntry, s.n), make([]sortEntry, s.n)
	}
	if o.refuse != nil { // every two neighbours are compared, in PostgreSQL's order
		pgSort(perm, func(a, b uint32) int { return o.compare(r.keys, int(a), r.keys, int(b)) })
		return perm, o.failure()
	}
	r.byKey(perm, 0)
	return perm, nil
}

// byKey sorts rows, which are in the order of their numbers and equal in the keys
// before k.
func (r *rowSorter) byKey(rows []uint32, k int) {
	if k == len(r.order.keys) || len(rows) < 2 {
		return
	}
	if len(rows) < radixFrom {
		r.compareFrom(rows, k)
		return
	}
	nulls, values := r.splitNulls(rows, k)
	r.byKey(nulls, k+1)
	if len(values) < radixFrom {
		r.compareFrom(values, k)
		return
	}
	r.byPrefix(values, k, 0)
}

// compareFrom sorts rows by comparing whole keys from k on.
func (r *rowSorter) compareFrom(rows []uint32, k int) {
	slices.SortFunc(rows, func(a, b uint32) int {
		if c := r.order.compareFrom(k, r.keys, int(a), r.keys, int(b)); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
}

// splitNulls moves the rows whose key k is NULL to the end where NULLs belong; all
// keep their order.
func (r *rowSorter) splitNulls(rows []uint32, k int) (nulls, values []uint32) {
	null := r.keys[k].Null
	n := 0
	for _, row := range rows {
		if null[row] {
			n++
		}
	}
	if n == 0 {
		return nil, rows
	}
	all := slices.Clone(rows)
	nulls, values = rows[len(rows)-n:], rows[:len(rows)-n]
	if r.order.keys[k].NullsFirst {
		nulls, values = rows[:n], rows[n:]
	}
	i, j := 0, 0
	for _, row := range all {
		if null[row] {
			nulls[i] = row
			i++
		} else {
			values[j] = row
			j++
		}
	}
	return nulls, values
}

// byPrefix sorts rows, none NULL in key k, by eight bytes of that key, of byte
// strings those after skip, and then every run that they leave equal.
func (r *rowSorter) byPrefix(rows []uint32, k, skip int) {
	e := r.entries[:len(rows)]
	form := prefixForm(r.order.types[k])
	if len(rows) >= sharedFrom && r.crew.join() {
		r.share(rows, k, skip)
		return
	}
	r.byEntries(rows, r.fill(e, rows, form, k, skip), k, skip)
}

// fill makes the entries of rows. It returns the form that the keys turn out to have.
func (r *rowSorter) fill(e []sortEntry, rows []uint32, form keyForm, k, skip int) keyForm {
	if form == numericKey {
		return r.fillNumerics(e, rows, k)
	}
	for i, row := range rows {
		e[i] = sortEntry{r.prefix(form, k, int(row), skip), row}
	}
	return form
}

func (r *rowSorter) fillNumerics(e []sortEntry, rows []uint32, k int) keyForm {
	b, form := r.keys[k].B, wholeKey
	flip := uint64(0)
	if r.order.keys[k].Desc {
		flip = ^flip
	}
	for i, row := range rows {
		p, whole := types.NumericPrefix(b[row])
		if !whole {
			form = otherKey
		}
		e[i] = sortEntry{p ^ flip, row}
	}
	return form
}

// byEntries is byPrefix for rows of which the entries are made.
func (r *rowSorter) byEntries(rows []uint32, form keyForm, k, skip int) {
	e := r.entries[:len(rows)]
	radixSort(e, r.spare[:len(rows)])
	for i := range e {
		rows[i] = e[i].row
	}
	for _, run := range equalRuns(e) {
		r.equalPrefix(rows[run.lo:run.hi], form, k, skip)
	}
}

// equalRuns are the runs of more than one entry with the same prefix, found before
// any is sorted on, which uses the entries again.
func equalRuns(e []sortEntry) []entryRun {
	var runs []entryRun
	for lo := 0; lo < len(e); {
		hi := lo + 1
		for hi < len(e) && e[hi].prefix == e[lo].prefix {
			hi++
		}
		if hi-lo > 1 {
			runs = append(runs, entryRun{uint32(lo), uint32(hi)})
		}
		lo = hi
	}
	return runs
}

// entryRun is a range of entries, hi not included.
type entryRun struct{ lo, hi uint32 }

// equalPrefix sorts rows whose eight bytes of key k after skip are equal.
func (r *rowSorter) equalPrefix(rows []uint32, form keyForm, k, skip int) {
	switch {
	case form == wholeKey:
		r.byKey(rows, k+1)
	case form == textKey && r.ended(rows, k, skip+8):
		r.byKey(rows, k+1)
	case form == textKey && len(rows) >= radixFrom:
		r.byPrefix(rows, k, skip+8)
	default:
		r.compareFrom(rows, k)
	}
}

// ended reports whether no string of the rows goes on at byte n: texts have no zero
// bytes, so those whose padded prefixes are equal are equal then.
func (r *rowSorter) ended(rows []uint32, k, n int) bool {
	for _, row := range rows {
		if len(r.keys[k].B[row]) > n {
			return false
		}
	}
	return true
}

// keyForm is what eight bytes tell of a key.
type keyForm uint8

const (
	otherKey   keyForm = iota // a lower bound: equal ones must be compared
	wholeKey                  // everything
	textKey                   // the next bytes of a string without zero bytes
	numericKey                // wholeKey or otherKey, as the values are
)

func prefixForm(t types.T) keyForm {
	switch t.OID {
	case types.TextOID, types.VarcharOID, types.NameOID:
		return textKey
	case types.NumericOID:
		return numericKey
	}
	if t.Rep() != types.RepBytes {
		return wholeKey
	}
	return otherKey
}

// prefix is eight bytes of key k of a row as a number in the key's direction.
func (r *rowSorter) prefix(form keyForm, k, row, skip int) uint64 {
	c := &r.keys[k]
	var p uint64
	switch {
	case form == textKey:
		p = leading(c.B[row][min(skip, len(c.B[row])):])
	case c.F != nil:
		p = types.FloatOrder(c.F[row])
	case c.I != nil && unsigned(r.order.types[k]):
		p = uint64(c.I[row])
	case c.I != nil:
		p = uint64(c.I[row]) ^ 1<<63
	default:
		r.buf = types.AppendKey(r.buf[:0], r.order.types[k], c.Datum(row), false)
		p = leading(r.buf)
	}
	if r.order.keys[k].Desc {
		return ^p
	}
	return p
}

// leading is the first eight bytes, zeros where there are fewer.
func leading(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var p uint64
	for i, c := range b {
		p |= uint64(c) << (56 - 8*i)
	}
	return p
}

// radixSort orders entries by prefix, a byte at a time from the last on; equal ones
// keep their order. Bytes that are the same everywhere cost nothing but the count.
// spare is as long as e.
func radixSort(e, spare []sortEntry) {
	if len(e) < radixFrom {
		slices.SortStableFunc(e, func(a, b sortEntry) int { return cmp.Compare(a.prefix, b.prefix) })
		return
	}
	var counts [8][256]uint32
	for i := range e {
		p := e[i].prefix
		for d := range counts {
			counts[d][byte(p>>(8*d))]++
		}
	}
	from, to := e, spare
	for d := range counts {
		shift := 8 * d
		if counts[d][byte(from[0].prefix>>shift)] == uint32(len(e)) {
			continue
		}
		at := uint32(0)
		for b := range counts[d] {
			n := counts[d][b]
			counts[d][b] = at
			at += n
		}
		for i := range from {
			slot := &counts[d][byte(from[i].prefix>>shift)]
			to[*slot] = from[i]
			*slot++
		}
		from, to = to, from
	}
	if &from[0] != &e[0] {
		copy(e, from)
	}
}
