package isolation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// runner runs the permutations of specs on one server. A step that has not
// returned counts as waiting when pg_stat_activity says that its session waits
// for a lock, and no step is left that does neither.
type runner struct {
	t       *testing.T
	url     string
	settle  time.Duration // how long sessions must be seen waiting
	control *pgconn.PgConn
	conns   map[string]*session
	out     strings.Builder
}

// session is one named connection and the step that it runs.
type session struct {
	name string
	conn *pgconn.PgConn
	step string // running, "" when none
	done chan string
}

const patience = 30 * time.Second

func newRunner(t *testing.T, url string, settle time.Duration) *runner {
	r := &runner{t: t, url: url, settle: settle, conns: map[string]*session{}}
	r.control = r.connect()
	return r
}

func (r *runner) connect() *pgconn.PgConn {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgconn.Connect(ctx, r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx)
	})
	return c
}

// must runs SQL on the control connection.
func (r *runner) must(sql string) []*pgconn.Result {
	r.t.Helper()
	if sql == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res, err := r.control.Exec(ctx, sql).ReadAll()
	if err != nil {
		r.t.Fatalf("%s: %v", sql, err)
	}
	return res
}

// run returns what the server answers to a permutation.
func (r *runner) run(s *spec, p *permutation) string {
	r.out.Reset()
	r.must(s.setup)
	for _, name := range s.sessions {
		if r.conns[name] == nil {
			r.conns[name] = &session{name: name, conn: r.connect(), done: make(chan string, 1)}
		}
	}
	for _, name := range p.steps {
		name, returns := strings.CutSuffix(name, "!")
		st := s.steps[name]
		x := r.conns[st.session]
		if x.step != "" {
			fmt.Fprintf(&r.out, "%s: not run, its session waits\n", name)
			continue
		}
		r.start(x, &st)
		before := r.pending(x)
		if returns {
			r.returned(x)
		}
		r.await()
		r.report(x, before)
	}
	r.end(s)
	if s.final != "" {
		fmt.Fprintf(&r.out, "final: %s\n", answer(r.must(s.final), nil))
	}
	r.must(s.teardown)
	return r.out.String()
}

func (r *runner) start(x *session, st *step) {
	sql := st.sql
	for name, o := range r.conns {
		sql = strings.ReplaceAll(sql, "{"+name+"}", fmt.Sprint(o.conn.PID()))
	}
	x.step = st.name
	go func() {
		res, err := x.conn.Exec(context.Background(), sql).ReadAll()
		x.done <- answer(res, err)
	}()
}

// pending are the sessions with a running step, in order of their names, without one.
func (r *runner) pending(without *session) []*session {
	var list []*session
	for _, x := range r.conns {
		if x.step != "" && x != without {
			list = append(list, x)
		}
	}
	slices.SortFunc(list, func(a, b *session) int { return strings.Compare(a.name, b.name) })
	return list
}

// await returns when every running step has returned or waits for a lock.
func (r *runner) await() {
	begin := time.Now()
	var still time.Time // since when nothing but waiting was seen
	for seen := 0; ; {
		running := 0
		var pids []string
		for _, x := range r.pending(nil) {
			if len(x.done) == 0 {
				running++
				pids = append(pids, fmt.Sprint(x.conn.PID()))
			}
		}
		if running == 0 {
			return
		}
		res := r.must("select count(*) from pg_stat_activity where (wait_event_type = 'Lock' or wait_event = 'SafeSnapshot') and pid in (" + strings.Join(pids, ",") + ")")
		if string(res[0].Rows[0][0]) != fmt.Sprint(running) {
			seen = 0
		} else if seen++; seen == 1 {
			still = time.Now()
		} else if seen > 2 && time.Since(still) >= r.settle {
			return
		}
		if time.Since(begin) > patience {
			r.t.Fatalf("a step neither returns nor waits for a lock:\n%s", r.out.String())
		}
		time.Sleep(time.Millisecond)
	}
}

// returned waits for the end of a step that ends by itself.
func (r *runner) returned(x *session) {
	for begin := time.Now(); len(x.done) == 0; time.Sleep(time.Millisecond) {
		if time.Since(begin) > patience {
			r.t.Fatalf("step %s does not return:\n%s", x.step, r.out.String())
		}
	}
}

// report prints what the steps came to: first the one just started, then those
// that had been waiting before.
func (r *runner) report(x *session, before []*session) {
	select {
	case a := <-x.done:
		fmt.Fprintf(&r.out, "%s: %s\n", x.step, a)
		x.step = ""
	default:
		fmt.Fprintf(&r.out, "%s: waits\n", x.step)
	}
	for _, w := range before {
		select {
		case a := <-w.done:
			fmt.Fprintf(&r.out, "%s: %s\n", w.step, a)
			w.step = ""
		default:
		}
	}
}

// end rolls back what is still open. A session may wait for another one's end.
func (r *runner) end(s *spec) {
	for deadline := time.Now().Add(patience); ; {
		for _, x := range r.pending(nil) {
			select {
			case a := <-x.done:
				fmt.Fprintf(&r.out, "%s: at the end: %s\n", x.step, a)
				x.step = ""
			default:
			}
		}
		open := 0
		for _, name := range s.sessions {
			x := r.conns[name]
			if x.step != "" {
				open++
				continue
			}
			for _, sql := range []string{"rollback", "discard all"} {
				if _, err := x.conn.Exec(context.Background(), sql).ReadAll(); err != nil {
					r.dropSession(x, err)
					break
				}
			}
		}
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("a step does not end:\n%s", r.out.String())
		}
		time.Sleep(time.Millisecond)
	}
}

// dropSession forgets a connection that the test has ended.
func (r *runner) dropSession(x *session, err error) {
	if !x.conn.IsClosed() {
		r.t.Fatalf("session %s: %v", x.name, err)
	}
	delete(r.conns, x.name)
}

// answer prints results: tags, rows with | between columns, the error.
func answer(res []*pgconn.Result, err error) string {
	var parts []string
	for _, one := range res {
		if one.Err != nil {
			continue
		}
		s := one.CommandTag.String()
		for i, row := range one.Rows {
			var vals []string
			for _, v := range row {
				if v == nil {
					v = []byte("NULL")
				}
				vals = append(vals, string(v))
			}
			sep := ", "
			if i == 0 {
				sep = ": "
			}
			s += sep + strings.Join(vals, "|")
		}
		parts = append(parts, s)
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		parts = append(parts, e.Severity+" "+e.Code+" "+e.Message)
	} else if err != nil {
		parts = append(parts, err.Error())
	}
	return strings.TrimSpace(strings.Join(parts, "; "))
}
