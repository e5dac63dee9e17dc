package session

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/executor"
)

// spillDir is where statements put rows for which they have no memory. Files end with
// their statement; those of a server that was killed go at the next start.
type spillDir struct {
	fs   vfs.FS
	dir  string
	next *atomic.Uint64
}

func newSpillDir(fs vfs.FS, dir string) (spillDir, error) {
	if dir == "" {
		return spillDir{}, nil
	}
	if fs == nil {
		fs = vfs.Default
	}
	if err := fs.RemoveAll(dir); err != nil {
		return spillDir{}, fmt.Errorf("session: removing temporary files: %w", err)
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return spillDir{}, fmt.Errorf("session: making the directory of temporary files: %w", err)
	}
	return spillDir{fs, dir, new(atomic.Uint64)}, nil
}

// create is executor.Env.Spill.
func (d *spillDir) create() func() (executor.SpillFile, error) {
	if d.dir == "" {
		return nil
	}
	return d.file
}

func (d *spillDir) file() (executor.SpillFile, error) {
	name := d.fs.PathJoin(d.dir, strconv.FormatUint(d.next.Add(1), 10))
	f, err := d.fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("session: a temporary file: %w", err)
	}
	// Where the system lets go of the name at once, so does a file that nobody closes.
	named := d.fs.Remove(name) != nil
	return &spillFile{f, d.fs, name, named}, nil
}

type spillFile struct {
	vfs.File
	fs    vfs.FS
	name  string
	named bool
}

// Close implements executor.SpillFile.
func (f *spillFile) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, f.fs.Remove(f.name))
	}
	return err
}
