package syscat

import (
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_settings":                       settings,
	"pg_stat_activity":                  activity,
	"pg_locks":                          locks,
	"pg_prepared_statements":            preparedStatements,
	"pg_cursors":                        cursors,
	"pg_stat_progress_create_index":     builds,
	"loxodb_stat_progress_create_index": buildTimes,
	"pg_stat_ssl":                       ssl,
	"loxodb_stat_cache":                 caches,
	"loxodb_stat_vector_index":          vectorIndexes,
	"loxodb_stat_vector_recall":         vectorRecalls,
})

// live is the server's state, nil when the Env has none.
func (r *rows) live() Live {
	l, _ := r.env.(Live)
	return l
}

// pgEpoch is where PostgreSQL counts timestamps from.
var pgEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// time stores a timestamptz; the zero time is NULL.
func (r *rows) time(col string, t time.Time) {
	if !t.IsZero() {
		r.int(col, t.Sub(pgEpoch).Microseconds())
	}
}

func settings(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, s := range l.Settings() {
		r.text("name", s.Name)
		r.text("setting", s.Value)
		r.opt("unit", s.Unit)
		r.text("category", s.Category)
		r.text("short_desc", s.Short)
		r.opt("extra_desc", s.Extra)
		r.text("context", s.Context)
		r.text("vartype", s.Type)
		r.text("source", s.Source)
		r.opt("min_val", s.Min)
		r.opt("max_val", s.Max)
		r.strs("enumvals", s.Enum)
		if !s.NoBoot {
			r.text("boot_val", s.Boot)
		}
		if !s.NoBoot || s.Reset != "" {
			r.text("reset_val", s.Reset)
		}
		r.bool("pending_restart", s.PendingRestart)
		r.emit()
	}
}

// database names the database that a row is about.
func (r *rows) database(id catalog.ID) {
	r.oid("datid", id)
	if x, ok := r.cat.DatabaseByID(id); ok {
		r.text("datname", x.Name)
	}
}

func activity(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	user := r.user()
	all := r.cat.HasPrivsOf(user, catalog.ReadAllStatsID)
	for _, b := range l.Backends() {
		r.database(b.Database)
		if !all && !r.cat.HasPrivsOf(user, b.User) { // others do not see what somebody does
			r.int("pid", int64(b.PID))
			r.oid("usesysid", b.User)
			r.text("usename", b.UserName)
			r.text("query", "<insufficient privilege>")
			r.emit()
			continue
		}
		r.int("pid", int64(b.PID))
		r.oid("usesysid", b.User)
		r.text("usename", b.UserName)
		r.text("application_name", b.Application)
		r.inet("client_addr", b.ClientAddr)
		r.int("client_port", int64(b.ClientPort))
		r.time("backend_start", b.Start)
		r.time("xact_start", b.TxnStart)
		r.time("query_start", b.QueryStart)
		r.time("state_change", b.StateChange)
		r.opt("wait_event_type", b.WaitType)
		r.opt("wait_event", b.Wait)
		r.opt("state", b.State)
		if b.XID != 0 {
			r.int("backend_xid", int64(b.XID))
		}
		r.text("query", b.Query)
		r.text("backend_type", b.Type)
		r.emit()
	}
}

func ssl(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, b := range l.Backends() {
		r.int("pid", int64(b.PID))
		r.bool("ssl", b.Encrypt != "")
		r.opt("version", b.Encrypt)
		r.emit()
	}
}

func locks(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, k := range l.Locks() {
		r.text("locktype", k.Type)
		if k.Type == "relation" || k.Type == "tuple" || k.Type == "advisory" {
			r.oid("database", k.Database)
		}
		if k.Relation != 0 {
			r.oid("relation", k.Relation)
		}
		if k.Type == "virtualxid" {
			r.text("virtualxid", k.Virtual)
		}
		if k.Transaction != 0 {
			r.oid("transactionid", k.Transaction)
		}
		if k.Type == "advisory" {
			r.oid("classid", k.ClassID)
			r.oid("objid", k.ObjID)
			r.int("objsubid", int64(k.ObjSubID))
		}
		r.text("virtualtransaction", k.Virtual)
		r.int("pid", int64(k.PID))
		r.text("mode", k.Mode)
		r.bool("granted", k.Granted)
		r.bool("fastpath", false)
		if !k.WaitStart.IsZero() {
			r.time("waitstart", k.WaitStart)
		}
		r.emit()
	}
}

func preparedStatements(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, p := range l.Prepared() {
		r.text("name", p.Name)
		r.text("statement", p.Statement)
		r.time("prepare_time", p.At)
		r.list.Reset(types.RegtypeOID)
		for _, t := range p.Params {
			r.list.Append(types.Int(int64(t)))
		}
		r.set("parameter_types", r.list.Array().Clone())
		r.bool("from_sql", p.FromSQL)
		r.int("generic_plans", p.Generic)
		r.int("custom_plans", p.Custom)
		r.emit()
	}
}

func cursors(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, c := range l.Cursors() {
		r.text("name", c.Name)
		r.text("statement", c.Statement)
		r.bool("is_holdable", c.Holdable)
		r.bool("is_binary", c.Binary)
		r.bool("is_scrollable", c.Scroll)
		r.time("creation_time", c.At)
		r.emit()
	}
}

func builds(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, b := range l.Builds() {
		r.int("pid", int64(b.PID))
		r.database(b.Database)
		r.oid("relid", b.Table)
		r.oid("index_relid", b.Index)
		r.text("command", b.Command)
		r.text("phase", b.Phase)
		r.int("lockers_total", b.LockersTotal)
		r.int("lockers_done", b.LockersOf)
		r.zeros("current_locker_pid", "partitions_total", "partitions_done")
		r.int("blocks_total", b.Blocks)
		r.int("blocks_done", b.BlocksDone)
		r.int("tuples_total", b.Tuples)
		r.int("tuples_done", b.TuplesDone)
		r.emit()
	}
}

// buildTimes is loxodb_stat_progress_create_index: how long builds will still take.
func buildTimes(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, b := range l.Builds() {
		r.int("pid", int64(b.PID))
		r.oid("relid", b.Table)
		r.oid("indexrelid", b.Index)
		r.text("command", b.Command)
		r.text("phase", b.Phase)
		if b.Share >= 0 {
			r.float("done_share", b.Share)
		}
		r.float("seconds", b.Took.Seconds())
		if b.Left >= 0 {
			r.float("seconds_left", b.Left.Seconds())
		}
		r.emit()
	}
}

// caches shows the plan cache and the row cache.
func caches(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, c := range l.Caches() {
		r.text("name", c.Name)
		r.int("hits", c.Hits)
		r.int("misses", c.Misses)
		if n := c.Hits + c.Misses; n > 0 {
			r.float("hit_ratio", float64(c.Hits)/float64(n))
		}
		r.int("entries", c.Entries)
		r.int("bytes", c.Bytes)
		r.int("max_bytes", c.MaxBytes)
		r.emit()
	}
}

// vectorIndexes shows the live state of every vector index.
func vectorIndexes(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, t := range r.env.Catalog().Tables() {
		for _, x := range t.Indexes {
			s, ok := l.VectorIndex(x.ID)
			if !ok {
				continue
			}
			r.oid("relid", t.ID)
			r.oid("indexrelid", x.ID)
			r.text("relname", t.Name)
			r.text("indexrelname", x.Name)
			r.int("entries", s.Entries)
			r.int("dead", s.Dead)
			r.float("dead_share", float64(s.Dead)/float64(max(s.Entries+s.Dead, 1)))
			r.int("segments", s.Segments)
			r.int("head_entries", s.HeadEntries)
			r.int("unlinked", s.Unlinked)
			r.int("memory_bytes", s.Memory)
			r.int("disk_bytes", s.Disk)
			r.emit()
		}
	}
}

// vectorRecalls is loxodb_stat_vector_recall. source is "queries" of users, replayed, or
// "vectors" of the index, asked as if they were not in it.
func vectorRecalls(r *rows) {
	l := r.live()
	if l == nil {
		return
	}
	for _, t := range r.env.Catalog().Tables() {
		for _, x := range t.Indexes {
			for _, m := range l.VectorRecalls(x.ID) {
				r.oid("relid", t.ID)
				r.oid("indexrelid", x.ID)
				r.text("relname", t.Name)
				r.text("indexrelname", x.Name)
				r.time("measured_at", m.At)
				source := "vectors"
				if m.Recent {
					source = "queries"
				}
				r.text("source", source)
				r.int("queries", m.Queries)
				r.int("k", m.K)
				if m.Target > 0 {
					r.float("target", m.Target)
				}
				r.float("recall", m.Recall)
				r.float("effort", m.Effort)
				r.float("seconds", m.Seconds)
				r.emit()
			}
		}
	}
}
