package session

import (
	"context"
	"errors"
	"time"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// Statistics are renewed in the background when as many rows have changed as
// PostgreSQL's autovacuum_analyze_threshold and _scale_factor say by default
// (chapter 20.10): nobody should have to say ANALYZE for a good plan.
const (
	analyzeEvery = 15 * time.Second
	analyzeBase  = 50
	analyzeShare = 0.1
)

// autoAnalyze runs until Close.
func (d *Database) autoAnalyze() {
	defer d.done.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-d.stop
		cancel()
	}()
	tick := time.NewTicker(analyzeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.analyzeStale(ctx)
		}
	}
}

// suspect makes every table without statistics stale: how much of it changed
// before the start is not known.
func (d *Database) suspect() {
	snap := d.store.Current()
	for _, t := range snap.Tables() {
		if snap.Stats(t.ID) == nil {
			d.activity.Add(t.Storage, analyzeBase)
		}
	}
}

// analyzeStale renews the statistics of every table that has changed enough.
func (d *Database) analyzeStale(ctx context.Context) {
	snap := d.store.Current()
	for _, t := range snap.Tables() {
		if !t.IsStored() || t.IsPartitioned() || !d.stale(snap, t) {
			continue
		}
		if err := d.analyze(ctx, t); err != nil && ctx.Err() == nil {
			d.cfg.Log.Warn("statistics could not be renewed; it will be tried again", "table", t.Name, "error", err)
		}
	}
}

func (d *Database) stale(snap *catalog.Snapshot, t *catalog.Table) bool {
	rows := 0.0
	if st := snap.Stats(t.ID); st != nil {
		rows = st.Rows
	}
	return float64(d.activity.Changes(t.Storage)) >= analyzeBase+analyzeShare*rows
}

// analyze samples a table at a view of its own and stores the statistics in a
// short transaction afterwards, so that it holds nobody up.
func (d *Database) analyze(ctx context.Context, t *catalog.Table) error {
	changes := d.activity.Changes(t.Storage)
	now, err := d.eng.Now(ctx)
	if err != nil {
		return err
	}
	view, err := d.eng.Snapshot(ctx, now)
	if err != nil {
		return err
	}
	defer view.Close()
	s := d.internalSession()
	defer s.Close()
	exprs, err := bind.StatisticsExprs(t, s.planOptions(nil))
	if err != nil {
		return err
	}
	st, err := executor.Analyze(ctx, s.newEnv(ctx, view, nil), t, exprs)
	if err != nil {
		return err
	}
	for {
		err := d.storeStats(ctx, t, st, changes)
		if !errors.Is(err, table.ErrRestart) { // somebody changed the catalog just now
			return err
		}
	}
}

func (d *Database) storeStats(ctx context.Context, t *catalog.Table, st *catalog.TableStats, changes int64) error {
	txn, err := table.Begin(ctx, d.eng, kv.TxnOptions{}, d.vectors)
	if err != nil {
		return err
	}
	defer txn.Close()
	snap := d.store.At(txn.At())
	if cur, ok := snap.TableByID(t.ID); !ok || cur.Storage != t.Storage {
		return nil // dropped or written anew meanwhile
	}
	if err := d.store.Edit(ctx, txn, snap).PutStats(t.ID, st); err != nil {
		return err
	}
	txn.AtCommit(func(kv.TS) {
		d.activity.Settle(t.Storage, changes)
		d.usage.Sized(t.ID, int64(st.Rows))
		d.usage.Done(t.ID, table.AutoAnalyses, table.LastAutoAnalysis, time.Now().UnixMicro())
	})
	_, err = txn.Commit(ctx)
	return err
}

// internalSession is a superuser's session with default settings, for the
// server's own work. Nobody sees it among the sessions.
func (d *Database) internalSession() *Session {
	role := &catalog.Role{Name: "postgres", Super: true}
	return newSession(d, backend.Startup{User: role.Name}, role)
}
