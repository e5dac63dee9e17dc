package sidecar

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/loxodb/loxodb/vectorindex/segfile"
)

const deletesMetaVersion = 1

// writeDeletes stores every death of a sealed segment as a new delete file. It
// returns the file's number, checksum and count of deaths.
func (ix *Index) writeDeletes(ctx context.Context, p *part) (number uint64, sum uint32, count int64, err error) {
	var ords []uint32
	var tss []uint64
	p.dead.each(func(ord uint32, ts uint64) {
		ords, tss = append(ords, ord), append(tss, ts)
	})
	number = ix.nextNumber.Add(1) - 1
	w, err := segfile.Create(ctx, ix.cfg.FS, ix.dir, deletesName(number), tagDeletes)
	if err != nil {
		return 0, 0, 0, err
	}
	meta := binary.LittleEndian.AppendUint32(nil, deletesMetaVersion)
	meta = binary.LittleEndian.AppendUint32(meta, 0)
	meta = binary.LittleEndian.AppendUint64(meta, p.number)
	err = errors.Join(w.Section(secMeta, meta),
		w.Section(secDeadOrds, segfile.Bytes(ords)), w.Section(secDeadTS, segfile.Bytes(tss)))
	if err != nil {
		return 0, 0, 0, errors.Join(err, w.Abort())
	}
	_, sum, err = w.Finish()
	return number, sum, int64(len(ords)), err
}

// readDeletes adds the deaths of the segment's delete file, if it has one.
func (ix *Index) readDeletes(ctx context.Context, p *part) error {
	if p.meta.Deletes == 0 {
		p.stored = p.dead.dead.Load()
		return nil
	}
	name := deletesName(p.meta.Deletes)
	f, err := segfile.Open(ctx, ix.cfg.FS, ix.dir, name)
	if err != nil {
		return classify(err)
	}
	err = func() error {
		b, err := f.Section(secMeta)
		if err != nil {
			return err
		}
		if f.Tag() != tagDeletes || f.Sum() != p.meta.DeletesSum || len(b) != 16 ||
			binary.LittleEndian.Uint32(b) != deletesMetaVersion || binary.LittleEndian.Uint64(b[8:]) != p.number {
			return corruptf("the file is not the one of the manifest (sum %08x, want %08x)", f.Sum(), p.meta.DeletesSum)
		}
		return p.readDead(f, int(p.n.Load()))
	}()
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, classify(err)), f.Close())
	}
	p.stored = p.dead.dead.Load()
	return f.Close()
}
