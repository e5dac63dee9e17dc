package pgwire

import (
	"context"
	"io"
	"math"
	"testing"

	"github.com/loxodb/loxodb/server/backend"
	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// sample is a batch of every fast column, 64 rows.
func sample() ([]backend.Column, *batch.Batch) {
	oids := []types.OID{types.Int4OID, types.Int8OID, types.TextOID, types.BoolOID, types.Float8OID,
		types.Float4OID, types.ByteaOID, types.VectorOID, types.Int2OID}
	var cols []backend.Column
	var ts []types.T
	for _, oid := range oids {
		ts = append(ts, types.Of(oid))
		cols = append(cols, backend.Column{Name: "c", Type: types.Of(oid)})
	}
	b := batch.New(ts, 64)
	vec := types.Float32Bytes([]float32{1, -2.5, 0.125})
	for i := range 64 {
		for j, d := range []types.Datum{types.Int(int64(-i)), types.Int(math.MaxInt64), types.String("text"), types.Bool(i%2 == 1),
			types.Float(1.5), types.Float(0.25), types.Bytes([]byte{0xde, 0xad}), types.Bytes(vec), types.Int(-1)} {
			b.Cols[j].Set(i, d)
		}
	}
	b.Cols[2].SetNull(1)
	b.Sel = batch.Identity(64)
	return cols, b
}

func TestDataRow(t *testing.T) {
	cols, b := sample()
	b.Sel = []uint16{1, 2}
	for _, tc := range []struct {
		format int16
		want   string
	}{
		{0, "\x00\x09" + "\x00\x00\x00\x02-1" + "\x00\x00\x00\x139223372036854775807" + "\xff\xff\xff\xff" + "\x00\x00\x00\x01t" +
			"\x00\x00\x00\x031.5" + "\x00\x00\x00\x040.25" + "\x00\x00\x00\x06\\xdead" + "\x00\x00\x00\x0e" + "[1,-2.5,0.125]" + "\x00\x00\x00\x02-1"},
		{1, "\x00\x09" + "\x00\x00\x00\x04\xff\xff\xff\xff" + "\x00\x00\x00\x08\x7f\xff\xff\xff\xff\xff\xff\xff" + "\xff\xff\xff\xff" + "\x00\x00\x00\x01\x01" +
			"\x00\x00\x00\x08\x3f\xf8\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x04\x3e\x80\x00\x00" + "\x00\x00\x00\x02\xde\xad" +
			"\x00\x00\x00\x10\x00\x03\x00\x00\x3f\x80\x00\x00\xc0\x20\x00\x00\x3e\x00\x00\x00" + "\x00\x00\x00\x02\xff\xff"},
	} {
		o := newOut(io.Discard)
		w := rowWriter{out: o}
		formats := make([]int16, len(cols))
		for i := range formats {
			formats[i] = tc.format
		}
		w.prepare(cols, formats, types.DefaultFormat)
		if err := w.write(cols, b); err != nil {
			t.Fatal(err)
		}
		r := newReader(nil)
		r.buf, r.w, r.auth, r.max = o.buf, len(o.buf), false, 1<<20
		head, _ := r.body(headerLen)
		n := int(head[4]) - 4
		body, err := r.body(n)
		if err != nil || string(body) != tc.want {
			t.Errorf("format %d\n got %q\nwant %q", tc.format, body, tc.want)
		}
	}
}

// The result path must not allocate: it runs once a row and column.
func TestDataRowAllocations(t *testing.T) {
	cols, b := sample()
	for _, format := range []int16{0, 1} {
		o := newOut(io.Discard)
		w := rowWriter{out: o}
		formats := make([]int16, len(cols))
		for i := range formats {
			formats[i] = format
		}
		run := func() {
			w.prepare(cols, formats, types.DefaultFormat)
			if err := w.write(cols, b); err != nil {
				t.Fatal(err)
			}
			if err := o.flush(); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("format %d: %v allocations a batch", format, n)
		}
	}
}

// A repeated Bind, Execute, Sync must not allocate in the wire either.
func TestBindDecodeAllocations(t *testing.T) {
	body := wt.Join(wt.Z("p"), wt.Z("s"), wt.Int16(1), wt.Int16(1), wt.Int16(2), wt.Int32(-1), wt.Int32(3), []byte("abc"), wt.Int16(1), wt.Int16(0))
	var m bindMessage
	c := &conn{}
	run := func() {
		if err := m.decode(body, nil); err != nil {
			t.Fatal(err)
		}
		if c.intern(0, m.portal) != "p" || c.intern(1, m.statement) != "s" {
			t.Fatal("names")
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations a Bind", n)
	}
}

func BenchmarkDataRow(b *testing.B) {
	cols, rows := sample()
	o := newOut(io.Discard)
	w := rowWriter{out: o}
	w.prepare(cols, nil, types.DefaultFormat)
	for b.Loop() {
		if err := w.write(cols, rows); err != nil {
			b.Fatal(err)
		}
	}
}

// quietSession answers Bind and Execute without allocating, so that what is
// counted is the wire's own.
type quietSession struct {
	fakeSession
	p quietPortal
}

func (s *quietSession) Bind(context.Context, string, string, []int16, [][]byte, []int16) error {
	s.p.done = false
	return nil
}

func (s *quietSession) Portal(context.Context, string) (backend.Portal, error) { return &s.p, nil }

type quietPortal struct {
	cols    []backend.Column
	formats []int16
	b       *batch.Batch
	done    bool
}

func (p *quietPortal) Kind() backend.Kind        { return backend.KindRows }
func (p *quietPortal) Columns() []backend.Column { return p.cols }
func (p *quietPortal) Late() bool                { return false }
func (p *quietPortal) Formats() []int16          { return p.formats }
func (p *quietPortal) Tag() string               { return "SELECT 64" }
func (p *quietPortal) Copy() backend.Copy        { return nil }
func (p *quietPortal) Pull(context.Context, int) (*batch.Batch, error) {
	if p.done {
		return nil, nil
	}
	p.done = true
	return p.b, nil
}

// The whole cycle Bind, Execute, Sync of a prepared statement.
func TestExecuteAllocations(t *testing.T) {
	srv, err := NewServer(Config{Opener: &fakeOpener{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = srv.Shutdown(t.Context()) }()
	c := newConn(srv, &scripted{})
	s := &quietSession{}
	s.status = backend.TxIdle
	s.p.cols, s.p.b = sample()
	s.p.formats = make([]int16, len(s.p.cols))
	c.session, c.out.dst = s, io.Discard
	bind, execute := wt.Bind("", "s")[headerLen:], wt.Execute("", 0)[headerLen:]
	run := func() {
		for _, m := range []struct {
			typ  byte
			body []byte
		}{{'B', bind}, {'E', execute}, {'S', nil}} {
			if err := c.message(m.typ, m.body); err != nil {
				t.Fatal(err)
			}
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations a cycle", n)
	}
}
