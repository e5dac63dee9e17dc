package segfile

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// File is an open file. Its sections are safe for concurrent reading until Close.
type File struct {
	data     []byte
	unmap    func() error // nil when data is ordinary memory
	tag      Tag
	sum      uint32
	sections []section
}

// Open opens dir/name and checks all of it: framing, table and every section's
// checksum. On a real disk the file is memory-mapped, elsewhere it is read into
// aligned memory. When ctx ends, so does the checking, with its error. A file that was cut short after Open faults the process when
// mapped, so nobody may write to files of this directory.
func Open(ctx context.Context, fs vfs.FS, dir, name string) (*File, error) {
	f, err := fs.Open(fs.PathJoin(dir, name))
	if err != nil {
		return nil, fmt.Errorf("segfile: open %s: %w", name, err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("segfile: stat %s: %w", name, err), f.Close())
	}
	data, unmap, err := load(ctx, f, st.Size())
	err = errors.Join(err, f.Close())
	if err != nil {
		if unmap != nil {
			err = errors.Join(err, unmap())
		}
		return nil, fmt.Errorf("segfile: read %s: %w", name, err)
	}
	file, err := parse(ctx, data, unmap)
	if err != nil {
		if unmap != nil {
			err = errors.Join(err, unmap())
		}
		return nil, fmt.Errorf("segfile: %s: %w", name, err)
	}
	return file, nil
}

// load maps the file or, when it has no descriptor of the operating system
// (memory, encryption), reads it.
func load(ctx context.Context, f vfs.File, size int64) (data []byte, unmap func() error, err error) {
	if size < headerBytes+footerBytes || int64(int(size)) != size {
		return nil, nil, corruptf("%d bytes are too few for a file", size)
	}
	if fd := f.Fd(); fd != vfs.InvalidFd {
		warm(ctx, fd, int(size))
		if data, unmap, err = mapFile(fd, int(size)); err == nil {
			return data, unmap, nil
		}
	}
	data = Aligned(int(size))
	if n, err := f.ReadAt(data, 0); err != nil && (err != io.EOF || n != len(data)) {
		return nil, nil, err
	}
	return data, nil, nil
}

// parse checks the bytes of a whole file; unmap is nil when they are ordinary memory.
func parse(ctx context.Context, data []byte, unmap func() error) (*File, error) {
	if !littleEndian() {
		return nil, errors.New("segfile: files can only be used on little-endian machines")
	}
	size := uint64(len(data))
	if size < headerBytes+footerBytes || size%align != 0 {
		return nil, corruptf("length %d", size)
	}
	head, foot := data[:headerBytes], data[size-footerBytes:]
	if binary.LittleEndian.Uint64(head) != headMagic {
		return nil, corruptf("wrong magic number at the start")
	}
	if checksum(head[:60]) != binary.LittleEndian.Uint32(head[60:]) {
		return nil, corruptf("header checksum")
	}
	if v := binary.LittleEndian.Uint32(head[8:]); v != version {
		return nil, corruptf("format version %d; this program reads %d", v, version)
	}
	if binary.LittleEndian.Uint64(foot) != footMagic {
		return nil, corruptf("wrong magic number at the end")
	}
	sum := binary.LittleEndian.Uint32(foot[60:])
	if checksum(foot[:60]) != sum {
		return nil, corruptf("footer checksum")
	}
	if n := binary.LittleEndian.Uint64(foot[16:]); n != size {
		return nil, corruptf("length is %d bytes, the footer says %d", size, n)
	}
	file := &File{data: data, tag: Tag(binary.LittleEndian.Uint32(head[12:])), sum: sum, unmap: unmap}
	if err := file.readTable(ctx, foot); err != nil {
		return nil, err
	}
	return file, nil
}

// readTable reads the section table that the (already checksummed) footer
// points to. Sections lie in table order, disjoint, between header and table.
func (f *File) readTable(ctx context.Context, foot []byte) error {
	size := uint64(len(f.data))
	off := binary.LittleEndian.Uint64(foot[8:])
	count := uint64(binary.LittleEndian.Uint32(foot[24:]))
	if count > maxSections {
		return corruptf("%d sections", count)
	}
	tableLen := count * entryBytes
	if off%align != 0 || off < headerBytes || off > size-footerBytes || tableLen > size-footerBytes-off {
		return corruptf("section table of %d entries at %d", count, off)
	}
	table := f.data[off : off+tableLen]
	if checksum(table) != binary.LittleEndian.Uint32(foot[28:]) {
		return corruptf("section table checksum")
	}
	end := uint64(headerBytes)
	f.sections = make([]section, count)
	for i := range f.sections {
		s := &f.sections[i]
		if err := s.decode(table[i*entryBytes:]); err != nil {
			return err
		}
		if s.offset%align != 0 || s.offset < end || s.offset > off || s.length > off-s.offset {
			return corruptf("section %d: %d bytes at %d", s.id, s.length, s.offset)
		}
		for _, o := range f.sections[:i] {
			if o.id == s.id {
				return corruptf("section %d appears twice", s.id)
			}
		}
		end = s.offset + s.length
		sum, err := f.checksum(ctx, f.data[s.offset:end])
		if err != nil {
			return err
		}
		if sum != s.crc {
			return corruptf("section %d: checksum", s.id)
		}
	}
	return nil
}

// checkWindow is how much of a mapped file is in memory while it is checked.
const checkWindow = 16 << 20

func (f *File) checksum(ctx context.Context, b []byte) (sum uint32, err error) {
	for len(b) > 0 && err == nil {
		n := min(len(b), checkWindow)
		sum = crc32.Update(sum, castagnoli, b[:n])
		if n == checkWindow {
			f.Forget()
		}
		b, err = b[n:], ctx.Err()
	}
	return sum, err
}

// Tag is the file's kind.
func (f *File) Tag() Tag { return f.tag }

// Sum is the content checksum that Finish returned when the file was written.
func (f *File) Sum() uint32 { return f.sum }

// Size is the file's length in bytes.
func (f *File) Size() int64 { return int64(len(f.data)) }

// Mapped reports whether the bytes are a memory map rather than heap memory.
func (f *File) Mapped() bool { return f.unmap != nil }

// Forget gives back the memory of the pages of a mapped file that were read so far;
// they come again, from the system's cache or the disk, when they are read.
func (f *File) Forget() {
	if f.Mapped() {
		forget(f.data)
	}
}

// SmallPages has a mapped file's pages come one by one, and not the 2 MiB around a record,
// where memory is short: what is mapped counts as the process's.
func (f *File) SmallPages() {
	if f.Mapped() {
		smallPages(f.data)
	}
}

// Section returns the bytes of a section, 64-byte aligned, valid until Close and
// read-only. A missing section is ErrCorrupt.
func (f *File) Section(id SectionID) ([]byte, error) {
	for i := range f.sections {
		if s := &f.sections[i]; s.id == id {
			return f.data[s.offset : s.offset+s.length : s.offset+s.length], nil
		}
	}
	return nil, corruptf("section %d is missing", id)
}

// Has reports whether the file has the section.
func (f *File) Has(id SectionID) bool {
	for i := range f.sections {
		if f.sections[i].id == id {
			return true
		}
	}
	return false
}

// Close releases the bytes; sections must not be used any more.
func (f *File) Close() error {
	f.data, f.sections = nil, nil
	if f.unmap == nil {
		return nil
	}
	u := f.unmap
	f.unmap = nil
	return u()
}
