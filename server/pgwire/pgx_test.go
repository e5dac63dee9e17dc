package pgwire

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func wantCode(t *testing.T, err error, code string) *pgconn.PgError {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got error %v, want SQLSTATE %s", err, code)
	}
	return e
}

func TestPgxExtended(t *testing.T) {
	_, addr := serve(t, Config{})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=prefer&application_name=me")
	ctx := t.Context()
	for range 3 { // the second and third run use the cached statement
		var s string
		if err := c.QueryRow(ctx, "echo $1", "héllo").Scan(&s); err != nil || s != "héllo" {
			t.Fatalf("echo: %q, %v", s, err)
		}
	}
	var ns []int32
	rows, err := c.Query(ctx, "rows 3000")
	if err != nil {
		t.Fatal(err)
	}
	ns, err = pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil || len(ns) != 3000 || ns[2999] != 3000 {
		t.Fatalf("rows: %d, %v", len(ns), err)
	}
	if rows.CommandTag().String() != "SELECT 3000" {
		t.Errorf("tag %s", rows.CommandTag())
	}
	_, err = c.Exec(ctx, "fail")
	wantCode(t, err, "22012")
	_, err = c.Exec(ctx, "é syntax")
	if e := wantCode(t, err, "42601"); e.Position != 3 {
		t.Errorf("position %d, want 3 (in characters)", e.Position)
	}
	_, err = c.Exec(ctx, "prepfail")
	if e := wantCode(t, err, "42P01"); e.Hint != "make it" || e.Detail != "no x" || e.Severity != "ERROR" {
		t.Errorf("fields: %+v", e)
	}
	if err := c.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	var who string
	if err := c.QueryRow(ctx, "startup").Scan(&who); err != nil || who != "postgres/postgres[[application_name me]]" {
		t.Errorf("startup: %q, %v", who, err)
	}
}

func TestPgxBatchAndPipeline(t *testing.T) {
	_, addr := serve(t, Config{})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=disable")
	var b pgx.Batch
	for range 10 {
		b.Queue("rows 5")
	}
	b.Queue("fail")
	b.Queue("rows 1")
	res := c.SendBatch(t.Context(), &b)
	for i := range 10 {
		rows, err := res.Query()
		if err != nil {
			t.Fatal(err)
		}
		if ns, err := pgx.CollectRows(rows, pgx.RowTo[int32]); err != nil || len(ns) != 5 {
			t.Fatalf("batch %d: %v, %v", i, ns, err)
		}
	}
	_, err := res.Exec()
	wantCode(t, err, "22012")
	if err := res.Close(); err == nil {
		t.Error("the batch's error was not reported at its end")
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPgxSimple(t *testing.T) {
	_, addr := serve(t, Config{})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=disable&default_query_exec_mode=simple_protocol")
	results, err := c.PgConn().Exec(t.Context(), "rows 2; begin; echo x").ReadAll()
	if err != nil || len(results) != 3 {
		t.Fatalf("%v, %v", results, err)
	}
	if string(results[0].Rows[1][0]) != "2" || results[1].CommandTag.String() != "BEGIN" || string(results[2].Rows[0][0]) != "x" {
		t.Errorf("results: %+v", results)
	}
	if c.PgConn().TxStatus() != 'T' {
		t.Errorf("status %c, want T", c.PgConn().TxStatus())
	}
	_, err = c.Exec(t.Context(), "fail")
	wantCode(t, err, "22012")
	if c.PgConn().TxStatus() != 'E' {
		t.Errorf("status %c, want E", c.PgConn().TxStatus())
	}
	tag, err := c.Exec(t.Context(), "commit")
	if err != nil || tag.String() != "ROLLBACK" {
		t.Errorf("commit of a failed transaction: %s, %v", tag, err)
	}
	_, err = c.Exec(t.Context(), "failcommit")
	wantCode(t, err, "23503")
	if _, err := c.Exec(t.Context(), "set client_encoding UTF8"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "set newparam here"); err != nil || c.PgConn().ParameterStatus("newparam") != "here" {
		t.Errorf("parameter status: %q, %v", c.PgConn().ParameterStatus("newparam"), err)
	}
}

func TestPgxCopy(t *testing.T) {
	o := &fakeOpener{}
	_, addr := serve(t, Config{Opener: o})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=disable")
	text := strings.Repeat("a line\n", 50000)
	tag, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(text), "copyin")
	if err != nil || tag.String() != "COPY 50000" || string(o.sessions[0].copied) != text {
		t.Fatalf("%s, %v, %d bytes", tag, err, len(o.sessions[0].copied))
	}
	_, err = c.PgConn().CopyFrom(t.Context(), strings.NewReader("good\nbad\n"), "copyin")
	wantCode(t, err, "22P02")
	_, err = c.PgConn().CopyFrom(t.Context(), io.MultiReader(strings.NewReader("x"), brokenReader{}), "copyin")
	wantCode(t, err, "57014")
	var out strings.Builder
	if _, err := c.PgConn().CopyTo(t.Context(), &out, "copyout 30000"); err != nil || strings.Count(out.String(), "\n") != 30000 {
		t.Fatalf("copy out: %d bytes, %v", out.Len(), err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("reader broke") }

func TestCancel(t *testing.T) {
	o := &fakeOpener{started: make(chan string, 1)}
	_, addr := serve(t, Config{Opener: o})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=disable")
	for range 2 {
		go func() {
			<-o.started
			if err := c.PgConn().CancelRequest(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		_, err := c.Exec(t.Context(), "sleep")
		if e := wantCode(t, err, "57014"); e.Message != "canceling statement due to user request" {
			t.Errorf("message %q", e.Message)
		}
	}
	// A cancel request while nothing runs is forgotten.
	if err := c.PgConn().CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAuthentication(t *testing.T) {
	o := &fakeOpener{}
	_, addr := serve(t, Config{Opener: o})
	try := func(user, password, db string) error {
		c, err := pgx.Connect(t.Context(), "postgres://"+user+":"+password+"@"+addr+"/"+db+"?sslmode=disable")
		if err == nil {
			c.Close(t.Context())
		}
		return err
	}
	if err := try("postgres", "", "postgres"); err != nil {
		t.Error(err)
	}
	if err := try("alice", "wonder", "postgres"); err != nil {
		t.Error(err)
	}
	wantCode(t, try("nobody", "", "x"), "28000")
	wantCode(t, try("nologin", "", "x"), "28000")
	wantCode(t, try("postgres", "", "nope"), "3D000")
	o.password = aliceVerifier
	var said []string
	for _, user := range []string{"postgres", "alice", "nobody", "nologin"} {
		e := wantCode(t, try(user, "wrong", "postgres"), "28P01")
		said = append(said, strings.ReplaceAll(e.Message, user, "X"))
	}
	for _, s := range said {
		if s != `password authentication failed for user "X"` {
			t.Errorf("message %q", s)
		}
	}
	if err := try("postgres", "wonder", "postgres"); err != nil {
		t.Error(err)
	}
}

func TestTooManyConnections(t *testing.T) {
	s, addr := serve(t, Config{MaxConnections: 2})
	url := "postgres://postgres@" + addr + "/postgres?sslmode=disable"
	connect(t, url)
	second := connect(t, url)
	_, err := pgx.Connect(t.Context(), url)
	if e := wantCode(t, err, "53300"); e.Message != "sorry, too many clients already" || e.Severity != "FATAL" {
		t.Errorf("%+v", e)
	}
	second.Close(t.Context())
	for s.Connections() > 1 {
		time.Sleep(time.Millisecond)
	}
	connect(t, url)
}

func TestPanicEndsOneConnection(t *testing.T) {
	o := &fakeOpener{}
	_, addr := serve(t, Config{Opener: o})
	url := "postgres://postgres@" + addr + "/postgres?sslmode=disable"
	other := connect(t, url)
	c := connect(t, url)
	_, err := c.Exec(t.Context(), "panic")
	if e := wantCode(t, err, "XX000"); e.Severity != "FATAL" {
		t.Errorf("severity %s", e.Severity)
	}
	if err := other.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = other.Exec(t.Context(), "plainfail")
	if e := wantCode(t, err, "XX000"); e.Severity != "ERROR" {
		t.Errorf("severity %s", e.Severity)
	}
	_, err = other.Exec(t.Context(), "fatal")
	wantCode(t, err, "57P01")
}

func TestShutdown(t *testing.T) {
	o := &fakeOpener{started: make(chan string, 2)}
	s, addr := serve(t, Config{Opener: o})
	url := "postgres://postgres@" + addr + "/postgres?sslmode=disable"
	idle, short, long := connect(t, url), connect(t, url), connect(t, url)
	shortDone, longDone := make(chan error, 1), make(chan error, 1)
	go func() { _, err := short.Exec(context.Background(), "sleep 200ms"); shortDone <- err }()
	go func() { _, err := long.Exec(context.Background(), "sleep 1h"); longDone <- err }()
	<-o.started
	<-o.started
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-shortDone; err != nil {
		t.Errorf("a statement within the grace period: %v", err)
	}
	wantCode(t, <-longDone, "57P01")
	_, err := idle.Exec(t.Context(), "rows 1")
	wantCode(t, err, "57P01")
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("connected after Shutdown")
	}
	for i, f := range o.sessions {
		if !f.closed {
			t.Errorf("session %d was not closed", i)
		}
	}
}

func TestClientGone(t *testing.T) {
	o := &fakeOpener{started: make(chan string, 1)}
	s, addr := serve(t, Config{Opener: o, CheckClient: 10 * time.Millisecond})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=disable")
	go func() { _, _ = c.Exec(context.Background(), "sleep 1h") }()
	<-o.started
	c.PgConn().Conn().Close()
	deadline := time.Now().Add(5 * time.Second)
	for s.Connections() > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the statement of a lost client still runs")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestNotifications(t *testing.T) {
	o := &fakeOpener{}
	_, addr := serve(t, Config{Opener: o})
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=disable")
	if _, err := c.Exec(t.Context(), "notify one"); err != nil {
		t.Fatal(err)
	}
	n, err := c.WaitForNotification(t.Context())
	if err != nil || n.Payload != "one" || n.Channel != "c" || n.PID != 7 {
		t.Fatalf("%+v, %v", n, err)
	}
	f := o.sessions[0]
	go func() {
		time.Sleep(10 * time.Millisecond)
		f.notifyMu.Lock()
		f.pending = append(f.pending, fakeNotification)
		f.notifyMu.Unlock()
		f.startup.Wake()
	}()
	if n, err = c.WaitForNotification(t.Context()); err != nil || n.Payload != "while idle" {
		t.Fatalf("%+v, %v", n, err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}
