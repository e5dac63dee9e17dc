package session

import (
	"sync"
	"time"

	"github.com/loxodb/loxodb/executor/ddl"
	"github.com/loxodb/loxodb/planner/cost"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/feed"
)

// progress is what index builds report of themselves.
type progress struct {
	mu     sync.Mutex
	builds map[catalog.ID]runningBuild
}

// runningBuild is a build and what its remaining time is estimated by.
type runningBuild struct {
	syscat.Build
	began, reported time.Time
	from            float64 // the first share that it reported
}

func newProgress() *progress { return &progress{builds: map[catalog.ID]runningBuild{}} }

func (p *progress) set(b syscat.Build) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.builds[b.Index]
	if !ok || r.from < 0 {
		r.from = b.Share
	}
	if !ok {
		r.began = time.Now()
	}
	r.Build, r.reported = b, time.Now()
	p.builds[b.Index] = r
}

func (p *progress) done(index catalog.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.builds, index)
}

func (p *progress) list() []syscat.Build {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []syscat.Build
	for _, r := range p.builds {
		b, now := r.Build, time.Now()
		b.Took, b.Left = now.Sub(r.began), -1
		if left, ok := feed.Remaining(r.from, b.Share, r.reported.Sub(r.began)); ok {
			b.Left = max(0, left-now.Sub(r.reported))
		}
		out = append(out, b)
	}
	return out
}

// rowsExpected is about how many rows a table has: as ANALYZE has counted, or as many
// as were changed since the start, which is right for a table that was just filled.
func (d *Database) rowsExpected(t *catalog.Table) int64 {
	if st := d.store.Current().Stats(t.ID); st != nil {
		return int64(st.Rows)
	}
	return d.activity.Changes(t.Storage)
}

// pagesExpected is about how many pages a table of so many rows has: as ANALYZE has counted
// them in st, or, if that is nil, by the widths that the planner assumes of its columns.
func pagesExpected(st *catalog.TableStats, t *catalog.Table, rows int64) int64 {
	if st != nil {
		return st.Pages
	}
	width := int64(rowHeader)
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped {
			width += int64(cost.Width(c.Type))
		}
	}
	return (width*rows + pageSize - 1) / pageSize
}

// rowHeader is what PostgreSQL stores before a row's values, in bytes.
const rowHeader = 24

// buildProgress publishes an index build in pg_stat_progress_create_index.
func (s *Session) buildProgress(t *catalog.Table, x *catalog.Index, r *ddl.Report) {
	if r == nil {
		s.db.builds.done(x.ID)
		return
	}
	b := syscat.Build{
		PID: s.pid, Table: t.ID, Index: x.ID, Command: r.Command, Phase: r.Phase, Tuples: r.Total, TuplesDone: r.Done, Share: r.Share,
	}
	// So many pages have been read as rows have.
	if r.Rows > 0 {
		b.Blocks = pagesExpected(s.db.store.Current().Stats(t.ID), t, r.Rows)
		b.BlocksDone = int64(float64(b.Blocks) * min(1, float64(r.Read)/float64(r.Rows)))
	}
	s.db.builds.set(b)
}
