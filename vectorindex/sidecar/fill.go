package sidecar

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/loxodb/loxodb/vectorindex"
)

// Fill is Build and Publish by steps: each segment is published, with how far it goes,
// as soon as it is written, so that a Fill that a crash interrupts goes on where the
// last segment ends. Until it has returned without an error the index lacks rows and
// must not be searched. rows streams, in ascending order, the rows at asOf from
// FilledTo's row on; commit is that of Publish.
//
// Rows that were read at an earlier snapshot, before the crash, are right all the same:
// what has changed of them since is in a head, or an outbox mark tells of it.
func (ix *Index) Fill(ctx context.Context, asOf uint64, rows Rows, o BuildOptions, commit func(context.Context, Manifest) error) error {
	o.ensureDefaults(&ix.cfg)
	g, err := ix.cfg.Budget.grant(ctx, o.Memory)
	if err != nil {
		return err
	}
	defer g.release()
	o.Memory = g.bytes
	pin, err := ix.pinFrom(asOf)
	if err != nil {
		return err
	}
	defer ix.unpin(pin)
	step := func(add []*part, f fill) error {
		return ix.commit(ctx, change{add: add, from: *pin, bulk: true, validFrom: asOf, fill: &f}, commit)
	}
	b := ix.newBulk(ctx, asOf, &o)
	b.sealed = func(seg *part, last uint64) error {
		return step([]*part{seg}, fill{Filling, following(last)})
	}
	_, next := ix.FilledTo()
	b.meter.next(ix.filledEntries())
	space := ix.cfg.Spec.Space()
	err = rows(ctx, func(d *Delta) error {
		if err := space.Check(d.Vec); err != nil {
			return fmt.Errorf("row %d: %w: %w", d.Row, vectorindex.ErrQuery, err)
		}
		if uint64(d.Row) < next {
			return fmt.Errorf("sidecar: fill was given row %d where row %d or a later one comes next", d.Row, next)
		}
		next = following(uint64(d.Row))
		return b.add(d, asOf, 0)
	})
	if err == nil {
		_, err = b.finish()
	}
	if err != nil {
		b.discard()
		return err
	}
	if err := step(nil, fill{Filled, math.MaxUint64}); err != nil {
		return err
	}
	g.release() // for the copies
	if err := ix.settleAll(); err != nil {
		return errors.Join(errors.New("sidecar: closed while it was filled"), err)
	}
	return nil
}

// following is the row after row; there is no row of the greatest number.
func following(row uint64) uint64 { return row + min(1, math.MaxUint64-row) }

// FilledTo tells what Fill has done, in this run of the program or an earlier one, and
// with which row it goes on.
func (ix *Index) FilledTo() (FillState, uint64) {
	ix.manifestMu <- struct{}{}
	defer ix.manifestMu.release()
	return ix.manifest.Filled, ix.manifest.FilledTo
}

// filledEntries counts what earlier runs of Fill have put into segments.
func (ix *Index) filledEntries() (n int64) {
	ix.manifestMu <- struct{}{}
	defer ix.manifestMu.release()
	for i := range ix.manifest.Segments {
		n += int64(ix.manifest.Segments[i].Entries)
	}
	return n
}
