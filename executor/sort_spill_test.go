package executor

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// memFiles counts the temporary files that are open.
type memFiles struct {
	open, made int
	failAt     int // the file whose first write fails; 0 = none
}

type memFile struct {
	*bytes.Buffer
	files *memFiles
	fails bool
}

func (f *memFiles) spill() (SpillFile, error) {
	f.open++
	f.made++
	return &memFile{&bytes.Buffer{}, f, f.made == f.failAt}, nil
}

func (f *memFile) Write(b []byte) (int, error) {
	if f.fails {
		return 0, fmt.Errorf("disk full")
	}
	return f.Buffer.Write(b)
}
func (f *memFile) ReadAt(b []byte, at int64) (int, error) { return copy(b, f.Bytes()[at:]), nil }
func (f *memFile) Close() error                           { f.files.open--; return nil }

// batches is an operator over batches at hand.
type batches struct {
	list []*batch.Batch
	at   int
}

func (o *batches) Open(context.Context, *Env) error { o.at = 0; return nil }
func (o *batches) Close() error                     { return nil }
func (o *batches) Next(context.Context) (*batch.Batch, error) {
	if o.at == len(o.list) {
		return nil, nil
	}
	o.at++
	return o.list[o.at-1], nil
}

// testSort is a sort of three columns: by the second descending, then the first. The
// third numbers the rows.
func testSort(t testing.TB, in Operator) *sortOp {
	t.Helper()
	ts := []types.T{types.Of(types.Float8OID), types.Of(types.TextOID), types.Of(types.Int8OID)}
	keys := []physical.SortKey{{Expr: &expr.Column{Index: 1, T: ts[1]}, Desc: true}, {Expr: &expr.Column{Index: 0, T: ts[0]}, NullsFirst: true}}
	o, err := newOrder(keys)
	if err != nil {
		t.Fatal(err)
	}
	s := &sortOp{input: in, rows: newRowStore(ts), order: o, keys: newRowStore(o.types)}
	s.cols = make([]*batch.Col, len(keys))
	s.keyView.Cols = make([]batch.Col, len(keys))
	s.out.Cols = make([]batch.Col, len(ts))
	return s
}

func randomBatches(r *rand.Rand, n int) *batches {
	in := &batches{}
	for row := 0; row < n; {
		size := min(1+r.IntN(batch.MaxRows), n-row)
		b := batch.New([]types.T{types.Of(types.Float8OID), types.Of(types.TextOID), types.Of(types.Int8OID)}, size)
		for i := range size {
			f, s := types.Float(float64(r.IntN(50))), types.String(fmt.Sprint(r.IntN(40))+strings.Repeat("x", r.IntN(30)))
			if r.IntN(10) == 0 {
				f = types.Null
			}
			if r.IntN(10) == 0 {
				s = types.Null
			}
			b.Cols[0].Set(i, f)
			b.Cols[1].Set(i, s)
			b.Cols[2].Set(i, types.Int(int64(row+i)))
		}
		b.Sel = batch.Identity(size)
		in.list = append(in.list, b)
		row += size
	}
	return in
}

// rowsOf runs the sort and returns its rows as text.
func rowsOf(t testing.TB, s *sortOp, env *Env, keep int64) (out []string, err error) {
	t.Helper()
	ctx := t.Context()
	if err := s.Open(ctx, env); err != nil {
		return nil, err
	}
	s.keep = keep
	for {
		b, err := s.Next(ctx)
		if err != nil {
			return out, err
		}
		if b == nil {
			return out, nil
		}
		for _, i := range b.Sel {
			out = append(out, fmt.Sprintf("%v|%q|%d", b.Cols[0].Datum(int(i)), b.Cols[1].Datum(int(i)).Bytes(), b.Cols[2].I[i]))
		}
	}
}

// A sort that spills gives the rows that it gives in memory, in the same order where
// keys are equal, with any memory and any LIMIT, and leaves no file.
func TestSortSpills(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 6 {
		in := randomBatches(r, 1+r.IntN(30_000))
		for _, keep := range []int64{-1, int64(r.IntN(5000)), int64(r.IntN(40_000))} {
			want, err := rowsOf(t, testSort(t, in), &Env{}, keep)
			if err != nil {
				t.Fatal(err)
			}
			files := &memFiles{}
			env := &Env{Budget: NewBudget(int64(1<<20 + r.IntN(4<<20))), Spill: files.spill, Counters: make([]Counter, 1)}
			s := testSort(t, in)
			got, err := rowsOf(t, s, env, keep)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("limit %d, %d files: row %d of %d (of %d) differs", keep, files.made, i, len(got), len(want))
				}
			}
			if (env.Counters[0].Spilled > 0) != (files.made > 0) || files.made > 0 && files.open == 0 {
				t.Errorf("%d files, %d open, %d bytes counted", files.made, files.open, env.Counters[0].Spilled)
			}
			if err := s.Close(); err != nil || files.open != 0 || env.Budget.used.Load() != 0 {
				t.Fatalf("after Close: %d files, %d bytes of memory, %v", files.open, env.Budget.used.Load(), err)
			}
		}
	}
}

// More runs than are merged at once are merged in several passes.
func TestSortSpillsInPasses(t *testing.T) {
	in := randomBatches(rand.New(rand.NewPCG(7, 7)), 20_000)
	want, err := rowsOf(t, testSort(t, in), &Env{}, -1)
	if err != nil {
		t.Fatal(err)
	}
	for _, failAt := range []int{0, 3, 2000, 100_000} {
		files := &memFiles{failAt: failAt}
		s := testSort(t, &eachSpilled{in: in})
		s.input.(*eachSpilled).sort = s
		got, err := rowsOf(t, s, &Env{Spill: files.spill}, -1)
		switch {
		case failAt > 0 && failAt <= files.made:
			if err == nil {
				t.Errorf("file %d could not be written, and nobody said so", failAt)
			}
		case err != nil:
			t.Fatal(err)
		case len(got) != len(want):
			t.Errorf("%d rows, want %d", len(got), len(want))
		default:
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("row %d: %s, want %s", i, got[i], want[i])
				}
			}
		}
		if err := s.Close(); err != nil || files.open != 0 {
			t.Errorf("after Close: %d files, %v", files.open, err)
		}
	}
}

// eachSpilled hands out a few rows at a time and has the sort write them before the next.
type eachSpilled struct {
	in   *batches
	sort *sortOp
	left *batch.Batch
}

func (o *eachSpilled) Open(ctx context.Context, env *Env) error {
	o.left = nil
	return o.in.Open(ctx, env)
}
func (o *eachSpilled) Close() error { return nil }
func (o *eachSpilled) Next(ctx context.Context) (*batch.Batch, error) {
	if err := o.sort.spill(); err != nil {
		return nil, err
	}
	if o.left == nil || len(o.left.Sel) == 0 {
		b, err := o.in.Next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		o.left = &batch.Batch{Cols: b.Cols, Sel: b.Sel}
	}
	n := min(9, len(o.left.Sel))
	b := &batch.Batch{Cols: o.left.Cols, Sel: o.left.Sel[:n]}
	o.left.Sel = o.left.Sel[n:]
	return b, nil
}

// A damaged file is an error, not a crash.
func TestRunReaderDamage(t *testing.T) {
	files := &memFiles{}
	f, _ := files.spill()
	ts := []types.T{types.Of(types.TextOID), types.Of(types.Int8OID)}
	w := newRunWriter(f, ts, 16<<10)
	for i := range 3000 {
		cols := []batch.Col{{B: [][]byte{fmt.Append(nil, "text ", i)}, Null: []bool{false}, T: ts[0]}, {I: []int64{int64(i)}, Null: []bool{i%2 == 0}, T: ts[1]}}
		if err := w.add(cols, 0); err != nil {
			t.Fatal(err)
		}
	}
	done, err := w.end()
	if err != nil {
		t.Fatal(err)
	}
	whole := bytes.Clone(f.(*memFile).Bytes())
	r := rand.New(rand.NewPCG(3, 3))
	for range 2000 {
		b := f.(*memFile).Bytes()
		copy(b, whole)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] ^= byte(1 << r.IntN(8))
		}
		x := newRunReader(done, ts)
		for rows := 0; rows < 10_000; rows += x.n {
			if ok, err := x.next(); !ok || err != nil {
				break
			}
		}
	}
}
