package builtin

import (
	"encoding/binary"
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
	encodingNames(r)
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

// columnSize is the size PostgreSQL would store: with a one-byte header while short.
func columnSize(c *Ctx, a []types.Datum) (types.Datum, error) {
	t := c.argT(0)
	if i := types.Lookup(t.OID); i != nil && i.Len > 0 {
		return types.Int(int64(i.Len)), nil
	}
	n := len(a[0].Bytes())
	switch {
	case t.IsVector():
		return types.Int(int64(n + 8)), nil
	case t.OID == types.UnknownOID:
		return types.Int(int64(n + 1)), nil
	case t.OID == types.NumericOID: // four numbers stand before the digits, of which one is stored, or two
		b := a[0].Bytes()
		weight, scale := int16(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint16(b[6:])
		if n -= 2; len(b) > 8 && (scale > 63 || weight < -64 || weight > 63) {
			n += 2
		}
		return types.Int(int64(n)), nil
	}
	return types.Int(int64(n + 4)), nil
}

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
	always(types.Bool(false), "pg_is_in_recovery", "pg_jit_available", "pg_is_wal_replay_paused")
	r.eval("pg_trigger_depth", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		if s, ok := c.Session.(interface{ TriggerDepth() int }); ok {
			return types.Int(int64(s.TriggerDepth())), nil
		}
		return types.Int(0), nil
	})
	always(types.Null, "inet_server_port",
		"pg_database_collation_actual_version", "pg_current_logfile")
	always(types.String(""), "pg_tablespace_location")
	always(types.String("UTF8"), "pg_client_encoding", "getdatabaseencoding")
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

var encodings = strings.Fields(`SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2
	LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252
	ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030
	JOHAB SHIFT_JIS_2004`)

// encodingNames registers the numbers of encodings, which pg_database shows.
func encodingNames(r *registrar) {
	r.eval("PG_encoding_to_char", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if n := a[0].Int(); n >= 0 && n < int64(len(encodings)) {
			return types.String(encodings[n]), nil
		}
		return types.String(""), nil
	})
	r.eval("PG_char_to_encoding", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(encodingNumber(a[0].Text()))), nil
	})
	r.eval("pg_encoding_max_length_sql", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if i := a[0].Int(); i >= 0 && i < int64(len(encodingWidths)) {
			return types.Int(int64(encodingWidths[i] - '0')), nil
		}
		return null()
	})
}

// encodingNumber is an encoding's number, −1 if there is none of the name.
func encodingNumber(name string) int {
	name = plainEncoding(name)
	if other, ok := encodingAliases[name]; ok {
		name = other
	}
	for i, e := range encodings {
		if plainEncoding(e) == name {
			return i
		}
	}
	return -1
}

// plainEncoding is the letters and digits of an encoding's name.
func plainEncoding(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// encodingAliases are further names.
var encodingAliases = map[string]string{
	"abc": "win1258", "tcvn": "win1258", "tcvn5712": "win1258", "vscii": "win1258", "alt": "win866", "windows866": "win866",
	"windows874": "win874", "koi8": "koi8r", "mskanji": "sjis", "shiftjis": "sjis", "windows932": "sjis", "windows936": "gbk",
	"windows949": "uhc", "windows950": "big5", "unicode": "utf8", "win": "win1251", "windows1250": "win1250", "windows1251": "win1251",
	"windows1252": "win1252", "windows1253": "win1253", "windows1254": "win1254", "windows1255": "win1255", "windows1256": "win1256",
	"windows1257": "win1257", "windows1258": "win1258", "iso88591": "latin1", "iso88592": "latin2", "iso88593": "latin3",
	"iso88594": "latin4", "iso88599": "latin5", "iso885910": "latin6", "iso885913": "latin7", "iso885914": "latin8",
	"iso885915": "latin9", "iso885916": "latin10",
}

// encodingWidths is how many bytes a character takes at most, by the encoding's number.
const encodingWidths = "133343441111111111111111111111111112222432"

// optionsToTable is pg_options_to_table: {name=value,…} as rows.
func optionsToTable(_ *Ctx, a []types.Datum) (RowIter, error) {
	t := &tableRows{}
	for _, o := range elements(a[0]) {
		k, v, ok := strings.Cut(o.Text(), "=")
		row := []types.Datum{types.String(k), types.Null}
		if ok {
			row[1] = types.String(v)
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

// Encoding is the proper name of the encoding that a name means, "" for none;
// EncodingName that of an encoding's number.
func Encoding(name string) string { return EncodingName(int64(encodingNumber(name))) }
func EncodingName(n int64) string {
	if n < 0 || n >= int64(len(encodings)) {
		return ""
	}
	return encodings[n]
}

// SeesUnknown reports a function for which a literal that nothing has given a type is
// of type unknown, not of type text.
func (f *Func) SeesUnknown() bool { return f.Src == "pg_typeof" }
