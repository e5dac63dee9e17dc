package segfile

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// tmpSuffix marks a file that is still being written; RemoveTemporary clears
// what a crash left behind.
const tmpSuffix = ".tmp"

// Writes begin with firstWrite bytes, which is enough for small files. Large files go on
// in whole largePage, at multiples of it: what is written at once is cached in pieces as
// large as that, where the file system can, and then mapped as one page.
const (
	firstWrite = 256 << 10
	largePage  = 2 << 20
)

// Writer writes one file, section after section. It is used by one goroutine.
// Either Finish or Abort must be called.
type Writer struct {
	// Written, if not nil, is told now and then how many bytes were written.
	Written func(bytes int64)

	// Small writes are cached in small pieces, of which less is mapped when a record is read.
	Small bool

	ctx       context.Context
	fs        vfs.FS
	dir, name string
	file      vfs.File
	buf       []byte // own copy: vfs.File.Write may modify what it is given
	written   uint64 // bytes handed to the file and to buf
	sections  []section
	open      bool // inside a section
	crc       hash.Hash32
	err       error // first error; everything after it is refused
}

// Create starts the file dir/name under a temporary name. When ctx ends, so does the
// writing, with its error.
func Create(ctx context.Context, fs vfs.FS, dir, name string, tag Tag) (*Writer, error) {
	f, err := fs.Create(fs.PathJoin(dir, name+tmpSuffix), vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("segfile: create %s: %w", name, err)
	}
	w := &Writer{ctx: ctx, fs: fs, dir: dir, name: name, file: f, buf: make([]byte, 0, firstWrite), crc: crc32.New(castagnoli)}
	var h [headerBytes]byte
	binary.LittleEndian.PutUint64(h[0:], headMagic)
	binary.LittleEndian.PutUint32(h[8:], version)
	binary.LittleEndian.PutUint32(h[12:], uint32(tag))
	binary.LittleEndian.PutUint32(h[60:], checksum(h[:60]))
	w.append(h[:])
	return w, w.err
}

// Begin starts a section; the sections of a file have different ids.
func (w *Writer) Begin(id SectionID) error {
	switch {
	case w.err != nil:
		return w.err
	case w.open:
		return errors.New("segfile: Begin inside a section")
	case len(w.sections) == maxSections:
		return fmt.Errorf("segfile: more than %d sections", maxSections)
	}
	for i := range w.sections {
		if w.sections[i].id == id {
			return fmt.Errorf("segfile: section %d written twice", id)
		}
	}
	w.pad()
	w.crc.Reset()
	w.open = true
	w.sections = append(w.sections, section{id: id, offset: w.written})
	return w.err
}

// Write appends to the open section. It does not keep or change p.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if !w.open {
		return 0, errors.New("segfile: Write outside a section")
	}
	w.crc.Write(p) // never fails (hash.Hash)
	w.append(p)
	return len(p), w.err
}

// End closes the open section.
func (w *Writer) End() error {
	if w.err != nil {
		return w.err
	}
	if !w.open {
		return errors.New("segfile: End outside a section")
	}
	w.open = false
	s := &w.sections[len(w.sections)-1]
	s.length = w.written - s.offset
	s.crc = w.crc.Sum32()
	return nil
}

// Section writes a whole section.
func (w *Writer) Section(id SectionID, p []byte) error {
	if err := w.Begin(id); err != nil {
		return err
	}
	if _, err := w.Write(p); err != nil {
		return err
	}
	return w.End()
}

// Finish writes the table and the footer and makes the file durable under its
// name. It returns the file's length and a checksum that names its content (the
// footer's, which covers the table and so every section's checksum).
func (w *Writer) Finish() (size int64, sum uint32, err error) {
	if w.err == nil && w.open {
		w.err = errors.New("segfile: Finish inside a section")
	}
	if w.err != nil {
		return 0, 0, errors.Join(w.err, w.Abort())
	}
	w.pad()
	tableOff := w.written
	table := make([]byte, entryBytes*len(w.sections))
	for i := range w.sections {
		w.sections[i].encode(table[i*entryBytes:])
	}
	w.append(table)
	w.pad()
	var f [footerBytes]byte
	binary.LittleEndian.PutUint64(f[0:], footMagic)
	binary.LittleEndian.PutUint64(f[8:], tableOff)
	binary.LittleEndian.PutUint64(f[16:], w.written+footerBytes)
	binary.LittleEndian.PutUint32(f[24:], uint32(len(w.sections)))
	binary.LittleEndian.PutUint32(f[28:], checksum(table))
	sum = checksum(f[:60])
	binary.LittleEndian.PutUint32(f[60:], sum)
	w.append(f[:])
	w.flush()
	if w.err == nil {
		w.err = w.publish()
	}
	if w.err != nil {
		return 0, 0, errors.Join(w.err, w.Abort())
	}
	return int64(w.written), sum, nil
}

// publish is the order that loses nothing in a crash: the file's bytes, then its
// name, then the directory that holds the name.
func (w *Writer) publish() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("segfile: sync %s: %w", w.name, err)
	}
	f := w.file
	w.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("segfile: close %s: %w", w.name, err)
	}
	path := w.fs.PathJoin(w.dir, w.name)
	if err := w.fs.Rename(path+tmpSuffix, path); err != nil {
		return fmt.Errorf("segfile: rename %s: %w", w.name, err)
	}
	return SyncDir(w.fs, w.dir)
}

// Abort drops the unfinished file. After Finish it does nothing that matters.
func (w *Writer) Abort() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	if w.err == nil {
		w.err = errors.New("segfile: writer was aborted")
	}
	return errors.Join(err, w.fs.Remove(w.fs.PathJoin(w.dir, w.name+tmpSuffix)))
}

// SyncDir makes the names in dir durable.
func SyncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("segfile: open directory %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("segfile: sync directory %s: %w", dir, err)
	}
	return nil
}

func (w *Writer) append(p []byte) {
	for len(p) > 0 && w.err == nil {
		n := copy(w.buf[len(w.buf):cap(w.buf)], p)
		w.buf = w.buf[:len(w.buf)+n]
		w.written += uint64(n)
		p = p[n:]
		if len(w.buf) == cap(w.buf) {
			w.flush()
		}
	}
}

func (w *Writer) flush() {
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.Written != nil {
		w.Written(int64(w.written))
	}
	if w.err == nil && len(w.buf) > 0 {
		if _, err := w.file.Write(w.buf); err != nil {
			w.err = fmt.Errorf("segfile: write %s: %w", w.name, err)
		}
	}
	w.buf = w.buf[:0]
	if !w.Small && w.written == largePage && cap(w.buf) < largePage {
		w.buf = make([]byte, 0, largePage)
	}
}

func (w *Writer) pad() {
	var zero [align]byte
	if n := w.written % align; n != 0 {
		w.append(zero[:align-n])
	}
}
