package builtin

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// fakeSession is a session of alice, who owns schema app and its table t.
type fakeSession struct {
	cat      *catalog.Snapshot
	user     string
	settings map[string]string
	said     []string
	seq      int64
}

func newFakeSession() *fakeSession {
	c := catalog.NewSnapshot()
	c.PutRole(&catalog.Role{ID: 10, Name: "postgres", Super: true})
	c.PutDatabase(&catalog.Database{ID: catalog.DatabaseID, Name: "db", Owner: 10})
	c.PutRole(&catalog.Role{ID: 20001, Name: "alice"})
	c.PutRole(&catalog.Role{ID: 20002, Name: "bob"})
	c.PutSchema(&catalog.Schema{ID: catalog.PgCatalogID, Name: "pg_catalog", Owner: 10})
	c.PutSchema(&catalog.Schema{ID: catalog.PublicID, Name: "public", Owner: 10})
	c.PutSchema(&catalog.Schema{ID: 20003, Name: "app", Owner: 20001, Comment: "the app"})
	c.PutTable(&catalog.Table{ID: 20010, Schema: 20003, Name: "t", Kind: catalog.KindTable, Owner: 20001, TypeID: 20011, Comment: "things",
		Columns: []catalog.Column{{Num: 1, Name: "id", SequenceID: 20020, Comment: "key"}, {Num: 2, Name: "s"}}})
	c.PutTable(&catalog.Table{ID: 20012, Schema: catalog.PublicID, Name: "t", Kind: catalog.KindTable, Owner: 10})
	c.PutSequence(&catalog.Sequence{ID: 20020, Schema: 20003, Name: "t_id_seq", Owner: 20001, Type: types.Int8OID,
		Start: 1, Increment: 1, Min: 1, Max: 100, Cache: 1})
	return &fakeSession{cat: c, user: "alice", settings: map[string]string{"work_mem": "4MB"}}
}

func (f *fakeSession) CurrentUser() string { return f.user }
func (f *fakeSession) SessionUser() string { return f.user }
func (f *fakeSession) Database() string    { return "db" }
func (f *fakeSession) SearchPath(implicit bool) []string {
	if implicit {
		return []string{"pg_catalog", "app", "public"}
	}
	return []string{"app", "public"}
}
func (f *fakeSession) Setting(n string) (string, bool) { v, ok := f.settings[n]; return v, ok }
func (f *fakeSession) MayShow(string) error            { return nil }
func (f *fakeSession) ResetSetting(n string, local bool) error {
	return f.SetSetting(n, "", local)
}
func (f *fakeSession) SetSetting(n, v string, local bool) error {
	f.settings[n] = v
	return nil
}
func (f *fakeSession) Catalog() *catalog.Snapshot { return f.cat }
func (f *fakeSession) BackendPID() int32          { return 42 }
func (f *fakeSession) Version() string            { return "PostgreSQL 15" }
func (f *fakeSession) Nextval(context.Context, catalog.ID) (int64, error) {
	f.seq++
	return f.seq, nil
}
func (f *fakeSession) Currval(catalog.ID) (int64, error)                { return f.seq, nil }
func (f *fakeSession) Lastval() (int64, error)                          { return f.seq, nil }
func (f *fakeSession) Advance(context.Context, catalog.ID, int64) error { return nil }
func (f *fakeSession) Inserted(int64, time.Time)                        {}
func (f *fakeSession) BeginStoring()                                    {}
func (f *fakeSession) Stored(int64)                                     {}
func (f *fakeSession) EndStoring()                                      {}
func (f *fakeSession) LastInsertID() int64                              { return f.seq }
func (f *fakeSession) Setval(_ context.Context, _ catalog.ID, v int64, called bool) error {
	f.said = append(f.said, fmt.Sprintf("setval %d %v", v, called))
	return nil
}
func (f *fakeSession) Definition(kind string, oid catalog.ID, arg int, pretty bool) (string, bool) {
	return fmt.Sprintf("%s %d %d %v", kind, oid, arg, pretty), oid == 20010
}
func (f *fakeSession) ShowExpr(text string, pretty bool) string {
	return fmt.Sprintf("%s %v", text, pretty)
}
func (f *fakeSession) AdvisoryLock(_ context.Context, key [2]int64, shared, xact, wait bool) (bool, error) {
	f.said = append(f.said, fmt.Sprintf("lock %v shared=%v xact=%v wait=%v", key, shared, xact, wait))
	return true, nil
}
func (f *fakeSession) AdvisoryUnlock([2]int64, bool) bool          { return false }
func (f *fakeSession) AdvisoryUnlockAll()                          {}
func (f *fakeSession) TxnID(context.Context, bool) (uint64, error) { return 7, nil }
func (f *fakeSession) NextTxnID(context.Context) (uint64, error)   { return 8, nil }
func (f *fakeSession) Snapshot(context.Context) (types.Snapshot, error) {
	return types.Snapshot{Xmin: 5, Xmax: 8, Xip: []uint64{5, 6}}, nil
}
func (f *fakeSession) Identify(_ context.Context, class, id catalog.ID, sub int32) (Identity, error) {
	return Identity{Kind: "table", Name: "t", Identity: "app.t", Names: []string{"app", "t"}}, nil
}
func (f *fakeSession) ObjectAddress(_ context.Context, kind string, names, args []types.Datum) (class, id catalog.ID, sub int32, err error) {
	return 1259, 20010, int32(len(names) + len(args)), nil
}
func (f *fakeSession) TxnStatus(_ context.Context, n uint64) (string, error) {
	if n == 7 {
		return "in progress", nil
	}
	return "", nil
}
func (f *fakeSession) ObjectVisible(class, id catalog.ID) (visible, known bool) {
	return true, class == 1247 || class == 1255
}
func (f *fakeSession) RelationSize(catalog.ID) (int64, bool)   { return 8192, true }
func (f *fakeSession) DatabaseSize(catalog.ID) int64           { return 8192 }
func (f *fakeSession) SignalBackend(pid int32, kill bool) bool { return pid == 42 }
func (f *fakeSession) VectorRecall(_ context.Context, _ catalog.ID, queries, k int) (float64, error) {
	return float64(k) / float64(queries), nil
}
func (f *fakeSession) SystemRows(context.Context, string, []string, func([]types.Datum)) error {
	return nil
}
func (f *fakeSession) Notify(channel, payload string) error     { return nil }
func (f *fakeSession) Engine(string, ...string) (string, error) { return "", nil }
func (f *fakeSession) RegOut(t, oid types.OID) (string, bool)   { return "", false }
func (f *fakeSession) RegIn(t types.OID, n string) (types.OID, error) {
	if n == "t" || n == "app.t" {
		return 20010, nil
	}
	return 0, pgerr.Newf("42P01", "relation %q does not exist", n)
}

// call resolves name for the argument types and evaluates one row.
func (f *fakeSession) call(name string, args ...typed) (string, error) {
	var ts []types.OID
	for _, a := range args {
		ts = append(ts, a.t.OID)
	}
	r, err := ResolveFunc("", name, ts, CallShape{})
	if err != nil {
		return "", err
	}
	format := *types.DefaultFormat
	format.Names = f
	c := &Ctx{Context: context.Background(), Format: &format, Arena: new(batch.Arena), Session: f, Site: &Site{Ret: types.Of(r.Ret)}}
	var vals []types.Datum
	for i, a := range args {
		c.Site.Args = append(c.Site.Args, types.Of(r.ArgTypes[i]))
		vals = append(vals, a.d)
	}
	d, err := r.Fn.Eval(c, vals)
	if err != nil {
		return "", err
	}
	if d.IsNull() {
		return "NULL", nil
	}
	return string(types.AppendText(nil, types.Of(r.Ret), d, types.DefaultFormat)), nil
}

func oidArg(v int64) typed    { return typed{types.Of(types.OidOID), types.Int(v)} }
func classArg(v int64) typed  { return typed{types.Of(types.RegclassOID), types.Int(v)} }
func intArg(v int64) typed    { return typed{types.Of(types.Int4OID), types.Int(v)} }
func textArg(s string) typed  { return typed{types.Of(types.TextOID), types.String(s)} }
func nameArg(s string) typed  { return typed{types.Of(types.NameOID), types.String(s)} }
func boolArg(b bool) typed    { return typed{types.Of(types.BoolOID), types.Bool(b)} }
func bigintArg(v int64) typed { return typed{types.Of(types.Int8OID), types.Int(v)} }

func TestSessionFunctions(t *testing.T) {
	f := newFakeSession()
	for _, x := range []struct {
		name string
		args []typed
		want string
	}{
		{"current_user", nil, "alice"}, {"current_database", nil, "db"}, {"current_schema", nil, "app"},
		{"current_schemas", []typed{boolArg(true)}, "{pg_catalog,app,public}"}, {"pg_backend_pid", nil, "42"},
		{"version", nil, "PostgreSQL 15"}, {"txid_current", nil, "7"},
		{"pg_current_snapshot", nil, "5:8:5,6"}, {"txid_status", []typed{bigintArg(7)}, "in progress"}, {"txid_status", []typed{bigintArg(3)}, "NULL"},
		{"pg_identify_object", []typed{oidArg(1259), oidArg(20010), intArg(0)}, "(table,,t,app.t)"},
		{"pg_identify_object_as_address", []typed{oidArg(1259), oidArg(20010), intArg(0)}, "(table,\"{app,t}\",{})"},
		{"current_setting", []typed{textArg("work_mem")}, "4MB"},
		{"current_setting", []typed{textArg("nope"), boolArg(true)}, "NULL"},
		{"set_config", []typed{textArg("a.b"), textArg("x"), boolArg(false)}, "x"},
		{"pg_get_userbyid", []typed{oidArg(20001)}, "alice"}, {"pg_get_userbyid", []typed{oidArg(5)}, "unknown (OID=5)"},
		{"pg_table_is_visible", []typed{oidArg(20010)}, "t"}, {"pg_table_is_visible", []typed{oidArg(20012)}, "f"},
		{"pg_table_is_visible", []typed{oidArg(5)}, "NULL"}, {"pg_type_is_visible", []typed{oidArg(23)}, "t"},
		{"pg_function_is_visible", []typed{oidArg(1258)}, "t"},
		{"obj_description", []typed{oidArg(20010), nameArg("pg_class")}, "things"},
		{"obj_description", []typed{oidArg(20003), nameArg("pg_namespace")}, "the app"},
		{"obj_description", []typed{oidArg(5), nameArg("pg_class")}, "NULL"},
		{"col_description", []typed{oidArg(20010), intArg(1)}, "key"}, {"col_description", []typed{oidArg(20010), intArg(2)}, "NULL"},
		{"pg_get_indexdef", []typed{oidArg(20010)}, "indexdef 20010 0 false"},
		{"pg_get_indexdef", []typed{oidArg(20010), intArg(2), boolArg(true)}, "indexdef 20010 2 true"},
		{"pg_get_constraintdef", []typed{oidArg(20010), boolArg(true)}, "constraintdef 20010 0 true"},
		{"pg_get_viewdef", []typed{oidArg(5)}, "NULL"},
		{"to_regclass", []typed{textArg("t")}, "20010"}, {"to_regclass", []typed{textArg("x")}, "NULL"},
		{"pg_relation_size", []typed{classArg(20010)}, "8192"}, {"pg_total_relation_size", []typed{classArg(5)}, "8192"},
		{"has_table_privilege", []typed{textArg("t"), textArg("SELECT")}, "t"},
		{"has_table_privilege", []typed{nameArg("bob"), textArg("t"), textArg("select, insert")}, "f"},
		{"has_table_privilege", []typed{nameArg("postgres"), oidArg(20010), textArg("DELETE")}, "t"},
		{"has_table_privilege", []typed{oidArg(5000000), textArg("DELETE")}, "NULL"},
		{"has_schema_privilege", []typed{textArg("public"), textArg("USAGE")}, "t"},
		{"has_schema_privilege", []typed{textArg("public"), textArg("CREATE")}, "f"},
		{"has_database_privilege", []typed{textArg("db"), textArg("CONNECT")}, "t"},
		{"has_column_privilege", []typed{textArg("t"), textArg("id"), textArg("UPDATE")}, "t"},
		{"pg_has_role", []typed{nameArg("postgres"), nameArg("alice"), textArg("MEMBER")}, "t"},
		{"pg_has_role", []typed{nameArg("bob"), textArg("USAGE")}, "f"},
		{"nextval", []typed{classArg(20020)}, "1"}, {"currval", []typed{classArg(20020)}, "1"}, {"lastval", nil, "1"},
		{"setval", []typed{classArg(20020), bigintArg(9), boolArg(false)}, "9"},
		{"pg_get_serial_sequence", []typed{textArg("t"), textArg("id")}, "app.t_id_seq"},
		{"pg_get_serial_sequence", []typed{textArg("t"), textArg("s")}, "NULL"},
		{"pg_sequence_parameters", []typed{oidArg(20020)}, "(1,1,100,1,f,1,20)"},
		{"pg_try_advisory_xact_lock", []typed{intArg(1), intArg(2)}, "t"}, {"pg_advisory_lock_shared", []typed{bigintArg(5)}, ""},
		{"pg_cancel_backend", []typed{intArg(42)}, "t"}, {"pg_describe_object", []typed{oidArg(1259), oidArg(20010), intArg(1)}, "object 1259 20010 1 false"},
		{"acldefault", []typed{{types.Of(types.CharOID), types.Int('f')}, oidArg(20001)}, "{=X/alice,alice=X/alice}"},
	} {
		got, err := f.call(x.name, x.args...)
		if err != nil || got != x.want {
			t.Errorf("%s%v: got %q, %v; want %q", x.name, x.args, got, err, x.want)
		}
	}
	want := "setval 9 false; lock [1 2] shared=false xact=true wait=false; lock [5 -9223372036854775808] shared=true xact=false wait=true"
	if got := strings.Join(f.said, "; "); got != want {
		t.Errorf("the session was asked\n %s\nwant\n %s", got, want)
	}
}

func TestSessionErrors(t *testing.T) {
	f := newFakeSession()
	for _, x := range []struct {
		name string
		args []typed
		code string
		msg  string
	}{
		{"current_setting", []typed{textArg("nope")}, "42704", `unrecognized configuration parameter "nope"`},
		{"has_table_privilege", []typed{textArg("t"), textArg("FLY")}, "22023", `unrecognized privilege type: "FLY"`},
		{"has_table_privilege", []typed{nameArg("eve"), textArg("t"), textArg("SELECT")}, "42704", `role "eve" does not exist`},
		{"has_schema_privilege", []typed{textArg("nope"), textArg("USAGE")}, "3F000", `schema "nope" does not exist`},
		{"has_column_privilege", []typed{textArg("t"), textArg("zz"), textArg("SELECT")}, "42703", `column "zz" of relation "t" does not exist`},
		{"nextval", []typed{classArg(20010)}, "42809", `"t" is not a sequence`},
		{"pg_notify", []typed{textArg(""), textArg("x")}, "22023", "channel name cannot be empty"},
	} {
		_, err := f.call(x.name, x.args...)
		e, ok := pgerr.As(err)
		if !ok || e.Code != x.code || e.Message != x.msg {
			t.Errorf("%s: %v; want %s %s", x.name, err, x.code, x.msg)
		}
	}
}
