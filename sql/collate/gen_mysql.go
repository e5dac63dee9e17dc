//go:build ignore

// Command gen_mysql packs mysql_weights.bin from the weights that a server of MySQL 8.0
// gives: a directory with a file for each collation, utf8mb4_general_ci.txt and so on, of
// lines with a code point and its weights, both in hexadecimal, as
//
//	SELECT HEX(n), HEX(WEIGHT_STRING(CONVERT(CHAR(n USING utf32) USING utf8mb4) COLLATE utf8mb4_general_ci))
//
// has them, for all code points; of the character sets latin1 and gbk for theirs alone.
// MariaDB 10.11 gives the same for all but those of 0900, which it lacks. The file is a
// length and compressed bytes for each table, which mysql_table.go reads.
package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

type set map[rune][]uint16

func main() {
	dir := os.Args[1]
	var out []byte
	add := func(t set, implicit func(r rune, w []uint16) int) {
		out = append(out, pack(t, implicit)...)
	}
	// The order of the tables is that of the constants of mysql_table.go.
	general := read(dir, "utf8mb4_general_ci")
	for r, w := range general {
		if r > 0xffff || len(w) == 1 && rune(w[0]) == r {
			delete(general, r)
		}
	}
	add(general, nil)
	unicode := read(dir, "utf8mb4_unicode_ci")
	for r := range unicode {
		if r > 0xffff {
			delete(unicode, r)
		}
	}
	add(unicode, base)
	add(read(dir, "utf8mb4_unicode_520_ci"), base)
	levels := [3]set{{}, {}, {}}
	for r, w := range read(dir, "utf8mb4_0900_as_cs") {
		l := split(w)
		if base(r, l[0]) >= 0 && len(l[1]) == 1 && l[1][0] == 0x20 && len(l[2]) == 1 && l[2][0] == 2 {
			l[1], l[2] = nil, nil
			levels[0][r] = l[0]
			continue
		}
		for i := range levels {
			levels[i][r] = l[i]
		}
	}
	add(levels[0], base)
	add(levels[1], nil)
	add(levels[2], nil)
	for _, name := range []string{"latin1_swedish_ci", "latin1_general_ci", "gbk_chinese_ci"} {
		add(read(dir, name), nil)
	}
	if err := os.WriteFile("mysql_weights.bin", out, 0o644); err != nil {
		panic(err)
	}
	fmt.Println(len(out), "bytes")
}

// split takes the three levels apart, between which stands 0.
func split(w []uint16) (l [3][]uint16) {
	n := 0
	for _, x := range w {
		if x == 0 {
			n++
		} else {
			l[n] = append(l[n], x)
		}
	}
	return l
}

var bases = [...]uint16{0xfb40, 0xfb80, 0xfbc0}

// base says of which base the weights are that the code point itself makes, −1 = others.
func base(r rune, w []uint16) int {
	for i, b := range bases {
		if len(w) == 2 && w[0] == b+uint16(r>>15) && w[1] == uint16(r&0x7fff|0x8000) {
			return i
		}
	}
	return -1
}

func read(dir, name string) set {
	f, err := os.Open(filepath.Join(dir, name+".txt"))
	if err != nil {
		panic(err)
	}
	defer f.Close()
	t := set{}
	for s := bufio.NewScanner(f); s.Scan(); {
		c := strings.Fields(s.Text())
		r, err := strconv.ParseUint(c[0], 16, 32)
		if err != nil {
			panic(err)
		}
		w := []uint16{}
		if len(c) > 1 {
			for i := 0; i < len(c[1]); i += 4 {
				n, err := strconv.ParseUint(c[1][i:min(i+4, len(c[1]))], 16, 16)
				if err != nil {
					panic(err)
				}
				w = append(w, uint16(n))
			}
		}
		t[rune(r)] = w
	}
	return t
}

func pack(t set, implicit func(rune, []uint16) int) []byte {
	type run struct {
		from, to rune
		base     int
	}
	var runs []run
	var listed []rune
	var all []rune
	for r := range t {
		all = append(all, r)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	for _, r := range all {
		b := -1
		if implicit != nil {
			b = implicit(r, t[r])
		}
		switch n := len(runs) - 1; {
		case b < 0:
			listed = append(listed, r)
		case n >= 0 && runs[n].to == r-1 && runs[n].base == b:
			runs[n].to = r
		default:
			runs = append(runs, run{r, r, b})
		}
	}
	var raw []byte
	raw = binary.AppendUvarint(raw, uint64(len(runs)))
	last := rune(0)
	for _, x := range runs {
		raw = binary.AppendUvarint(raw, uint64(x.from-last))
		raw = binary.AppendUvarint(raw, uint64(x.to-x.from))
		raw = binary.AppendUvarint(raw, uint64(x.base))
		last = x.to
	}
	raw = binary.AppendUvarint(raw, uint64(len(listed)))
	last = 0
	for _, r := range listed {
		raw = binary.AppendUvarint(raw, uint64(r-last))
		last = r
	}
	for _, r := range listed {
		raw = binary.AppendUvarint(raw, uint64(len(t[r])))
	}
	was := uint16(0)
	for _, r := range listed {
		for _, w := range t[r] {
			raw = binary.AppendVarint(raw, int64(w)-int64(was))
			was = w
		}
	}
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.BestCompression)
	z.Write(raw)
	z.Close()
	return append(binary.AppendUvarint(nil, uint64(b.Len())), b.Bytes()...)
}
