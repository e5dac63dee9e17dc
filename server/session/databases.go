package session

import (
	"context"
	"errors"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/session/define"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/feed"
)

// databases is a session as definitions see it that are about databases.
type databases struct{ s *Session }

var _ define.Databases = databases{}

// Hold implements define.Databases.
func (x databases) Hold(ctx context.Context, id catalog.ID) (others int, err error) {
	s := x.s
	if s.tx.held[id] {
		return 0, nil
	}
	own := 0
	if id == s.db.id {
		own = 1
	}
	if others, err = s.db.c.hold(ctx, id, own, leaveTime, s.tx.block); err != nil || others > 0 {
		return others, err
	}
	if s.tx.held == nil {
		s.tx.held = map[catalog.ID]bool{}
	}
	s.tx.held[id] = true
	s.tx.txn.AtEnd(func(bool) {
		delete(s.tx.held, id)
		s.db.c.openGate(id)
	})
	return 0, nil
}

// Expel implements define.Databases.
func (x databases) Expel(id catalog.ID) error {
	var pids []int32
	supers := false
	x.s.db.c.eachSession(func(o *Session) {
		if o.db.id == id {
			pids = append(pids, o.pid)
			supers = supers || o.role.Super
		}
	})
	if supers && !x.s.role.Super {
		return pgerr.New(pgerrcode.InsufficientPrivilege, "must be a superuser to terminate superuser process")
	}
	for _, pid := range pids {
		x.s.SignalBackend(pid, true)
	}
	return nil
}

// Shut implements define.Databases.
func (x databases) Shut(id catalog.ID) error {
	c := x.s.db.c
	x.s.tx.txn.AtEnd(func(committed bool) {
		if committed {
			c.removeFiles(id)
		}
	})
	return c.shut(id, true)
}

// removeFiles removes what a database has beside the store.
func (c *Cluster) removeFiles(id catalog.ID) {
	if err := c.cfg.FS.RemoveAll(c.databaseDir(id)); err != nil {
		c.cfg.Log.Error("the files of a dropped database stay until the next start", "database", id, "error", err)
	}
}

// copyTries is how often a copy is begun before indexes whose files go meanwhile are
// built from the rows instead.
const copyTries = 4

// DatabaseSize implements builtin.Session: what the database has in the store, of what is
// not only in memory, and the files of its vector indexes.
func (s *Session) DatabaseSize(id catalog.ID) int64 {
	const least = 8192 // of the catalog
	c := s.db.c
	return max(least, c.store.Size(id)) + filesSize(c.cfg.FS, c.indexDir(id))
}

// filesSize is how large the files in a directory and in those within it are.
func filesSize(fs vfs.FS, dir string) (n int64) {
	names, err := fs.List(dir)
	if err != nil {
		return 0
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		switch {
		case err != nil: // gone just now
		case info.IsDir():
			n += filesSize(fs, path)
		default:
			n += info.Size()
		}
	}
	return n
}

// createDatabase is CREATE DATABASE. The template's content is copied in a transaction of
// its own, which others need not wait for; what it has written belongs to nobody until the
// database gets its descriptor, and goes if it does not.
func (s *Session) createDatabase(ctx context.Context, st *ast.CreateDatabase) (string, error) {
	const tag = "CREATE DATABASE"
	if err := s.tx.alone(tag); err != nil {
		return "", err
	}
	var n *define.NewDatabase
	err := s.retry(ctx, tag, func() (err error) {
		n, err = s.defineEnv(ctx).PlanDatabase(st)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := s.readyTemplate(ctx, n.Template); err != nil {
		return "", err
	}
	c := s.db.c
	m, err := c.store.Make(ctx, n.ID)
	if err != nil {
		return "", err
	}
	if m == nil {
		return "", oidInUse(c.store.Current(), n.ID)
	}
	made := false
	s.tx.txn.AtEnd(func(committed bool) {
		if !committed || !made {
			c.removeFiles(m.ID)
		}
		m.Done()
	})
	if err := c.copyDatabase(ctx, m, n.Template.ID); err != nil {
		return "", err
	}
	if n.ID != 0 { // rows of an earlier database of that OID may be cached
		now, err := c.cfg.Engine.Now(ctx)
		if err != nil {
			return "", err
		}
		c.rows.Forget(now)
		c.columns.Forget(now)
	}
	err = s.retry(ctx, tag, func() error { return s.defineEnv(ctx).FinishDatabase(ctx, n, m) })
	made = err == nil
	return tag, err
}

func oidInUse(c *catalog.Cluster, id catalog.ID) error {
	if x, ok := c.DatabaseByID(id); ok {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "database OID %d is already in use by database %q", id, x.Name)
	}
	return pgerr.Newf(pgerrcode.ObjectInUse, "database OID %d was in use until now", id).
		WithHint("Try again in some seconds.")
}

// readyTemplate keeps others out of a template, and has it put down what it keeps in memory.
func (s *Session) readyTemplate(ctx context.Context, t *catalog.Database) error {
	others, err := databases{s}.Hold(ctx, t.ID)
	switch {
	case err != nil:
		return err
	case others > 0:
		return define.BeingAccessed("source database", t.Name, others)
	case t.ID == s.db.id:
		return s.db.seqs.Settle(ctx)
	}
	return s.db.c.shut(t.ID, false)
}

// copyDatabase copies a database's content and the files of its vector indexes.
func (c *Cluster) copyDatabase(ctx context.Context, m *catalogstore.Making, from catalog.ID) error {
	files := &feed.Copier{FS: c.cfg.FS, From: c.indexDir(from), To: c.indexDir(m.ID)}
	for try := 1; ; try++ {
		files.Lenient = try == copyTries
		err := m.Copy(ctx, from, files)
		if try == copyTries || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}
