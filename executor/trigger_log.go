package executor

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/loxodb/loxodb/sql/types"
)

// eventLog is a sequence of records of bytes that is written once and then read: in
// memory up to a limit, beyond it in a temporary file.
type eventLog struct {
	env    *Env
	recent []byte // not in the file yet
	file   SpillFile
	size   int64 // of the file
	held   int64 // of the budget
	n      int
}

// logBytes is how much of a log is kept in memory.
const logBytes = 4 << 20

// add appends a record, after its length.
func (l *eventLog) add(rec []byte) error {
	l.recent = append(binary.AppendUvarint(l.recent, uint64(len(rec))), rec...)
	l.n++
	if int64(cap(l.recent)) > l.held {
		if err := l.env.Budget.Grow(int64(cap(l.recent)) - l.held); err != nil {
			return err
		}
		l.held = int64(cap(l.recent))
	}
	if len(l.recent) < logBytes || l.env.Spill == nil {
		return nil
	}
	if l.file == nil {
		var err error
		if l.file, err = l.env.Spill(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(l.recent)
	l.size += int64(n)
	l.recent = l.recent[:0]
	return err
}

func (l *eventLog) close() {
	if l.file != nil {
		_ = l.file.Close()
	}
	_ = l.env.Budget.Grow(-l.held)
	*l = eventLog{env: l.env}
}

// logReader reads a log from its start. Records live until the next one.
type logReader struct {
	log  *eventLog
	off  int64  // of the file: what follows buf
	buf  []byte // read and not used
	back []byte
	left bool // the file is read, and buf what was in memory
}

// next is the next record, nil at the end.
func (r *logReader) next() ([]byte, error) {
	for {
		size, n := binary.Uvarint(r.buf)
		if n > 0 && uint64(len(r.buf)-n) >= size {
			rec := r.buf[n : n+int(size)]
			r.buf = r.buf[n+int(size):]
			return rec, nil
		}
		more, err := r.fill(int(size) + binary.MaxVarintLen64)
		if err != nil || !more {
			return nil, err
		}
	}
}

// fill reads on: at least want bytes, if there are as many.
func (r *logReader) fill(want int) (bool, error) {
	if r.left {
		if len(r.buf) > 0 {
			return false, errSpillFile
		}
		return false, nil
	}
	if r.off == r.log.size { // records do not cross from the file into memory
		if len(r.buf) > 0 {
			return false, errSpillFile
		}
		r.left, r.buf = true, r.log.recent
		return len(r.buf) > 0, nil
	}
	n := int(min(int64(max(want, blockBytes)), r.log.size-r.off))
	r.back = append(append(r.back[:0:0], r.buf...), make([]byte, n)...)
	if _, err := r.log.file.ReadAt(r.back[len(r.buf):], r.off); err != nil {
		return false, fmt.Errorf("executor: reading a temporary file: %w", err)
	}
	r.off += int64(n)
	r.buf = r.back
	return true, nil
}

// appendLogRow writes a row: nil is a row that is not there.
func appendLogRow(b []byte, ts []types.T, row []types.Datum) []byte {
	if row == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	for i, d := range row {
		switch {
		case d.IsNull():
			b = append(b, 0)
		case ts[i].Rep() == types.RepBytes:
			b = append(b, 1)
			b = append(binary.AppendUvarint(b, uint64(len(d.Bytes()))), d.Bytes()...)
		case ts[i].Rep() == types.RepFloat:
			b = binary.LittleEndian.AppendUint64(append(b, 1), math.Float64bits(d.Float()))
		default:
			b = binary.LittleEndian.AppendUint64(append(b, 1), uint64(d.Int()))
		}
	}
	return b
}

// readLogRow reads a row into dst; its values are borrowed from b.
func readLogRow(b []byte, ts []types.T, dst []types.Datum) (row []types.Datum, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errSpillFile
	}
	if b[0] == 0 {
		return nil, b[1:], nil
	}
	b = b[1:]
	for i := range ts {
		if len(b) == 0 {
			return nil, nil, errSpillFile
		}
		null := b[0] == 0
		b = b[1:]
		switch {
		case null:
			dst = append(dst, types.Null)
			continue
		case ts[i].Rep() == types.RepBytes:
			size, n := binary.Uvarint(b)
			if n <= 0 || uint64(len(b)-n) < size {
				return nil, nil, errSpillFile
			}
			dst = append(dst, types.Bytes(b[n:n+int(size):n+int(size)]))
			b = b[n+int(size):]
			continue
		case len(b) < 8:
			return nil, nil, errSpillFile
		}
		v := binary.LittleEndian.Uint64(b)
		if b = b[8:]; ts[i].Rep() == types.RepFloat {
			dst = append(dst, types.Float(math.Float64frombits(v)))
		} else {
			dst = append(dst, types.Int(int64(v)))
		}
	}
	return dst, b, nil
}
