package e2e

import (
	"fmt"
	"testing"
	"time"
)

// Attaching the last part of an index waits for the partitioned table before it locks the
// partition: who has the table can go on to the partition, as a foreign key does.
func TestAttachIndexLocksParentFirst(t *testing.T) {
	addr := start(t)
	holder, waiter, watch := connect(t, addr, ""), connect(t, addr, ""), connect(t, addr, "")
	mustExec(t, holder, "create table top (a int, b int) partition by range (a)")
	mustExec(t, holder, "create table mid partition of top for values from (0) to (9) partition by range (a)")
	mustExec(t, holder, "create table leaf partition of mid for values from (0) to (9)")
	for _, s := range []string{"create index t_b on only top (b)", "create index m_b on only mid (b)", "create index l_b on leaf (b)", "alter index t_b attach partition m_b"} {
		mustExec(t, holder, s)
	}
	mustExec(t, holder, "begin")
	mustExec(t, holder, "alter table only top alter b set statistics 7")
	done := make(chan error, 1)
	go func() {
		_, err := waiter.Exec(t.Context(), "alter index m_b attach partition l_b")
		done <- err
	}()
	blocking, want := fmt.Sprintf("select pg_blocking_pids(%d)::text", waiter.PgConn().PID()), fmt.Sprintf("{%d}", holder.PgConn().PID())
	for deadline := time.Now().Add(20 * time.Second); one(t, watch, blocking) != want && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	mustExec(t, holder, "alter table only mid alter b set statistics 7")
	mustExec(t, holder, "alter table leaf alter b set statistics 7")
	mustExec(t, holder, "commit")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := one(t, watch, "select string_agg(indexrelid::regclass::text || ' ' || indisvalid, ', ' order by indexrelid::regclass::text) from pg_index where indrelid in ('top'::regclass, 'mid'::regclass, 'leaf'::regclass)"); got != "l_b true, m_b true, t_b true" {
		t.Errorf("got %s", got)
	}
}
