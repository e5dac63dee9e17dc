package builtin

import (
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// sysinfoFuncs registers chapter 9.26 about the session, the server and values.
func sysinfoFuncs(r *registrar) {
	name := func(f func(s Session) string) Eval {
		return withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) { return types.String(f(s)), nil })
	}
	r.eval("pgsql_version", name(Session.Version))
	r.eval("current_user", name(Session.CurrentUser))
	r.eval("session_user", name(Session.SessionUser))
	r.eval("current_database", name(Session.Database))
	r.eval("current_schema", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		path := s.SearchPath(false)
		if len(path) == 0 {
			return null()
		}
		return types.String(path[0]), nil
	}))
	r.eval("current_schemas", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		var b types.ArrayBuilder
		b.Reset(types.NameOID)
		for _, n := range s.SearchPath(a[0].Bool()) {
			b.Append(types.String(n))
		}
		return b.Array(), nil
	}))
	r.eval("pg_my_temp_schema", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		if x, ok := s.Catalog().TempSchema(); ok {
			return types.Int(int64(x.ID)), nil
		}
		return types.Int(0), nil
	}))
	// Of other sessions' temporary schemas nobody sees anything, not even their OIDs.
	r.eval("pg_is_other_temp_schema", func(*Ctx, []types.Datum) (types.Datum, error) { return types.Bool(false), nil })
	r.eval("pg_backend_pid", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		return types.Int(int64(s.BackendPID())), nil
	}))
	r.eval("pg_typeof", func(c *Ctx, _ []types.Datum) (types.Datum, error) { return types.Int(int64(c.argT(0).OID)), nil })
	r.eval("pg_column_size", columnSize)
	r.eval("pg_column_compression", func(*Ctx, []types.Datum) (types.Datum, error) { return null() })
	r.eval("pg_collation_for", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		if i := types.Lookup(c.argT(0).OID); i != nil && i.Collation != 0 {
			if i.Collation == collate.COID {
				return types.String(`"C"`), nil
			}
			return types.String(`"default"`), nil
		}
		if c.argT(0).OID == types.UnknownOID {
			return null()
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", TypeName(c.argT(0).OID))
	})
	r.eval("pg_sleep", pgSleep)
	r.eval("pg_sleep_for(interval)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		end, err := addInterval(c, types.TimestamptzOID, Micros(time.Now()), types.IntervalOf(a[0]))
		if err != nil {
			return end, err
		}
		return sleep(c, time.Until(TimeOf(end.Int())))
	})
	r.eval("pg_sleep_until(timestamptz)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return sleep(c, time.Until(TimeOf(a[0].Int())))
	})
	settingFuncs(r)
	constantFuncs(r)
	reachableFuncs(r)
	sizeFuncs(r)
	r.rows("pg_get_keywords", keywords)
	r.rows("pg_options_to_table", optionsToTable)
}

var errNoSession = pgerr.New(pgerrcode.FeatureNotSupported, "this function needs a session")

// NeedsSession reports that a function failed for want of a session.
func NeedsSession(err error) bool { return errors.Is(err, errNoSession) }

// session gives the running session; without one the function cannot run.
func session(c *Ctx) (Session, error) {
	if c.Session == nil {
		return nil, errNoSession
	}
	return c.Session, nil
}

func withSession(f func(c *Ctx, s Session, a []types.Datum) (types.Datum, error)) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := session(c)
		if err != nil {
			return types.Datum{}, err
		}
		return f(c, s, a)
	}
}

// void is the value of functions returning void.
func void() (types.Datum, error) { return types.Bytes([]byte{}), nil }

func pgSleep(c *Ctx, a []types.Datum) (types.Datum, error) {
	return sleep(c, time.Duration(a[0].Float()*float64(time.Second)))
}

func sleep(c *Ctx, d time.Duration) (types.Datum, error) {
	if d <= 0 {
		return void()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return void()
	case <-c.Context.Done():
		return types.Datum{}, c.Context.Err()
	}
}

// settingFuncs registers current_setting and set_config.
func settingFuncs(r *registrar) {
	unknown := func(n string) error {
		return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized configuration parameter \"%s\"", n)
	}
	show := withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		v, ok := s.Setting(a[0].Text())
		switch {
		case ok:
			return types.String(v), s.MayShow(a[0].Text())
		case len(a) > 1 && a[1].Bool():
			return null()
		}
		return types.Datum{}, unknown(a[0].Text())
	})
	r.evals(show, "show_config_by_name", "show_config_by_name_missing_ok")
	r.eval("set_config_by_name", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "SET requires parameter name")
		}
		set := func() error { return s.ResetSetting(a[0].Text(), a[2].Bool()) }
		if !a[1].IsNull() {
			set = func() error { return s.SetSetting(a[0].Text(), a[1].Text(), a[2].Bool()) }
		}
		if err := set(); err != nil {
			return types.Datum{}, err
		}
		v, _ := s.Setting(a[0].Text())
		return types.String(v), nil
	}))
}

// constantFuncs registers functions whose answer is the same in every LoxoDB.
func constantFuncs(r *registrar) {
	always := func(d types.Datum, keys ...string) {
		r.evals(func(*Ctx, []types.Datum) (types.Datum, error) { return d, nil }, keys...)
	}
	always(types.Bool(false), "pg_is_in_recovery", "pg_jit_available")
	r.eval("pg_trigger_depth", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		if s, ok := c.Session.(interface{ TriggerDepth() int }); ok {
			return types.Int(int64(s.TriggerDepth())), nil
		}
		return types.Int(0), nil
	})
	always(types.Null, "inet_server_port",
		"pg_database_collation_actual_version", "pg_current_logfile",
		"pg_last_xact_replay_timestamp", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn")
	r.evals(func(*Ctx, []types.Datum) (types.Datum, error) { // no server is a standby
		return types.Null, pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "recovery is not in progress").
			WithHint("Recovery control functions can only be executed during recovery.")
	}, "pg_is_wal_replay_paused", "pg_get_wal_replay_pause_state", "pg_wal_replay_pause", "pg_wal_replay_resume", "pg_promote")
	always(types.String(""), "pg_tablespace_location")
	always(types.String("UTF8"), "getdatabaseencoding")
	r.eval("pg_client_encoding", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		name, _ := s.Setting("client_encoding")
		return types.String(name), nil
	}))
	always(types.Float(0), "pg_notification_queue_usage")
	none := func(*Ctx, []types.Datum) (RowIter, error) { return &listRows{}, nil }
	for _, k := range []string{"pg_prepared_xact"} {
		r.rows(k, none)
	}
	fact := func(name string) Eval {
		return withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
			v, err := s.Engine(name)
			if err != nil {
				return types.Datum{}, err
			}
			if t := c.retT(); t.OID == types.TimestamptzOID {
				return types.ParseText(t, v, c.Format)
			}
			return types.String(v), nil
		})
	}
	r.eval("current_query", fact("query"))
	r.eval("pg_postmaster_start_time", fact("start_time"))
	r.eval("pg_conf_load_time", fact("start_time"))
	r.eval("pg_export_snapshot", fact("export_snapshot"))
	r.rows("pg_listening_channels", func(c *Ctx, _ []types.Datum) (RowIter, error) {
		s, err := session(c)
		if err != nil {
			return nil, err
		}
		v, err := s.Engine("listening") // one channel a line
		if err != nil {
			return nil, err
		}
		l := &listRows{}
		for _, ch := range strings.Split(v, "\n") {
			if ch != "" {
				l.list = append(l.list, types.String(ch))
			}
		}
		return l, nil
	})
}

// optionsToTable is pg_options_to_table: {name=value,…} as rows.
func optionsToTable(_ *Ctx, a []types.Datum) (RowIter, error) {
	t := &tableRows{}
	for _, o := range elements(a[0]) {
		if o.IsNull() {
			return nil, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null array element not allowed in this context")
		}
		k, v, ok := strings.Cut(o.Text(), "=")
		row := []types.Datum{types.String(k), types.Null}
		if ok {
			row[1] = types.String(v)
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

// SeesUnknown reports a function for which a literal that nothing has given a type is
// of type unknown, not of type text.
func (f *Func) SeesUnknown() bool { return f.Src == "pg_typeof" }
