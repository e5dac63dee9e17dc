package syscat

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
)

// Statistic is what the function pg_stat_get_… of that name says of a relation or a
// database, "" for NULL. Times are microseconds since 1970.
func Statistic(l Live, name string, id catalog.ID) (string, error) {
	var v any
	if of, ok := strings.CutPrefix(name, "db_"); ok {
		v = databaseFigure(l.DatabaseActivity(id), of)
	} else {
		of, running := strings.CutPrefix(name, "xact_")
		v = relationFigure(l.Activity(id, running), of)
	}
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		return strconv.FormatInt(v.UnixMicro(), 10), nil
	}
	return "", fmt.Errorf("syscat: no statistic %s", name)
}

func relationFigure(a Activity, name string) any {
	switch name {
	case "numscans":
		return a.Scans
	case "tuples_returned":
		return a.Read
	case "tuples_fetched":
		return a.Fetched
	case "tuples_inserted":
		return a.Inserted
	case "tuples_updated":
		return a.Updated
	case "tuples_hot_updated":
		return a.HotUpdated
	case "tuples_deleted":
		return a.Deleted
	case "live_tuples":
		return a.Live
	case "dead_tuples":
		return a.Dead
	case "mod_since_analyze":
		return a.ChangedSinceAnalyze
	case "ins_since_vacuum":
		return a.InsertedSinceVacuum
	case "vacuum_count":
		return a.Vacuums
	case "analyze_count":
		return a.Analyses
	case "autoanalyze_count":
		return a.AutoAnalyses
	case "last_vacuum_time":
		return a.LastVacuum
	case "last_analyze_time":
		return a.LastAnalyze
	case "last_autoanalyze_time":
		return a.LastAutoAnalyze
	case "last_autovacuum_time":
		return time.Time{}
	case "autovacuum_count", "blocks_fetched", "blocks_hit": // there are none
		return int64(0)
	}
	return nil
}

func databaseFigure(a DatabaseActivity, name string) any {
	switch name {
	case "numbackends":
		return a.Backends
	case "xact_commit":
		return a.Commits
	case "xact_rollback":
		return a.Rollbacks
	case "tuples_returned":
		return a.Returned
	case "tuples_fetched":
		return a.Fetched
	case "tuples_inserted":
		return a.Inserted
	case "tuples_updated":
		return a.Updated
	case "tuples_deleted":
		return a.Deleted
	case "deadlocks":
		return a.Deadlocks
	case "sessions":
		return a.Sessions
	case "stat_reset_time":
		return a.Reset
	case "blocks_fetched", "blocks_hit", "conflict_all", "conflict_lock", "conflict_snapshot", "conflict_tablespace",
		"conflict_bufferpin", "conflict_startup_deadlock", "temp_files", "temp_bytes", "sessions_abandoned",
		"sessions_fatal", "sessions_killed":
		return int64(0)
	}
	return nil
}
