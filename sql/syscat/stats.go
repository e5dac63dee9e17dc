package syscat

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_stats":                 pgStats,
	"pg_stat_all_tables":       statTables,
	"pg_stat_user_tables":      statTables,
	"pg_stat_xact_all_tables":  statRunning,
	"pg_stat_xact_user_tables": statRunning,
	"pg_stat_all_indexes":      statIndexes,
	"pg_stat_user_indexes":     statIndexes,
	"pg_stat_database":         statDatabase,
	"pg_statio_all_tables":     statioTables, "pg_statio_user_tables": statioTables,
	"pg_statio_all_indexes": statioIndexes, "pg_statio_user_indexes": statioIndexes,
	"pg_statio_all_sequences": statioSequences, "pg_statio_user_sequences": statioSequences,
	"pg_stat_bgwriter": zeroRow, "pg_stat_archiver": zeroRow, "pg_stat_wal": zeroRow, "pg_stat_recovery_prefetch": zeroRow,
	"pg_stat_database_conflicts": databaseConflicts,
	"pg_stat_gssapi":             gssapi,
})

// zeroRow is the one row of counters of work that LoxoDB does not do: numbers
// are 0, all else NULL.
func zeroRow(r *rows) {
	for _, c := range r.t.Columns {
		switch c.Type.OID {
		case types.Int8OID, types.Int4OID:
			r.int(c.Name, 0)
		case types.Float8OID:
			r.float(c.Name, 0)
		case types.NumericOID:
			r.set(c.Name, types.NumericFromInt(0))
		}
	}
	r.emit()
}

func pgStats(r *rows) {
	user := r.user()
	for _, t := range r.cat.Tables() {
		s := r.cat.Stats(t.ID)
		if s == nil || r.cat.RowSecurityFor(t, user) {
			continue
		}
		all := r.cat.Allowed(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner, user, catalog.PrivSelect) != 0
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Dropped || !all && r.cat.AllowedColumn(t, c.Num, user, catalog.PrivSelect) == 0 {
				continue
			}
			if cs := s.Columns[int16(i+1)]; cs != nil {
				r.statsRow(t, c, cs, false)
			}
			if s.Whole != nil && s.Whole.Columns[int16(i+1)] != nil {
				r.statsRow(t, c, s.Whole.Columns[int16(i+1)], true)
			}
		}
	}
}

func (r *rows) statsRow(t *catalog.Table, c *catalog.Column, s *catalog.ColumnStats, whole bool) {
	r.text("schemaname", r.cat.SchemaName(t.Schema))
	r.text("tablename", t.Name)
	r.text("attname", c.Name)
	r.bool("inherited", whole)
	r.columnStats(c.Type, s)
	r.emit()
}

// columnStats stores what is known of a column's values, or an expression's.
func (r *rows) columnStats(t types.T, s *catalog.ColumnStats) {
	r.float("null_frac", float64(float32(s.NullFrac)))
	r.int("avg_width", int64(s.Width))
	r.float("n_distinct", float64(float32(s.Distinct)))
	r.keys("most_common_vals", t, s.MCV)
	r.keys("histogram_bounds", t, s.Histogram)
	if len(s.MCF) > 0 {
		r.list.Reset(types.Float4OID)
		for _, f := range s.MCF {
			r.list.Append(types.Float(float64(float32(f))))
		}
		r.set("most_common_freqs", r.list.Array().Clone())
	}
	if (len(s.MCV) > 0 || len(s.Histogram) > 0) && builtin.HasOrder(t.OID) {
		r.float("correlation", float64(float32(s.Corr)))
	}
}

// keys stores key-encoded values as an array, NULL when there are none or the
// encoding does not tell them.
func (r *rows) keys(col string, t types.T, list [][]byte) {
	if len(list) == 0 {
		return
	}
	var b types.ArrayBuilder
	b.Reset(t.OID)
	for _, k := range list {
		d, ok := types.KeyValue(t, k)
		if !ok {
			return
		}
		b.Append(d)
	}
	r.set(col, b.Array().Clone())
}

func statTables(r *rows) {
	r.eachStatTable(func(t *catalog.Table, a Activity) {
		r.scanned(t, a, false)
		r.int("n_live_tup", a.Live)
		r.int("n_dead_tup", a.Dead)
		r.int("n_mod_since_analyze", a.ChangedSinceAnalyze)
		r.int("n_ins_since_vacuum", a.InsertedSinceVacuum)
		r.time("last_vacuum", a.LastVacuum)
		r.time("last_analyze", a.LastAnalyze)
		r.time("last_autoanalyze", a.LastAutoAnalyze)
		r.int("vacuum_count", a.Vacuums)
		r.int("analyze_count", a.Analyses)
		r.int("autoanalyze_count", a.AutoAnalyses)
		r.zeros("autovacuum_count")
	}, false)
}

// statRunning is what the running transaction has done so far.
func statRunning(r *rows) {
	r.eachStatTable(func(t *catalog.Table, a Activity) { r.scanned(t, a, true) }, true)
}

// eachStatTable calls f for every table that has rows, with the columns that name it set.
func (r *rows) eachStatTable(f func(*catalog.Table, Activity), running bool) {
	for _, t := range r.cat.Tables() {
		if !t.IsStored() {
			continue
		}
		r.oid("relid", t.ID)
		r.text("schemaname", r.cat.SchemaName(t.Schema))
		r.text("relname", t.Name)
		f(t, r.activity(t.ID, running))
		r.emit()
	}
}

// activity is what was done with a relation.
func (r *rows) activity(id catalog.ID, running bool) Activity {
	if l := r.live(); l != nil {
		return l.Activity(id, running)
	}
	return Activity{}
}

// scanned sets how rows of a table were read and written.
func (r *rows) scanned(t *catalog.Table, a Activity, running bool) {
	r.int("seq_scan", a.Scans)
	r.int("seq_tup_read", a.Read)
	if len(t.Indexes) > 0 {
		scans, fetched := int64(0), a.Fetched
		for _, x := range t.Indexes {
			b := r.activity(x.ID, running)
			scans, fetched = scans+b.Scans, fetched+b.Fetched
		}
		r.int("idx_scan", scans)
		r.int("idx_tup_fetch", fetched)
	}
	r.int("n_tup_ins", a.Inserted)
	r.int("n_tup_upd", a.Updated)
	r.int("n_tup_del", a.Deleted)
	r.int("n_tup_hot_upd", a.HotUpdated)
}

// eachStatIndex calls f for every index that has entries, with the columns that name it set.
func (r *rows) eachStatIndex(f func(*catalog.Index)) {
	for _, t := range r.cat.Tables() {
		if t.IsPartitioned() {
			continue
		}
		for _, x := range t.Indexes {
			r.oid("relid", t.ID)
			r.oid("indexrelid", x.ID)
			r.text("schemaname", r.cat.SchemaName(t.Schema))
			r.text("relname", t.Name)
			r.text("indexrelname", x.Name)
			f(x)
			r.emit()
		}
	}
}

func statIndexes(r *rows) {
	r.eachStatIndex(func(x *catalog.Index) {
		a := r.activity(x.ID, false)
		r.int("idx_scan", a.Scans)
		r.int("idx_tup_read", a.Read)
		r.int("idx_tup_fetch", a.Fetched)
	})
}

// LoxoDB has no blocks as PostgreSQL has them: none are read.

func statioIndexes(r *rows) {
	r.eachStatIndex(func(*catalog.Index) { r.zeros("idx_blks_read", "idx_blks_hit") })
}

func statioTables(r *rows) {
	for _, t := range r.cat.Tables() {
		if !t.IsStored() || t.IsPartitioned() {
			continue
		}
		r.oid("relid", t.ID)
		r.text("schemaname", r.cat.SchemaName(t.Schema))
		r.text("relname", t.Name)
		r.zeros("heap_blks_read", "heap_blks_hit")
		if len(t.Indexes) > 0 {
			r.zeros("idx_blks_read", "idx_blks_hit")
		}
		if HasToast(t) {
			r.zeros("toast_blks_read", "toast_blks_hit", "tidx_blks_read", "tidx_blks_hit")
		}
		r.emit()
	}
}

func statioSequences(r *rows) {
	for _, s := range r.cat.Sequences() {
		r.oid("relid", s.ID)
		r.text("schemaname", r.cat.SchemaName(s.Schema))
		r.text("relname", s.Name)
		r.zeros("blks_read", "blks_hit")
		r.emit()
	}
}

// databaseConflicts are those of a standby with recovery, which there is none of.
func databaseConflicts(r *rows) {
	for _, x := range r.cat.Databases() {
		r.database(x.ID)
		r.zeros("confl_tablespace", "confl_lock", "confl_snapshot", "confl_bufferpin", "confl_deadlock")
		r.emit()
	}
}

// gssapi has a row for each connection, none of which uses GSSAPI.
func gssapi(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, b := range l.Backends() {
		r.int("pid", int64(b.PID))
		r.bools(false, "gss_authenticated", "encrypted")
		r.emit()
	}
}

// statDatabase has a row for every database, and one for what they share.
func statDatabase(r *rows) {
	ids := []catalog.ID{0}
	for _, x := range r.cat.Databases() {
		ids = append(ids, x.ID)
	}
	for _, id := range ids {
		var a DatabaseActivity
		if l := r.live(); l != nil {
			a = l.DatabaseActivity(id)
		}
		r.database(id)
		r.int("numbackends", a.Backends)
		r.int("xact_commit", a.Commits)
		r.int("xact_rollback", a.Rollbacks)
		r.int("tup_returned", a.Returned)
		r.int("tup_fetched", a.Fetched)
		r.int("tup_inserted", a.Inserted)
		r.int("tup_updated", a.Updated)
		r.int("tup_deleted", a.Deleted)
		r.int("deadlocks", a.Deadlocks)
		r.int("sessions", a.Sessions)
		r.time("stats_reset", a.Reset)
		for _, c := range []string{"blk_read_time", "blk_write_time", "session_time", "active_time", "idle_in_transaction_time"} {
			r.float(c, 0)
		}
		r.zeros("blks_read", "blks_hit", "conflicts", "temp_files", "temp_bytes", "sessions_abandoned", "sessions_fatal", "sessions_killed")
		r.emit()
	}
}
