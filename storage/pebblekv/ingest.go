package pebblekv

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A long run of a chunk becomes a table of its own that the store takes over as
// it is: its bytes are written once, where the log, the memtable, the flush and
// a compaction or two would write or copy them each. Ascending runs, as a load
// by primary key makes them, go to the lowest level at once.

// spillDir holds the tables between their writing and the store's taking them
// over. What a crash leaves in it belongs to nobody.
const spillDir = "spill"

func (e *Engine) spillPath(name ...string) string {
	return e.opts.FS.PathJoin(append([]string{e.dir, spillDir}, name...)...)
}

// clearSpills removes what earlier runs left and makes the directory.
func (e *Engine) clearSpills() error {
	if err := e.opts.FS.RemoveAll(e.spillPath()); err != nil {
		return fmt.Errorf("pebblekv: %w", err)
	}
	if err := e.opts.FS.MkdirAll(e.spillPath(), 0o700); err != nil {
		return fmt.Errorf("pebblekv: %w", err)
	}
	return nil
}

// run is a stretch of a buffer's nodes, from first up to but not including end.
type run struct{ first, end int32 }

// runAt returns the run that begins at node n, and the bytes of its keys and values.
func (e *Engine) runAt(buf *writeBuffer, n int32) (r run, size int) {
	prefix := e.runPrefix(buf.nodes[n].key)
	r = run{n, n}
	for ; r.end != none; r.end = buf.after(r.end) {
		nd := &buf.nodes[r.end]
		if !bytes.HasPrefix(nd.key, prefix) {
			break
		}
		if nd.op != none {
			size += len(nd.key) + len(buf.ops[nd.op].val)
		}
	}
	return r, size
}

func (e *Engine) runPrefix(key []byte) []byte {
	if e.opts.RunLen == nil {
		return nil
	}
	return key[:min(len(key), e.opts.RunLen(key))]
}

// writeTable writes a run of the buffer as a table, durably, and returns its path.
func (t *txn) writeTable(c *chunk, r run) (path string, err error) {
	fs := t.e.opts.FS
	path = t.e.spillPath(fmt.Sprintf("%016x-%d", c.id, r.first))
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return "", err
	}
	f = vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: t.e.store.BytesPerSync})
	w := sstable.NewWriter(&tableFile{f, bufio.NewWriterSize(f, tableBuffer)}, t.e.tables)
	for n := r.first; n != r.end; n = t.buf.after(n) {
		count, err := t.provisional(n, c.id, w.Set)
		if err != nil {
			return "", errors.Join(err, w.Close(), fs.Remove(path))
		}
		c.count += count
	}
	if err := w.Close(); err != nil {
		return "", errors.Join(err, fs.Remove(path))
	}
	return path, nil
}

// takeOver makes written tables part of the store.
func (t *txn) takeOver(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	if err := t.e.db.Ingest(context.Background(), paths); err != nil {
		return errors.Join(err, t.discard(paths))
	}
	return nil
}

func (t *txn) discard(paths []string) (err error) {
	for _, p := range paths {
		err = errors.Join(err, t.e.opts.FS.Remove(p))
	}
	return err
}

// tableFile is where a table's blocks go: they are small, so many are written at once.
type tableFile struct {
	f vfs.File
	w *bufio.Writer
}

const tableBuffer = 256 * kib

func (t *tableFile) Write(p []byte) error {
	_, err := t.w.Write(p)
	return err
}

// Finish makes the table durable.
func (t *tableFile) Finish() error {
	err := t.w.Flush()
	if err == nil {
		err = t.f.Sync()
	}
	return errors.Join(err, t.f.Close())
}

func (t *tableFile) Abort() { _ = t.f.Close() }
