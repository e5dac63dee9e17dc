package e2e

import (
	"strings"
	"testing"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

func TestStartupParameters(t *testing.T) {
	addr := start(t)
	c := connect(t, addr, "&application_name=e2e&TimeZone=Europe/Berlin&options=-c%20DateStyle%3DSQL,%5C%20DMY%20--statement-timeout%3D5s")
	for sql, want := range map[string]string{
		"show application_name":      "e2e",
		"show timezone":              "Europe/Berlin",
		"show datestyle":             "SQL, DMY",
		"show statement_timeout":     "5s",
		"show server_version":        c.PgConn().ParameterStatus("server_version"),
		"select current_user":        "postgres",
		"select current_database()":  "postgres",
		"show transaction_isolation": "read committed",
		"select current_setting('server_version_num')::int / 10000": "15",
	} {
		if got := one(t, c, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	// Exactly PostgreSQL's thirteen reported parameters.
	for _, name := range []string{"application_name", "client_encoding", "DateStyle", "default_transaction_read_only",
		"in_hot_standby", "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version",
		"session_authorization", "standard_conforming_strings", "TimeZone"} {
		if c.PgConn().ParameterStatus(name) == "" {
			t.Errorf("parameter %s was not reported", name)
		}
	}
	mustExec(t, c, "set application_name to 'other'")
	if got := c.PgConn().ParameterStatus("application_name"); got != "other" {
		t.Errorf("after SET: application_name is reported as %q", got)
	}
	mustExec(t, c, "begin")
	mustExec(t, c, "set timezone to 'UTC'")
	mustExec(t, c, "rollback")
	if got := c.PgConn().ParameterStatus("TimeZone"); got != "Europe/Berlin" {
		t.Errorf("after ROLLBACK of SET: TimeZone is reported as %q", got)
	}
}

// A parameter that is again what the client knows is not reported, nor one of a failed
// transaction.
func TestUnchangedParametersAreNotReported(t *testing.T) {
	c := wt.Dial(t, start(t))
	c.Send(wt.Startup(wt.Protocol3, "user", "postgres"))
	c.Until("Z")
	for _, x := range []struct {
		sql  string
		want int
	}{
		{"set application_name = 'a'", 1},
		{"set application_name = 'b'; set application_name = 'a'", 0},
		{"begin; set application_name = 'b'; rollback", 0},
		{"begin; select set_config('application_name', 'b', true); commit", 0},
		{"begin; set application_name = 'b'; select 1 / 0", 0},
		{"rollback", 0},
		{"begin; set local application_name = 'b'", 1},
		{"commit", 1},
		{"reset all", 1},
	} {
		c.Send(wt.Msg('Q', wt.Z(x.sql)))
		got := 0
		for _, m := range strings.Fields(c.Until("Z")) {
			if m == "S" {
				got++
			}
		}
		if got != x.want {
			t.Errorf("%s: %d parameters reported, want %d", x.sql, got, x.want)
		}
	}
}

func TestStartupReports(t *testing.T) {
	c := wt.Dial(t, start(t))
	c.Send(wt.Startup(wt.Protocol3, "user", "postgres"))
	if got := c.Until("Z"); strings.Count(got, " S ")+strings.Count(got, "S S") < 12 || len(strings.Fields(got)) != 1+13+2 {
		t.Errorf("start-up: %s, want R, 13 S, K, Z", got)
	}
}

func TestStartupErrors(t *testing.T) {
	addr := start(t)
	for params, want := range map[string][2]string{
		"&nonsense=1":                       {"42704", `unrecognized configuration parameter "nonsense"`},
		"&statement_timeout=soon":           {"22023", `invalid value for parameter "statement_timeout": "soon"`},
		"&options=-c%20work_mem":            {"42601", `-c work_mem requires a value`},
		"&options=-Z":                       {"42601", `invalid command-line argument for server process: -Z`},
		"&server_version=9":                 {"55P02", `parameter "server_version" cannot be changed`},
		"&search_path=a,,b":                 {"22023", `invalid value for parameter "search_path": "a,,b"`},
		"&a%22b=1":                          {"42704", `unrecognized configuration parameter "a"b"`},
		"&statement_timeout=5%20fortnights": {"22023", `invalid value for parameter "statement_timeout": "5 fortnights"`},
		"&statement_timeout=99999999999":    {"22023", `invalid value for parameter "statement_timeout": "99999999999"`},
		"&client_encoding=nope":             {"22023", `invalid value for parameter "client_encoding": "nope"`},
		"&dbname=nope":                      {"3D000", `database "nope" does not exist`},
	} {
		c, err := tryConnect(t, addr, params)
		if err == nil {
			c.Close(t.Context())
		}
		if e := wantError(t, params, err, want[0], want[1]); e.Severity != "FATAL" {
			t.Errorf("%s: severity %s", params, e.Severity)
		}
	}
}

// Values that are kept in another form than they came in.
func TestStartupValues(t *testing.T) {
	addr := start(t)
	for params, want := range map[string][2]string{
		"&client_encoding=%27utf-8%27": {"client_encoding", "UTF8"},
		// libpq names it for a terminal without a locale.
		"&client_encoding=SQL_ASCII":                        {"client_encoding", "SQL_ASCII"},
		"&DateStyle=German":                                 {"DateStyle", "German, DMY"},
		"&options=-c%20datestyle%3Dgerman&DateStyle=ISO":    {"DateStyle", "ISO, DMY"},
		"&application_name=a%09b%C3%A9":                     {"application_name", "a?b??"},
		"&application_name=" + strings.Repeat("x", 100):     {"application_name", strings.Repeat("x", 63)},
		"&synchronous_commit=yes":                           {"synchronous_commit", "on"},
		"&options=--work-mem%3D64kB%20--":                   {"work_mem", "64kB"},
		"&search_path=%22A%20%22%22b%22,%20C%20,pg_catalog": {"search_path", `"A ""b", C ,pg_catalog`},
	} {
		if got := one(t, connect(t, addr, params), "show "+want[0]); got != want[1] {
			t.Errorf("%s: %s is %q, want %q", params, want[0], got, want[1])
		}
	}
}
