package executor

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// SpillFile is a temporary file: written once from its start, then read. Close
// removes it.
type SpillFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// Rows in a file stand in blocks of at most MaxRows rows and, unless a single row is
// larger, about as many bytes as the writer was told:
//
//	rows(4) length(4), then for each column a NULL byte a row and
//	the values: 8 bytes each, or length(uvarint) and bytes
const (
	blockBytes  = 64 << 10
	blockHeader = 8
)

// blockSize is the size of blocks that leaves what 64 files hold of them, reading or
// writing, an eighth of the memory.
func (b *Budget) blockSize() int64 {
	if b == nil || b.limit <= 0 {
		return blockBytes
	}
	return max(1<<10, min(blockBytes, b.limit/(8*64)))
}

// spillRun is a sequence of rows in a file.
type spillRun struct {
	file  SpillFile
	bytes int64
}

// runWriter writes a run.
type runWriter struct {
	run   spillRun
	types []types.T
	block *rowStore
	size  int64 // of a block
	out   *bufio.Writer
	buf   []byte
}

// newRunWriter writes blocks of about size bytes, and holds two of them.
func newRunWriter(f SpillFile, ts []types.T, size int64) *runWriter {
	return &runWriter{run: spillRun{file: f}, types: ts, block: newRowStore(ts), size: size, out: bufio.NewWriterSize(f, int(size))}
}

// add appends row i of the columns.
func (w *runWriter) add(cols []batch.Col, i int) error {
	w.block.appendFrom(cols, i)
	return w.flushFull()
}

// addNumbered appends row i of the columns and, as the last column, a number.
func (w *runWriter) addNumbered(cols []batch.Col, i int, number int64) error {
	s := w.block
	s.bytes += s.appendDatum(&s.cols[len(cols)], types.Int(number))
	s.appendFrom(cols, i)
	return w.flushFull()
}

func (w *runWriter) flushFull() error {
	if w.block.n < batch.MaxRows && w.block.bytes < w.size {
		return nil
	}
	return w.flush()
}

func (w *runWriter) flush() error {
	if w.block.n == 0 {
		return nil
	}
	b := append(w.buf[:0], make([]byte, blockHeader)...)
	for k := range w.block.cols {
		c := &w.block.cols[k]
		for i := range w.block.n {
			null := byte(0)
			if c.Null[i] {
				null = 1
			}
			b = append(b, null)
		}
		for i := range w.block.n {
			switch {
			case c.B != nil:
				b = append(binary.AppendUvarint(b, uint64(len(c.B[i]))), c.B[i]...)
			case c.F != nil:
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.F[i]))
			default:
				b = binary.LittleEndian.AppendUint64(b, uint64(c.I[i]))
			}
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(w.block.n))
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-blockHeader))
	w.run.bytes += int64(len(b))
	w.block.reset(nil)
	w.buf = b
	_, err := w.out.Write(b)
	return err
}

// end completes the run.
func (w *runWriter) end() (spillRun, error) {
	err := w.flush()
	if err == nil {
		err = w.out.Flush()
	}
	return w.run, err
}

// runReader reads a run block by block. Values are borrowed until the next block.
type runReader struct {
	run  spillRun
	off  int64
	cols []batch.Col
	n    int // rows of the block
	buf  []byte
}

func newRunReader(r spillRun, ts []types.T) *runReader {
	x := &runReader{run: r, cols: make([]batch.Col, len(ts))}
	for k, t := range ts {
		x.cols[k].T = t
	}
	return x
}

// next reads the next block; false at the end.
func (r *runReader) next() (bool, error) {
	if r.off >= r.run.bytes {
		return false, nil
	}
	var head [blockHeader]byte
	if _, err := r.run.file.ReadAt(head[:], r.off); err != nil {
		return false, fmt.Errorf("executor: reading a temporary file: %w", err)
	}
	n, size := int(binary.LittleEndian.Uint32(head[:])), int(binary.LittleEndian.Uint32(head[4:]))
	if n > batch.MaxRows || r.off+blockHeader+int64(size) > r.run.bytes {
		return false, errSpillFile
	}
	if cap(r.buf) < size {
		r.buf = make([]byte, size)
	}
	r.buf = r.buf[:size]
	if _, err := r.run.file.ReadAt(r.buf, r.off+blockHeader); err != nil {
		return false, fmt.Errorf("executor: reading a temporary file: %w", err)
	}
	r.off += blockHeader + int64(size)
	r.n = n
	return true, r.decode()
}

var errSpillFile = fmt.Errorf("executor: a temporary file does not hold what was written")

func (r *runReader) decode() error {
	b := r.buf
	for k := range r.cols {
		c := &r.cols[k]
		c.Init(c.T, r.n)
		if len(b) < r.n {
			return errSpillFile
		}
		for i := range r.n {
			c.Null[i] = b[i] != 0
		}
		b = b[r.n:]
		for i := range r.n {
			if c.B != nil {
				size, w := binary.Uvarint(b)
				if w <= 0 || uint64(len(b)-w) < size {
					return errSpillFile
				}
				c.B[i] = b[w : w+int(size) : w+int(size)]
				b = b[w+int(size):]
				continue
			}
			if len(b) < 8 {
				return errSpillFile
			}
			v := binary.LittleEndian.Uint64(b)
			if b = b[8:]; c.F != nil {
				c.F[i] = math.Float64frombits(v)
			} else {
				c.I[i] = int64(v)
			}
		}
	}
	return nil
}
