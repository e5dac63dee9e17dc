package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/server/boot"
	"github.com/loxodb/loxodb/tests/process"
)

// What was acknowledged before kill -9 is there afterwards, whole transactions only.
func TestKillAndReopen(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := connect(t, p.Addr, "")
	mustExec(t, c, "create table k (id int primary key, pair int, e vector(2))")
	mustExec(t, c, "create index on k using hnsw (e vector_l2_ops)")
	acknowledged := make(chan int, 1)
	go func() {
		last := -1
		defer func() { acknowledged <- last }()
		for i := 0; ; i++ {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
				for _, id := range []int{2 * i, 2*i + 1} {
					if _, err := tx.Exec(ctx, "insert into k values ($1, $2, $3::float4[]::vector)", id, i, []float32{float32(i), 0}); err != nil {
						return err
					}
				}
				return nil
			})
			cancel()
			if err != nil {
				return
			}
			last = i
		}
	}()
	time.Sleep(time.Second)
	p.Kill()
	last := <-acknowledged
	if last < 0 {
		t.Fatalf("nothing was acknowledged:\n%s", p.Log())
	}
	p = process.Start(t, dir)
	c = connect(t, p.Addr, "")
	if got := one(t, c, fmt.Sprintf("select count(*) from k where pair <= %d", last)); got != fmt.Sprint(2*(last+1)) {
		t.Errorf("%s rows of %d acknowledged", got, 2*(last+1))
	}
	if got := one(t, c, "select count(*) from (select pair from k group by pair having count(*) <> 2) half"); got != "0" {
		t.Errorf("%s transactions are there in half", got)
	}
	if got := contents(t, c, fmt.Sprintf("select id from k order by e <-> '[%d,0.1]', id limit 2", last)); got != fmt.Sprintf("%d;%d", 2*last, 2*last+1) {
		t.Errorf("nearest after recovery: %s, want the pair %d", got, last)
	}
}

func TestSignals(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	second := process.Command(t, "start", "--listen", "127.0.0.1:0", "--data", dir)
	if out, err := second.CombinedOutput(); err == nil || !strings.Contains(string(out), "is in use by another server (process "+fmt.Sprint(p.PID())+")") {
		t.Errorf("a second server on the same data: %v\n%s", err, out)
	}
	c := connect(t, p.Addr, "")
	mustExec(t, c, "create table kept (id int)")
	p.Stop()
	_, err := c.Exec(t.Context(), "select 1")
	wantError(t, "an idle client", err, "57P01", "terminating connection due to administrator command")

	p = process.Start(t, dir, "--shutdown-timeout", "1h")
	c = connect(t, p.Addr, "")
	mustExec(t, c, "drop table kept")
	cut := make(chan error, 1)
	go func() { _, err := c.Exec(context.Background(), "select pg_sleep(600)"); cut <- err }()
	time.Sleep(100 * time.Millisecond)
	for range 2 {
		p.Signal(syscall.SIGINT)
		time.Sleep(100 * time.Millisecond)
	}
	if err := p.Wait(); err == nil {
		t.Error("a second SIGINT should end the server with a failure status")
	}
	if err := <-cut; err == nil {
		t.Error("the statement that was cut off reported success")
	}
}

func TestPasswords(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	if _, err := boot.Start(t.Context(), boot.Options{Data: dir, Listen: "0.0.0.0:0"}); err == nil || !strings.Contains(err.Error(), "LOXODB_PASSWORD") {
		t.Errorf("listening everywhere without a password: %v", err)
	}
	srv, err := boot.Start(t.Context(), boot.Options{Data: dir, Listen: "127.0.0.1:0", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	addr := srv.Addr().String()
	try := func(user, password string) error {
		c, err := pgx.Connect(t.Context(), fmt.Sprintf("postgres://%s:%s@%s/postgres?sslmode=disable", user, password, addr))
		if err == nil {
			mustExec(t, c, "select 1")
			c.Close(t.Context())
		}
		return err
	}
	if err := try("postgres", "secret"); err != nil {
		t.Error(err)
	}
	wantError(t, "wrong password", try("postgres", "wrong"), "28P01", `password authentication failed for user "postgres"`)
	wantError(t, "unknown user", try("nobody", "wrong"), "28P01", `password authentication failed for user "nobody"`)
	shutdown(t, srv)
	// The password stays.
	if srv, err = boot.Start(t.Context(), boot.Options{Data: dir, Listen: "0.0.0.0:0"}); err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, srv)
	_, port, _ := net.SplitHostPort(srv.Addr().String())
	addr = net.JoinHostPort("127.0.0.1", port)
	if err := try("postgres", "secret"); err != nil {
		t.Error(err)
	}
	wantError(t, "no password", try("postgres", ""), "28P01", "")
}
