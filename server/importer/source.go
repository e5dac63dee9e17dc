package importer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// A dump may name others by a command of MySQL's client, SOURCE FILE: their statements come in
// its place, in the same session. How far each is loaded is kept for itself, so that a load goes
// on within them.

// source loads the file that a command of the dump names.
func (b *batch) source(ctx context.Context, st statement) error {
	d, err := b.dump.named(st.source)
	if err != nil {
		b.warn(st, 0, err.Error())
		return nil
	}
	if err := b.flush(ctx, b.end, false); err != nil {
		return err
	}
	r, done := &b.report, b.report.done
	r.total, r.done = r.total+d.size, done+st.read
	in := &batch{load: b.load, dump: d, schema: b.schema, charset: b.charset}
	err = in.read(ctx, func(string) error { return nil })
	if err != nil {
		err = fmt.Errorf("%s: %w", d.path, err)
	}
	b.schema, r.done = in.schema, done+d.size
	return err
}

// named is the file that a dump names: beside it, or else from where the import runs.
func (d *dump) named(name string) (*dump, error) {
	list := []string{filepath.Join(filepath.Dir(d.path), name), name}
	if filepath.IsAbs(name) {
		list = list[1:]
	}
	for _, path := range list {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		n := &dump{path: path, size: info.Size(), by: d}
		for up := d; up != nil; up = up.by {
			if up.key() == n.key() {
				return nil, fmt.Errorf("file %s names itself", name)
			}
		}
		return n, nil
	}
	return nil, fmt.Errorf("file %s is not there", name)
}
