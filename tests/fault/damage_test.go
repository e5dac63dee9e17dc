package fault

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/tests/process"
)

// kinds are an index of every structure, code and type of element, with the order that
// each serves. Their number is even, so that the next but one, going round, has a segment
// where one has a delete file: these may be the same for all.
var kinds = []struct{ name, on, order string }{
	{"v_lists", "using ivf (e vector_l2_ops)", "e <-> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_half", "using hnsw (h halfvec_cosine_ops) with (m = 4, ef_construction = 10)", "h <=> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_halflists", "using ivfflat (h halfvec_ip_ops)", "h <#> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_bytes", "using hnsw (q int8vec_l2_ops) with (m = 4, ef_construction = 10)", "q <-> '[1,20,-30,40,5,6,-7,8]'"},
	{"v_bits", "using hnsw (b bit_jaccard_ops) with (m = 4, ef_construction = 10)", "b <%> x'0123456789abcdef'::bit(64)"},
	{"v_bitlists", "using ivf (b bit_hamming_ops)", "b <~> x'0123456789abcdef'::bit(64)"},
	{"v_sparse", "using hnsw (s sparsevec_l1_ops) with (m = 4, ef_construction = 10)", "s <+> '{1:.1,3:.4,8:.5}/8'"},
	{"v_pq", "using hnsw (e vector_cosine_ops) with (m = 4, ef_construction = 10, quantization = pq)", "e <=> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_pqlists", "using ivf (h halfvec_l2_ops) with (quantization = pq)", "h <-> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_none", "using hnsw (e vector_l2_ops) with (m = 4, ef_construction = 10, quantization = none)", "e <-> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_one", "using hnsw (e vector_l2_ops) with (m = 4, ef_construction = 10, quantization = rabitq1)", "e <-> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_eight", "using hnsw (h halfvec_ip_ops) with (m = 4, ef_construction = 10, quantization = rabitq8)", "h <#> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_three", "using hnsw (e vector_ip_ops) with (m = 4, ef_construction = 10, quantization = rabitq3)", "e <#> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_fivelists", "using ivfflat (e vector_cosine_ops) with (quantization = rabitq5)", "e <=> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_nonelists", "using ivfflat (e vector_l2_ops) with (quantization = none)", "e <-> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
	{"v_plain", "using flat (e vector_ip_ops)", "e <#> '[.1,.2,.3,.4,.5,.6,.7,.8]'"},
}

// fillKinds makes table v of n rows with all of the indexes.
func fillKinds(t testing.TB, c *pgx.Conn, n int) {
	t.Helper()
	mustExec(t, c, "create table w (id int primary key, grp int not null, e vector(8))")
	if _, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(copyText(1, n)), "copy w from stdin"); err != nil {
		t.Fatal(err)
	}
	mustExec(t, c, "create table v (id int primary key, e vector(8), h halfvec(8), q int8vec(8), b bit(64), s sparsevec(8))")
	mustExec(t, c, `insert into v select id, e, e::halfvec(8), (e * array_fill(100::real, array[8])::vector)::int8vec(8),
		('x' || substr(md5(id::text), 1, 16))::bit(64), e::sparsevec(8) from w`)
	for _, k := range kinds {
		mustExec(t, c, fmt.Sprintf("create index %s on v %s", k.name, k.on))
	}
}

// change gives count rows from the one after first on what other rows have, other ones
// each time.
func change(t testing.TB, c *pgx.Conn, first, count, rows int) {
	t.Helper()
	mustExec(t, c, `update v set e = o.e, h = o.h, q = o.q, b = o.b, s = o.s from v o
		where v.id > $1 and v.id <= $1 + $2 and o.id = 1 + (v.id + 3000 + 7 * $1) % $3`, first, count, rows)
}

// resum makes the checksum of a file's header good again.
func resum(b []byte) {
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], crc32.MakeTable(crc32.Castagnoli)))
}

// damages are what is done to the bytes of a file; other is those of another index's
// segment.
var damages = []struct {
	name string
	do   func(b, other []byte) []byte
}{
	{"a bit of the header flipped", func(b, _ []byte) []byte { b[3] ^= 1; return b }},
	{"a bit of the middle flipped", func(b, _ []byte) []byte { b[len(b)/2&^63] ^= 4; return b }},
	{"a bit of the end flipped", func(b, _ []byte) []byte { b[len(b)-20] ^= 128; return b }},
	{"cut to a half", func(b, _ []byte) []byte { return b[:len(b)/2] }},
	{"another magic number", func(b, _ []byte) []byte { copy(b, "\x89PNG\r\n\x1a\n"); resum(b); return b }},
	{"a version to come", func(b, _ []byte) []byte { b[8] = 77; resum(b); return b }},
	{"zeros at the end", func(b, _ []byte) []byte { return append(b, make([]byte, 4096)...) }},
	{"nothing in it", func(_, _ []byte) []byte { return nil }},
	{"missing", func(_, _ []byte) []byte { return missing }},
	{"the file of another index", func(_, other []byte) []byte { return slices.Clone(other) }},
}

// missing stands for no file.
var missing = []byte("missing")

// damageKinds does it to one file of every index's directory: to a segment or to a delete file,
// by turns.
func damageKinds(t testing.TB, dir string, round int, do func(b, other []byte) []byte) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(dir, "index", "*"))
	if err != nil || len(dirs) != len(kinds) {
		t.Fatalf("directories %v, %v", dirs, err)
	}
	slices.Sort(dirs)
	var files []string
	var whole [][]byte
	for i, d := range dirs {
		ext := []string{"*.seg", "*.del"}[(i+round)%2]
		names, err := filepath.Glob(filepath.Join(d, ext))
		if err != nil || len(names) == 0 {
			all, _ := filepath.Glob(filepath.Join(d, "*"))
			t.Fatalf("no %s among %v", ext, all)
		}
		b, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		files, whole = append(files, names[0]), append(whole, b)
	}
	for i, f := range files {
		other := whole[(i+2-(i+round)%2)%len(whole)] // a segment
		b := do(slices.Clone(whole[i]), other)
		err := os.WriteFile(f, b, 0o600)
		if len(b) > 0 && &b[0] == &missing[0] {
			err = os.Remove(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever happens to a segment or a delete file of any kind of index and element is
// found when it is opened, named in the log and made good from the rows, before anybody
// can ask.
func TestDamagedKinds(t *testing.T) {
	const rows, changed = 9000, 2100 // enough to be sealed at the stop, too few to have a segment rewritten
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	fillKinds(t, p.Connect(), rows)
	for round, d := range damages {
		c := p.Connect()
		change(t, c, round*900%(rows-changed), changed, rows)
		p.Stop()
		damageKinds(t, dir, round, d.do)
		p = process.Start(t, dir)
		c = p.Connect()
		for _, k := range kinds {
			if n := strings.Count(p.Log(), "vector index is damaged; building it anew from the rows\" index="+k.name+" "); n != 1 {
				t.Errorf("%s: %s is named %d times in the log:\n%s", d.name, k.name, n, p.Log())
			}
			checkOrder(t, c, k.order, "")
		}
		if n := one[int](t, c, "select count(*) from loxodb_stat_vector_index where entries = $1", rows); n != len(kinds) {
			t.Errorf("%s: %d indexes hold all rows", d.name, n)
		}
	}
}
