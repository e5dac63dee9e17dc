package importer

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/sql/parser/tidb"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// withoutPartitions makes a table undivided whose partitions the server refuses, as those of
// columns that some unique key has not, and says so. done is false where that is no help.
func (b *batch) withoutPartitions(ctx context.Context, st statement, why error) (done bool, err error) {
	var pe *pgconn.PgError
	if st.undivided == "" || isDuplicate(why) || !errors.As(why, &pe) {
		return false, nil
	}
	err = b.attempt(ctx, st.undivided)
	switch {
	case err == nil:
		b.warn(st, 0, tidb.WithoutPartitions(pgerr.New(pe.Code, pe.Message)))
		return true, nil
	case isServerError(err):
		return false, nil
	}
	return false, err
}
