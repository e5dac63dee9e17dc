package session

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// mostReplayed bounds the arguments of vector_index_recall.
const mostReplayed = 10_000

// VectorRecall implements builtin.Session: it replays queries at the effort that the
// session's searches would have.
func (s *Session) VectorRecall(ctx context.Context, index catalog.ID, queries, k int) (float64, error) {
	for _, a := range []struct {
		name string
		n    int
	}{{"queries", queries}, {"k", k}} {
		if a.n < 1 || a.n > mostReplayed {
			return 0, pgerr.Newf(pgerrcode.InvalidParameterValue, "%s must be between 1 and %d", a.name, mostReplayed)
		}
	}
	x, ix, err := s.vectorIndex(index)
	if err != nil {
		return 0, err
	}
	env := executor.Env{}
	s.setEffort(&env)
	q := vectorindex.Query{K: k}
	env.SearchEffort(x, &q)
	r, err := ix.MeasureRecall(ctx, q, queries, false)
	return r.Recall, err
}

// vectorIndex finds a live vector index.
func (s *Session) vectorIndex(id catalog.ID) (*catalog.Index, *sidecar.Index, error) {
	for _, t := range s.Catalog().Tables() {
		if t.ID == id {
			return nil, nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not an index", t.Name)
		}
		for _, x := range t.Indexes {
			if x.ID != id {
				continue
			}
			if !x.IsVector() {
				return nil, nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a vector index", x.Name)
			}
			ix, ok := s.db.vectors.Get(id)
			if !ok {
				return nil, nil, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "index %q is not loaded", x.Name)
			}
			return x, ix, nil
		}
	}
	return nil, nil, pgerr.Newf(pgerrcode.UndefinedObject, "index with OID %d does not exist", id)
}

// setEffort is what the session's user has set for searches.
func (s *Session) setEffort(env *executor.Env) {
	env.Effort = int(s.settings.chosen("hnsw.ef_search"))
	env.Probes = int(s.settings.chosen("ivfflat.probes"))
	env.Recall = s.settings.chosen("loxodb.target_recall")
}

// The background replay asks few queries at a time and rests a hundred times as long as
// they took, so it costs at most about a hundredth of a core.
const (
	replayEvery   = 30 * time.Second
	replayQueries = 32
	replayK       = 10
	replayRest    = 100
)

// missed is how far below its target a replay must be for the index to be calibrated
// anew on the queries that are asked: 32 queries of 10 tell no finer difference.
const missed = 0.02

// watchRecall replays queries of every index that was searched, in turn, until Close.
func (d *Database) watchRecall() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-d.stop
		cancel()
	}()
	rest := replayEvery
	for ctx.Err() == nil {
		t := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		began := time.Now()
		d.replayAll(ctx)
		rest = max(replayEvery, replayRest*time.Since(began))
	}
}

func (d *Database) replayAll(ctx context.Context) {
	for _, t := range d.store.Current().Tables() {
		for _, x := range t.Indexes {
			ix, ok := d.vectors.Get(x.ID)
			if !ok || !x.IsVector() || x.Method == "flat" {
				continue
			}
			if err := d.replay(ctx, x, ix); err != nil && ctx.Err() == nil && !errors.Is(err, vectorindex.ErrClosed) {
				d.cfg.Log.Warn("the recall of a vector index could not be measured; it will be tried again", "index", x.Name, "error", err)
			}
		}
	}
}

// replay measures one index when it was searched since the last time, and calibrates it
// on what was asked when its target was missed.
func (d *Database) replay(ctx context.Context, x *catalog.Index, ix *sidecar.Index) error {
	if !ix.Asked() {
		return nil
	}
	q := vectorindex.Query{K: replayK}
	(&executor.Env{}).SearchEffort(x, &q)
	r, err := ix.MeasureRecall(ctx, q, replayQueries, true)
	if err != nil || r.Recall >= r.Target-missed {
		return err
	}
	done, err := ix.Recalibrate(ctx)
	if done {
		d.cfg.Log.Info("vector index was calibrated anew on recent queries", "index", x.Name, "recall", r.Recall, "target", r.Target)
	}
	return err
}

// VectorRecalls implements syscat.Live.
func (x system) VectorRecalls(id catalog.ID) []syscat.VectorRecall {
	ix, ok := x.s.db.vectors.Get(id)
	if !ok {
		return nil
	}
	var out []syscat.VectorRecall
	for _, r := range ix.RecallHistory() {
		out = append(out, syscat.VectorRecall{At: r.At, Queries: int64(r.Queries), Recent: r.Recent, K: int64(r.K), Target: r.Target,
			Recall: r.Recall, Effort: r.Effort, Seconds: r.Seconds, Background: r.Background})
	}
	return out
}
