package boot

import (
	"context"
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
func compose(ctx context.Context, engine kv.Engine, dir string, o Options, given *given, signal func(pid int32, terminate bool) bool) (database, error) {
	memory := int64(o.MemoryMiB) << 20
	db, err := session.Open(ctx, session.Config{
		Engine:    engine,
		FS:        vfs.Default,
		Dir:       filepath.Join(dir, "index"),
		Databases: filepath.Join(dir, "databases"),
		Temp:      filepath.Join(dir, "temp"),
		Parser:    pg.New(),
		Version:   Version,
		Log:       o.Log,
		Signal:    signal,

		Dialects: map[string]parser.Frontend{"tidb": tidb.New()},

		PlanCacheBytes:   int64(o.PlanCacheMiB) << 20,
		RowCacheBytes:    int64(o.RowCacheMiB) << 20,
		ColumnCacheBytes: int64(o.ColumnCacheMiB) << 20,
		MemoryBytes:      memory,
		VectorBytes:      share(memory).vectors,
		NoRecallReplay:   o.NoRecallReplay,
		Given:            given.settings,

		ReservedConnections: reserved(o.MaxConnections),
	})
	if err != nil {
		return nil, err
	}
	return db, nil
}
