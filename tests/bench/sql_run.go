package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/examples/glove/ownschema"
)

// How often a statement is timed on each server, by turns, after one run that is not.
const sqlRuns = 3

// How many texts of a shape are planned.
const planTexts = 500

// sqlResult is what both servers took. Of what was not measured there is nothing.
type sqlResult struct {
	peer       string // its version
	statements []sqlTimes
	plans      []planTimes
}

// sqlTimes are the medians of one statement, in seconds.
type sqlTimes struct {
	sqlStatement
	ours, theirs spent
}

// planTimes are the medians of one shape, in microseconds.
type planTimes struct {
	what         string
	ours, theirs float64
}

// spent is the time of one run: until the answer was there, and of all processors that
// worked on it (0: not to be seen).
type spent struct{ wall, cpu float64 }

// sqlSide is one server of the two.
type sqlSide struct {
	server
	c       *client
	control *pgx.Conn
	path    ownschema.Path
	cpu     func() float64
}

// measureSQL runs ordinary SQL on LoxoDB and on the peer by turns, in processes that
// have done nothing else; nil when there is no peer.
func measureSQL(ctx context.Context, o *options, data string) (*sqlResult, error) {
	peer, stop, err := sqlPeer(ctx, o, data)
	if err != nil || peer == "" {
		return nil, err
	}
	defer stop()
	p, err := startLoxoDB(ctx, o.bin, filepath.Join(data, "loxodb-sql"))
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	r, err := compareSQL(ctx, server{dsn: p.DSN, pid: p.PID(), own: true}, server{dsn: peer})
	if err != nil {
		err = p.Why(err)
	}
	return r, err
}

// sqlPeer is where PostgreSQL is to be had; "" = nowhere.
func sqlPeer(ctx context.Context, o *options, data string) (dsn string, stop func(), err error) {
	switch o.peer {
	case "-":
		return "", nil, nil
	case own:
		dir := filepath.Join(data, "peer-sql")
		// Whoever runs the peer goes through data, too, which is its owner's alone.
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(data, 0o755)); err != nil {
			return "", nil, err
		}
		p, err := startPeer(ctx, o.cache, dir, func(s string) { fmt.Println(s) })
		if err != nil {
			fmt.Printf("no peer runs beside (-peer - to leave it out): %v\n", err)
			return "", nil, nil
		}
		return p.DSN, p.Stop, nil
	}
	return o.peer, func() {}, nil
}

func compareSQL(ctx context.Context, ours, theirs server) (*sqlResult, error) {
	fmt.Println("measuring ordinary SQL")
	var sides [2]*sqlSide
	for i, srv := range []server{ours, theirs} {
		s, err := enterSQL(ctx, srv)
		if err != nil {
			return nil, err
		}
		defer s.leave(ctx)
		sides[i] = s
	}
	r := &sqlResult{}
	if err := sides[1].control.QueryRow(ctx, "SELECT version()").Scan(&r.peer); err != nil {
		return nil, err
	}
	for _, st := range sqlStatements {
		t, err := timeByTurns(st, sides)
		if err != nil {
			return nil, err
		}
		fmt.Printf("  %s, %s: %.0f and %.0f ms\n", kindNames[st.kind], st.what, t.ours.wall*1e3, t.theirs.wall*1e3)
		r.statements = append(r.statements, t)
	}
	for _, shape := range planShapes {
		p := planTimes{what: shape.what}
		for i, to := range []*float64{&p.ours, &p.theirs} {
			var err error
			if *to, err = sides[i].plan(shape); err != nil {
				return nil, err
			}
		}
		fmt.Printf("  planning, %s: %.0f and %.0f us\n", p.what, p.ours, p.theirs)
		r.plans = append(r.plans, p)
	}
	return r, nil
}

// enterSQL connects to a server and loads the tables.
func enterSQL(ctx context.Context, srv server) (*sqlSide, error) {
	s := &sqlSide{server: srv}
	var err error
	if s.control, err = pgx.Connect(ctx, srv.dsn); err != nil {
		return nil, err
	}
	if s.path, err = home.Enter(ctx, s.control); err != nil {
		return nil, err
	}
	if err := home.Clear(ctx, s.control, bigTable, smallTable); err != nil {
		return nil, err
	}
	if s.c, err = dial(ctx, srv.dsn); err != nil {
		return nil, err
	}
	if err := s.c.exec(s.path.Set()); err != nil {
		return nil, err
	}
	for _, sql := range sqlLoad {
		if err := s.c.exec(sql); err != nil {
			return nil, err
		}
	}
	pids, err := s.pids(s.c)
	if err != nil {
		return nil, err
	}
	s.cpu = processorTime(pids[0], srv.own)
	return s, nil
}

func (s *sqlSide) leave(ctx context.Context) {
	s.c.close()
	ctx = context.WithoutCancel(ctx)
	if err := home.Leave(ctx, s.control, bigTable, smallTable); err != nil {
		fmt.Println("  what was loaded stays:", err)
	}
	_ = s.control.Close(ctx)
}

// timeByTurns runs a statement on both servers by turns and compares their answers.
func timeByTurns(st sqlStatement, sides [2]*sqlSide) (sqlTimes, error) {
	t := sqlTimes{sqlStatement: st}
	var all [2][]spent
	var answers [2]answer
	for run := range 1 + sqlRuns {
		for i, s := range sides {
			took, a, err := s.run(st)
			if err != nil {
				return t, err
			}
			if run > 0 {
				all[i] = append(all[i], took)
				continue
			}
			answers[i] = a
		}
		if answers[0] != answers[1] {
			return t, fmt.Errorf("%s: the answers differ: %d and %d rows", st.sql, answers[0].rows, answers[1].rows)
		}
	}
	t.ours, t.theirs = medianSpent(all[0]), medianSpent(all[1])
	return t, nil
}

// run times one run. Looking at the rows is part of it on both servers.
func (s *sqlSide) run(st sqlStatement) (spent, answer, error) {
	var a answer
	before, began := s.cpu(), time.Now()
	err := s.c.query(st.sql, func(f row) error { a.add(f, st.ordered); return nil })
	took := spent{wall: time.Since(began).Seconds(), cpu: s.cpu() - before}
	if err == nil && a.rows == 0 {
		err = fmt.Errorf("%s: no rows", st.sql)
	}
	return took, a, err
}

func medianSpent(all []spent) spent {
	var wall, cpu []float64
	for _, s := range all {
		wall, cpu = append(wall, s.wall), append(cpu, s.cpu)
	}
	return spent{median(wall), median(cpu)}
}

// answer is the digest of a result.
type answer struct {
	rows int
	sum  uint64
}

var answerSeed = maphash.MakeSeed()

func (a *answer) add(f row, ordered bool) {
	a.rows++
	h := maphash.Bytes(answerSeed, f)
	if ordered {
		a.sum = a.sum*31 + h
	} else {
		a.sum += h
	}
}

// plan is the median time from a text that the server has never seen to a portal that
// can be run, beyond that of an empty round trip, in microseconds.
func (s *sqlSide) plan(shape planShape) (float64, error) {
	var texts, empty []float64
	for i := range planTexts {
		sql := shape.text(1000 + i)
		for _, turn := range []struct {
			bytes []byte
			to    *[]float64
		}{{prepareAndBind(sql), &texts}, {message(nil, 'S'), &empty}} {
			began := time.Now()
			if _, err := s.c.conn.Write(turn.bytes); err != nil {
				return 0, err
			}
			if _, err := s.c.answer(nil); err != nil {
				return 0, fmt.Errorf("%s: %w", sql, err)
			}
			*turn.to = append(*turn.to, float64(time.Since(began).Nanoseconds())/1e3)
		}
	}
	return max(0, middle(texts)-middle(empty)), nil
}

// prepareAndBind is Parse, Bind and Sync of unnamed ones: PostgreSQL plans in Bind,
// LoxoDB in Parse.
func prepareAndBind(sql string) []byte {
	b := message(nil, 'P', []byte("\x00"+sql+"\x00"), []byte{0, 0})
	b = message(b, 'B', []byte{0, 0, 0, 0, 0, 0, 0, 0})
	return message(b, 'S')
}

// middle is the median of any number of values.
func middle(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
