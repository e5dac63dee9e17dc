package builtin

import (
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// epoch is 2000-01-01 in microseconds since 1970.
const epoch = 946684800000000

// statistics registers the functions behind the views of the cumulative statistics, and
// those that begin anew (PostgreSQL chapter 28.2).
func statistics(r *registrar) {
	for _, name := range []string{
		"numscans", "tuples_returned", "tuples_fetched", "tuples_inserted", "tuples_updated", "tuples_hot_updated", "tuples_deleted",
		"live_tuples", "dead_tuples", "mod_since_analyze", "ins_since_vacuum", "vacuum_count", "autovacuum_count", "analyze_count",
		"autoanalyze_count", "blocks_fetched", "blocks_hit",
		"xact_numscans", "xact_tuples_returned", "xact_tuples_fetched", "xact_tuples_inserted", "xact_tuples_updated",
		"xact_tuples_hot_updated", "xact_tuples_deleted", "xact_blocks_fetched", "xact_blocks_hit",
		"db_numbackends", "db_xact_commit", "db_xact_rollback", "db_blocks_fetched", "db_blocks_hit", "db_tuples_returned",
		"db_tuples_fetched", "db_tuples_inserted", "db_tuples_updated", "db_tuples_deleted", "db_conflict_tablespace",
		"db_conflict_lock", "db_conflict_snapshot", "db_conflict_bufferpin", "db_conflict_startup_deadlock", "db_conflict_all",
		"db_temp_files", "db_temp_bytes", "db_deadlocks", "db_sessions", "db_sessions_abandoned", "db_sessions_fatal", "db_sessions_killed",
	} {
		r.eval("pg_stat_get_"+name, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			n, err := statistic(c, name, a[0])
			return types.Int(n), err
		})
	}
	for _, name := range []string{"last_vacuum_time", "last_autovacuum_time", "last_analyze_time", "last_autoanalyze_time", "db_stat_reset_time"} {
		r.eval("pg_stat_get_"+name, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			n, err := statistic(c, name, a[0])
			if n == 0 {
				return types.Null, err
			}
			return types.Int(n - epoch), err
		})
	}
	r.eval("pg_stat_reset", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		_, err := c.Session.Engine("reset_statistics")
		return types.String(""), err
	})
	r.eval("pg_stat_reset_single_table_counters", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		_, err := c.Session.Engine("reset_statistics", strconv.FormatInt(a[0].Int(), 10))
		return types.String(""), err
	})
	r.eval("pg_stat_reset_shared", resetShared)
	r.eval("pg_stat_have_stats", haveStats)
	// There are no functions, caches and slots that are counted.
	nothing := func(*Ctx, []types.Datum) (types.Datum, error) { return types.String(""), nil }
	r.evals(nothing, "pg_stat_reset_slru", "pg_stat_reset_single_function_counters", "pg_stat_clear_snapshot")
	none := func(*Ctx, []types.Datum) (types.Datum, error) { return types.Null, nil }
	r.evals(none, "pg_stat_get_function_calls", "pg_stat_get_function_total_time", "pg_stat_get_function_self_time",
		"pg_stat_get_xact_function_calls", "pg_stat_get_xact_function_total_time", "pg_stat_get_xact_function_self_time",
		"pg_stat_get_db_checksum_failures", "pg_stat_get_db_checksum_last_failure", "pg_stat_get_snapshot_timestamp")
	zero := func(*Ctx, []types.Datum) (types.Datum, error) { return types.Float(0), nil }
	r.evals(zero, "pg_stat_get_db_blk_read_time", "pg_stat_get_db_blk_write_time", "pg_stat_get_db_session_time",
		"pg_stat_get_db_active_time", "pg_stat_get_db_idle_in_transaction_time")
}

// haveStats reports that something is counted of an object of the kind.
func haveStats(c *Ctx, a []types.Datum) (types.Datum, error) {
	kind := strings.ToLower(a[0].Text())
	switch kind {
	case "archiver", "bgwriter", "checkpointer", "slru", "wal":
		return types.Bool(true), nil
	case "function", "replslot", "subscription":
		return types.Bool(false), nil
	case "database", "relation":
		v, err := c.Session.Engine("have_statistics", kind, strconv.FormatInt(a[1].Int(), 10), strconv.FormatInt(a[2].Int(), 10))
		return types.Bool(v != ""), err
	}
	return types.Null, pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid statistics kind: \"%s\"", a[0].Text())
}

// statistic is a figure of an object, 0 also for NULL.
func statistic(c *Ctx, name string, id types.Datum) (int64, error) {
	v, err := c.Session.Engine("statistic", name, strconv.FormatInt(id.Int(), 10))
	if err != nil || v == "" {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// resetShared begins anew with what all databases share, of which nothing is counted.
func resetShared(_ *Ctx, a []types.Datum) (types.Datum, error) {
	switch a[0].Text() {
	case "archiver", "bgwriter", "recovery_prefetch", "wal":
		return types.String(""), nil
	}
	return types.Null, pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized reset target: \"%s\"", a[0].Text()).
		WithHint("Target must be \"archiver\", \"bgwriter\", \"recovery_prefetch\", or \"wal\".")
}
