package boot

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/server/session"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/parser/tidb"
	"github.com/loxodb/loxodb/storage/kv"
)

// compose builds what lies between the store and the wire. signal cancels or
// terminates another session's statement.
func compose(ctx context.Context, engine kv.Engine, dir string, o Options, signal func(pid int32, terminate bool) bool) (database, error) {
	index := filepath.Join(dir, "index")
	if err := vfs.Default.MkdirAll(index, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the vector indexes: %w", err)
	}
	db, err := session.OpenDatabase(ctx, session.Config{
		Engine:  engine,
		FS:      vfs.Default,
		Dir:     index,
		Temp:    filepath.Join(dir, "temp"),
		Parser:  pg.New(),
		Name:    Superuser,
		Version: Version,
		Log:     o.Log,
		Signal:  signal,

		Dialects: map[string]parser.Frontend{"tidb": tidb.New()},

		PlanCacheBytes: int64(o.PlanCacheMiB) << 20,
		RowCacheBytes:  int64(o.RowCacheMiB) << 20,
		NoRecallReplay: o.NoRecallReplay,
	})
	if err != nil {
		return nil, err
	}
	return db, nil
}
