package session

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// What is done with tables and indexes is counted as PostgreSQL's cumulative statistics
// are (chapter 28.2): by statements for their transaction, and for everybody when that
// ends. Counts outlive a server that ends as it should, and no other.

// count counts a transaction that ends.
func (t *txState) count(committed bool) {
	if t.began.IsZero() {
		return // there is none
	}
	g := &t.session.db.usage
	g.Add(&t.session.uses)
	if committed {
		g.Commits.Add(1)
	} else {
		g.Rollbacks.Add(1)
	}
}

// Activity implements syscat.Live.
func (x system) Activity(id catalog.ID, running bool) syscat.Activity {
	s := x.s
	var u table.Use
	if running {
		u = s.uses.Get(id)
		if s.tx.txn != nil {
			w := s.tx.txn.Use(id)
			u.Add(&w)
		}
	} else {
		u, _ = s.db.usage.Get(id)
	}
	a := syscat.Activity{
		Scans: u[table.Scans], Read: u[table.Read], Fetched: u[table.Fetched],
		Inserted: u[table.Inserted], Updated: u[table.Updated], HotUpdated: u[table.Light], Deleted: u[table.Deleted],
		Live: u[table.Live], InsertedSinceVacuum: u[table.InsertedSince],
		Vacuums: u[table.Vacuums], Analyses: u[table.Analyses], AutoAnalyses: u[table.AutoAnalyses],
		LastVacuum: moment(u[table.LastVacuum]), LastAnalyze: moment(u[table.LastAnalysis]), LastAutoAnalyze: moment(u[table.LastAutoAnalysis]),
	}
	if t, ok := s.Catalog().TableByID(id); ok {
		a.ChangedSinceAnalyze = s.db.activity.Changes(t.Storage)
		// Old versions go as soon as nobody can read them.
		if s.db.activity.ChangedSince(t.Storage, s.db.eng.Oldest()) {
			a.Dead = u[table.Dead]
		}
	}
	return a
}

// moment is a time in microseconds since 1970, 0 the zero time.
func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro)
}

// DatabaseActivity implements syscat.Live. A database that is not open has no sessions,
// and what was counted before is not looked for.
func (x system) DatabaseActivity(id catalog.ID) (a syscat.DatabaseActivity) {
	for _, d := range x.s.db.c.opened() {
		if d.id != id {
			continue
		}
		g := &d.usage
		u := g.Sum()
		d.mu.Lock()
		a.Backends = int64(len(d.sessions))
		d.mu.Unlock()
		a.Sessions, a.Commits, a.Rollbacks, a.Deadlocks = g.Sessions.Load(), g.Commits.Load(), g.Rollbacks.Load(), g.Deadlocks.Load()
		a.Returned, a.Fetched = u[table.Read], u[table.Fetched]
		a.Inserted, a.Updated, a.Deleted = u[table.Inserted], u[table.Updated], u[table.Deleted]
		a.Reset = moment(g.LastReset.Load())
	}
	return a
}

// usageKey is where counts are between two runs of the server.
var usageKey = append([]byte{keys.Meta}, "usage"...)

// saveUsage keeps the counts for the next start.
func (d *Database) saveUsage(ctx context.Context) error {
	b, err := d.usage.Save()
	if err != nil {
		return err
	}
	return d.putUsage(ctx, b)
}

// putUsage stores counts, or that there are none.
func (d *Database) putUsage(ctx context.Context, b []byte) error {
	txn, err := d.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Close()
	if b == nil {
		err = txn.Delete(usageKey)
	} else {
		err = txn.Put(usageKey, b)
	}
	if err == nil {
		_, err = txn.Commit(ctx)
	}
	return err
}

// loadUsage goes on with what was counted before the start, and takes it away: after a
// crash it would be old. A table that nothing is known of has as many rows as its
// statistics say.
func (d *Database) loadUsage(ctx context.Context) error {
	err := d.takeUsage(ctx)
	snap := d.store.Current()
	for _, t := range snap.Tables() {
		if st := snap.Stats(t.ID); st != nil {
			if _, ok := d.usage.Get(t.ID); !ok {
				d.usage.Sized(t.ID, int64(st.Rows))
			}
		}
	}
	return err
}

func (d *Database) takeUsage(ctx context.Context) (err error) {
	now, err := d.eng.Now(ctx)
	if err != nil {
		return err
	}
	view, err := d.eng.Snapshot(ctx, now)
	if err != nil {
		return err
	}
	b, ok, err := view.Get(ctx, usageKey)
	if err == nil && ok {
		err = d.usage.Load(b)
	}
	if err := errors.Join(err, view.Close()); err != nil || !ok {
		return err
	}
	return d.putUsage(ctx, nil)
}

// forgetUsage ends the counting of a relation with that storage that was dropped. One that
// only got other storage goes on.
func (d *Database) forgetUsage(id catalog.ID) {
	snap := d.store.Current()
	if _, ok := snap.TableByID(id); ok {
		return
	}
	if _, ok := snap.IndexByID(id); ok {
		return
	}
	d.usage.Forget(id)
}

// statisticFact answers pg_stat_get_… functions: the named column of a statistics view for
// the object, "" for NULL; times in microseconds since 1970. And it resets counts.
func (s *Session) statisticFact(fact string, args []string) (string, error) {
	now := time.Now().UnixMicro()
	if fact == "reset_statistics" {
		if len(args) == 0 {
			s.db.usage.Reset(now)
			return "", nil
		}
		id, err := strconv.ParseUint(args[0], 10, 32)
		s.db.usage.ResetOf(catalog.ID(id), now)
		return "", err
	}
	id, err := strconv.ParseUint(args[1], 10, 32)
	if err != nil {
		return "", err
	}
	if fact == "have_statistics" {
		return s.hasStatistics(args[0], catalog.ID(id), args[2])
	}
	return syscat.Statistic(system{s}, args[0], catalog.ID(id))
}

// hasStatistics answers "t" if something is counted of a database, 0 being what databases
// share, or of a relation in one.
func (s *Session) hasStatistics(kind string, db catalog.ID, object string) (string, error) {
	id, err := strconv.ParseUint(object, 10, 32)
	if err != nil {
		return "", err
	}
	for _, d := range s.db.c.opened() {
		if _, ok := d.usage.Get(catalog.ID(id)); d.id == db && (ok || kind == "database") {
			return "t", nil
		}
	}
	if kind == "database" && db == 0 {
		return "t", nil
	}
	return "", nil
}
