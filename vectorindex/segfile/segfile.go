// Package segfile frames the immutable files of a vector index: numbered,
// 64-byte aligned, checksummed sections between a header and a footer. FORMAT.md
// draws the layout. It must not know what the sections mean, nor vectors,
// graphs, SQL or storage.
//
// A file becomes visible under its name only when it is complete and durable:
// it is written under a temporary name, synced, renamed, and its directory is
// synced. The bytes of an existing file are untrusted: every offset, length and
// checksum is checked before a section is handed out.
package segfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"unsafe"
)

// ErrCorrupt marks every error that says the file's bytes are not what a Writer
// wrote: truncation, a wrong magic or version, an impossible offset, a checksum.
var ErrCorrupt = errors.New("segfile: corrupt file")

// SectionID names a section within a file; the caller gives the meaning.
type SectionID uint32

// Tag says what kind of file this is; the caller gives the meaning.
type Tag uint32

const (
	headMagic   = 0x4745534f584f4c89 // "\x89LOXOSEG", little endian
	footMagic   = 0x444e454f584f4c89 // "\x89LOXOEND"
	version     = 1
	align       = 64
	headerBytes = 64
	footerBytes = 64
	entryBytes  = 32
	maxSections = 1024
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}

// section is one row of the section table.
type section struct {
	id     SectionID
	offset uint64
	length uint64
	crc    uint32
}

func (s *section) encode(b []byte) {
	clear(b[:entryBytes])
	binary.LittleEndian.PutUint32(b[0:], uint32(s.id))
	binary.LittleEndian.PutUint64(b[8:], s.offset)
	binary.LittleEndian.PutUint64(b[16:], s.length)
	binary.LittleEndian.PutUint32(b[24:], s.crc)
}

func (s *section) decode(b []byte) error {
	s.id = SectionID(binary.LittleEndian.Uint32(b[0:]))
	s.offset = binary.LittleEndian.Uint64(b[8:])
	s.length = binary.LittleEndian.Uint64(b[16:])
	s.crc = binary.LittleEndian.Uint32(b[24:])
	if binary.LittleEndian.Uint32(b[4:]) != 0 || binary.LittleEndian.Uint32(b[28:]) != 0 {
		return corruptf("section %d: reserved bytes are not zero", s.id)
	}
	return nil
}

// Element is a fixed-size little-endian number that a section may hold an array of.
type Element interface {
	~uint8 | ~uint32 | ~uint64 | ~float32
}

// View reads a section as an array of T without copying. The section must hold
// exactly want elements; otherwise the error is ErrCorrupt.
func View[T Element](b []byte, want int) ([]T, error) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if want < 0 || len(b)%size != 0 || len(b)/size != want {
		return nil, corruptf("section has %d bytes; want %d elements of %d bytes", len(b), want, size)
	}
	if want == 0 {
		return nil, nil
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if uintptr(p)%uintptr(size) != 0 {
		return nil, fmt.Errorf("segfile: section is not aligned to %d bytes", size)
	}
	return unsafe.Slice((*T)(p), want), nil
}

// Bytes views an array of numbers as the bytes of a section, without copying.
func Bytes[T Element](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

// Aligned returns n zero bytes that start at a multiple of 64.
func Aligned(n int) []byte {
	buf := make([]byte, n+align)
	off := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf))) & (align - 1))
	return buf[off : off+n : off+n]
}

// littleEndian reports whether this machine stores numbers as the format does;
// sections are used in place, so no other machine can read them.
func littleEndian() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}
