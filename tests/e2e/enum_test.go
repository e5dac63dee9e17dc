package e2e

import (
	"encoding/hex"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/tests/process"
)

// Drivers learn enums from the catalog, and send and get their labels in binary.
func TestEnumOverTheWire(t *testing.T) {
	c := connect(t, start(t), "")
	mustExec(t, c, "drop type if exists wire_mood cascade")
	mustExec(t, c, "create type wire_mood as enum ('sad', 'ok')")
	for _, name := range []string{"wire_mood", "_wire_mood"} {
		typ, err := c.LoadType(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.TypeMap().RegisterType(typ)
	}
	var m string
	var ms []string
	if err := c.QueryRow(t.Context(), "select $1::wire_mood, $2::wire_mood[]", "ok", []string{"sad", "ok"}).Scan(&m, &ms); err != nil {
		t.Fatal(err)
	}
	if m != "ok" || !slices.Equal(ms, []string{"sad", "ok"}) {
		t.Errorf("got %q and %q", m, ms)
	}
	r := c.PgConn().ExecParams(t.Context(), "select $1::wire_mood", [][]byte{[]byte("sad")}, nil, []int16{1}, []int16{1}).Read()
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if got := hex.EncodeToString(r.Rows[0][0]); got != hex.EncodeToString([]byte("sad")) {
		t.Errorf("binary form %s", got)
	}
	if r := c.PgConn().ExecParams(t.Context(), "select $1::wire_mood", [][]byte{[]byte("bad")}, nil, []int16{1}, nil).Read(); r.Err == nil {
		t.Error("an unknown label was accepted")
	}
}

// Enums, and their values in rows and keys, outlive the process.
func TestEnumAfterRestart(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := connect(t, p.Addr, "")
	mustExec(t, c, "create type mood as enum ('sad', 'ok')")
	mustExec(t, c, "create table k (m mood primary key, ms mood[])")
	mustExec(t, c, "insert into k values ('ok', '{sad}'), ('sad', '{ok,sad}')")
	mustExec(t, c, "alter type mood add value 'meh' before 'ok'")
	mustExec(t, c, "alter type mood rename value 'ok' to 'fine'")
	mustExec(t, c, "insert into k values ('meh', '{fine,meh}')")
	p.Kill()
	c = connect(t, process.Start(t, dir).Addr, "")
	if got := one(t, c, "select string_agg(m::text || ms::text, ' ' order by m) from k"); got != "sad{fine,sad} meh{fine,meh} fine{sad}" {
		t.Errorf("after the restart: %s", got)
	}
	if got := one(t, c, "select count(*) from k where m = 'fine'"); got != "1" {
		t.Errorf("%s rows by key", got)
	}
}
