package feed

import (
	"errors"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Copier gives the copy of a database the files of its vector indexes. They are never
// written to, so that both can have the same.
type Copier struct {
	FS       vfs.FS
	From, To string
	// Lenient has an index whose files are not all there built from the rows instead of
	// failing: a merge may have removed them since the manifest was read, or damage.
	Lenient bool
}

// Link implements catalogstore.Files.
func (c *Copier) Link(index catalog.ID, manifest []byte) (bool, error) {
	var m sidecar.Manifest
	if err := m.Unmarshal(manifest); err != nil {
		return false, nil //nolint:nilerr // as at a start: damaged files are built anew
	}
	from, to := c.FS.PathJoin(c.From, dirName(index)), c.FS.PathJoin(c.To, dirName(index))
	if err := c.FS.RemoveAll(to); err != nil { // of an earlier attempt
		return false, err
	}
	if err := c.FS.MkdirAll(to, 0o700); err != nil {
		return false, err
	}
	for _, name := range m.Files() {
		err := vfs.LinkOrCopy(c.FS, c.FS.PathJoin(from, name), c.FS.PathJoin(to, name))
		if c.Lenient && errors.Is(err, fs.ErrNotExist) {
			return false, c.FS.RemoveAll(to)
		}
		if err != nil {
			return false, err
		}
	}
	for _, dir := range []string{to, c.To, c.FS.PathDir(c.To)} {
		if err := syncDir(c.FS, dir); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Afresh implements catalogstore.Files.
func (c *Copier) Afresh() []byte {
	m := sidecar.Manifest{Filled: sidecar.Filling}
	return m.Marshal(nil)
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
