package segfile

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// scratchPiece is how much of a scratch file is made and mapped at once.
const scratchPiece = 16 << 20

// Scratch is memory in a file: what is written to it is the system's to put on disk and to
// drop. Where files cannot be mapped, or the disk is full, it is ordinary memory.
type Scratch struct {
	fs   vfs.FS
	path string
	file vfs.File // nil: ordinary memory

	mu     sync.Mutex // the rest: Forget may come from anywhere
	size   int64
	pieces [][]byte
	unmap  []func() error
	free   []byte // of the newest piece
	// bytes that were allocated
	inFile, inMemory int64
}

// NewScratch makes dir/name, which is to go with Close. A name that ends in TmpSuffix is
// known to be nobody's after a crash.
func NewScratch(fs vfs.FS, dir, name string) (*Scratch, error) {
	s := &Scratch{fs: fs, path: fs.PathJoin(dir, name)}
	f, err := fs.Create(s.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("segfile: create %s: %w", name, err)
	}
	s.file = f
	return s, nil
}

// TmpSuffix ends the names of files that are nobody's when nobody runs.
const TmpSuffix = tmpSuffix

// Alloc returns n zero bytes at a multiple of 64. They are valid until Close.
func (s *Scratch) Alloc(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole := (n + align - 1) &^ (align - 1)
	if len(s.free) < whole {
		if !s.more(max(whole, scratchPiece)) {
			s.inMemory += int64(whole)
			return Aligned(n)
		}
	}
	b := s.free[:n:n]
	s.free = s.free[whole:]
	s.inFile += int64(whole)
	return b
}

// more maps another piece; false when that cannot be.
func (s *Scratch) more(n int) bool {
	if s.file == nil {
		return false
	}
	n = (n + largePage - 1) &^ (largePage - 1)
	data, unmap, err := s.extend(n)
	if err != nil {
		s.giveUp()
		return false
	}
	for _, b := range s.pieces { // what is written is read little
		forget(b)
	}
	s.size += int64(n)
	s.pieces, s.unmap = append(s.pieces, data), append(s.unmap, unmap)
	s.free = data
	return true
}

// extend makes and maps n bytes more of the file. They are there when it returns: a write
// into a mapped hole of a full disk would end the process.
func (s *Scratch) extend(n int) ([]byte, func() error, error) {
	if s.file.Fd() == vfs.InvalidFd {
		return nil, nil, fmt.Errorf("segfile: %s has no descriptor", s.path)
	}
	if err := reserve(s.file.Fd(), s.size, int64(n)); err != nil {
		return nil, nil, err
	}
	return mapScratch(s.file.Fd(), s.size, n)
}

// giveUp goes on in ordinary memory; what is mapped stays.
func (s *Scratch) giveUp() {
	if s.file != nil {
		_ = s.file.Close() // nothing in it is to last
		s.file = nil
		_ = s.fs.Remove(s.path)
	}
}

// Sizes is how many bytes of what was allocated are in the file, and how many are in
// ordinary memory.
func (s *Scratch) Sizes() (inFile, inMemory int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFile, s.inMemory
}

// Forget gives back the pages that were touched so far. They keep what was written.
func (s *Scratch) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.pieces {
		forget(b)
	}
}

// Close removes the file; nothing that was allocated may be used any more.
func (s *Scratch) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveUp()
	for _, u := range s.unmap {
		_ = u() // at worst it stays mapped
	}
	s.pieces, s.unmap, s.free = nil, nil, nil
}
