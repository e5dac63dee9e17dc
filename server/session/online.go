package session

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/server/session/define"
	"github.com/loxodb/loxodb/sql/ast"
)

// online runs CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY of vector
// indexes, which commit several times.
func (s *Session) online(ctx context.Context, stmt ast.Stmt) (tag string, err error) {
	tag = "CREATE INDEX"
	if _, ok := stmt.(*ast.Reindex); ok {
		tag = "REINDEX"
	}
	if err := s.tx.mayWrite(tag); err != nil {
		return "", err
	}
	if err := s.tx.alone(tag + " CONCURRENTLY"); err != nil {
		return "", err
	}
	if err := s.defineEnv(ctx).Permit(stmt); err != nil {
		return "", err
	}
	switch st := stmt.(type) {
	case *ast.CreateIndex:
		err = s.buildOnline(ctx, func(e *define.Env) (*define.Online, error) { return e.StartIndex(ctx, st) })
	case *ast.Reindex:
		err = s.reindexOnline(ctx, st)
	}
	return tag, err
}

func (s *Session) reindexOnline(ctx context.Context, st *ast.Reindex) error {
	var list []define.Replaced
	err := s.committed(ctx, func(e *define.Env) (err error) {
		list, err = e.Replaceable(st)
		return err
	})
	for _, x := range list {
		if err == nil {
			err = s.buildOnline(ctx, func(e *define.Env) (*define.Online, error) { return e.StartReplacement(ctx, x.Table, x.Index) })
		}
	}
	return err
}

// buildOnline starts a build and completes it.
func (s *Session) buildOnline(ctx context.Context, start func(*define.Env) (*define.Online, error)) error {
	var o *define.Online
	err := s.committed(ctx, func(e *define.Env) (err error) {
		o, err = start(e)
		return err
	})
	if err != nil || o == nil {
		return err
	}
	return s.completeOnline(ctx, o)
}

// completeOnline fills the index and finishes the build. A build that the stop of the
// server ends is left as a crash would leave it, and goes on at the next start; any other
// end makes the index invalid for good.
func (s *Session) completeOnline(ctx context.Context, o *define.Online) error {
	err := s.defineEnv(ctx).Fill(ctx, o)
	if err == nil {
		err = s.committed(ctx, func(e *define.Env) error { return e.Finish(ctx, o) })
	}
	if err != nil && !errors.Is(context.Cause(ctx), backend.ErrStopping) { // else the next start goes on with it
		after := context.WithoutCancel(ctx) // a cancelled statement cleans up, too
		_ = s.committed(after, func(e *define.Env) error { return e.Abandon(after, o) })
	}
	return err
}

// committed runs a part of a statement in a transaction of its own.
func (s *Session) committed(ctx context.Context, run func(*define.Env) error) error {
	err := s.retry(ctx, "CREATE INDEX", func() error {
		env := s.defineEnv(ctx)
		before := env.Catalog
		err := run(env)
		if env.Catalog != before {
			s.tx.catalog = env.Catalog
		}
		return err
	})
	if err != nil {
		s.tx.rollback()
		return err
	}
	_, err = s.tx.commit(ctx)
	return err
}

// resumeBuilds goes on with the builds that the end of the server's last run
// interrupted, one after the other.
func (d *Database) resumeBuilds() {
	defer d.done.Done()
	defer d.building.Store(false)
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-d.stop
		cancel(backend.ErrStopping)
	}()
	for _, o := range define.Interrupted(d.store.Current()) {
		s := d.internalSession()
		if err := s.completeOnline(ctx, o); err != nil && ctx.Err() == nil {
			d.cfg.Log.Error("an interrupted index build could not be completed", "index", o.Index, "error", err)
		}
		s.Close()
	}
}
