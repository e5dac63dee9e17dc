package importer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func split(t *testing.T, text string) (out []string) {
	t.Helper()
	s := newSplitter(strings.NewReader(text))
	for {
		st, err := s.next()
		if errors.Is(err, io.EOF) {
			if s.offset != int64(len(text)) {
				t.Errorf("%d of %d bytes counted", s.offset, len(text))
			}
			return out
		}
		if err != nil {
			return append(out, err.Error())
		}
		if st.end > int64(len(text)) || !strings.Contains(text[:st.end], st.text) {
			t.Errorf("%q does not end at %d", st.text, st.end)
		}
		out = append(out, fmt.Sprintf("%d:%s", st.line, st.text))
	}
}

// Delimiters within strings, names and comments do not count.
func TestSplitter(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"a; b;\nc", []string{"1:a", "1:b", "2:c"}},
		{";;\n;x;", []string{"2:x"}},
		{`insert 'a;\'b' , "c;""d", 'e'';f';x`, []string{`1:insert 'a;\'b' , "c;""d", 'e'';f'`, "1:x"}},
		{"select `a;b``c;`;", []string{"1:select `a;b``c;`"}},
		{"-- c; d\n# e;\n/* f; ' */ g;", []string{"3:g"}},
		{"a -- b; c\n, d;", []string{"1:a -- b; c\n, d"}},
		{"select 1--1;x;", []string{"1:select 1--1", "1:x"}},
		{"--\nx;", []string{"2:x"}},
		{"-----;-----\n-----\n\nx;\n--y;\nz --1;", []string{"4:x", "6:z --1"}},
		{"/*!40101 SET x = 'a;b' */;\n/*!50003 y */;", []string{"1:/*!40101 SET x = 'a;b' */", "2:/*!50003 y */"}},
		{"a;\nDELIMITER ;;\ncreate x begin a; b; end ;;\ndelimiter ;\nc;", []string{"1:a", "3:create x begin a; b; end", "5:c"}},
		{"select delimiter from t;", []string{"1:select delimiter from t"}},
		{"a 'b;c", []string{"line 1: the file ends within a string"}},
		{"a /* b;c", []string{"line 1: the file ends within a comment"}},
		{"\n\n  a\n b;", []string{"3:a\n b"}},
		{"a;\nSource x.sql ;\n\\. y\nb, source c\nsource d;source", []string{"1:a", "2:Source x.sql ;", `3:\. y`, "4:b, source c\nsource d", "5:source"}},
		{"", nil},
	} {
		if got := split(t, c.text); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

// However long the strings, one statement at a time is held.
func TestSplitterOnAStream(t *testing.T) {
	row := "('" + strings.Repeat("x;", 5000) + "')"
	one := "INSERT INTO t VALUES " + strings.Repeat(row+",", 100) + row + ";\n"
	s := newSplitter(io.LimitReader(&repeat{text: one}, int64(len(one))*50))
	n := 0
	for {
		st, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(st.text) != len(one)-2 {
			t.Fatalf("%d bytes, %v", len(st.text), err)
		}
		n++
	}
	if n != 50 || s.buf.Cap() > 4*len(one) {
		t.Errorf("%d statements, %d bytes held for %d", n, s.buf.Cap(), len(one))
	}
}

// repeat is a text over and over.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func FuzzSplitter(f *testing.F) {
	for _, s := range []string{"a;b", "'a;\\'b';", "`a`;--x\n", "/*! x */;DELIMITER //\na//", "\"a\"\"b\";#c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newSplitter(strings.NewReader(text))
		for last := int64(-1); ; {
			st, err := s.next()
			if err != nil {
				return
			}
			if st.end <= last || st.end > int64(len(text)) || st.text == "" {
				t.Fatalf("%q: %q ends at %d after %d", text, st.text, st.end, last)
			}
			last = st.end
		}
	})
}

func TestBinaryStringsBecomeHexadecimal(t *testing.T) {
	for in, want := range map[string]string{
		"VALUES ('é', 'a\\'b')":                       "VALUES ('é', 'a\\'b')",
		"VALUES (_binary '\xff\\0\\n\\'x', 'é')":      "VALUES ( x'ff000a2778', 'é')",
		"VALUES ('\x80''', \"\xfe\"\"\\\\\", 'q''r')": "VALUES ( x'8027', x'fe225c', 'q''r')",
		"INSERT INTO t (`c\"d`, e) VALUES ('\\0')":    "INSERT INTO t (`c\"d`, e) VALUES ( x'00')",
		"VALUES ('\xff":                               "VALUES ( x'ff'",
	} {
		if got := textual(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

// dumpling's files come in an order in which they can be loaded, each with its database.
func TestFilesOfADirectory(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shop.item.0000000000000.sql", "shop.a-schema-view.sql", "shop.item-schema.sql", "shop-schema-create.sql",
		"metadata", "shop.item.0000000010000.sql.gz", "other.sql", "shop.a-schema.sql", "my%2Edb.t%2E1.000000000.sql", "shop.s-schema-sequence.sql.gz",
		"shop.old.sql", "not.old.sql", "shop.item.0000000020000.csv", "shop.item.0000000030000.sql.zst"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, left, err := expand([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range list {
		got = append(got, filepath.Base(d.path)+"="+d.schema)
	}
	want := "[shop-schema-create.sql= shop.item-schema.sql=shop shop.s-schema-sequence.sql.gz=shop not.old.sql= other.sql= my%2Edb.t%2E1.000000000.sql=my.db " +
		"shop.item.0000000000000.sql=shop shop.item.0000000010000.sql.gz=shop shop.item.0000000020000.csv=shop shop.old.sql=shop shop.a-schema-view.sql=shop]"
	if fmt.Sprint(got) != want {
		t.Errorf("\n got %v\nwant %s", got, want)
	}
	if len(left) != 1 || left[0].form() != "zstd" {
		t.Errorf("left: %v", left)
	}
	if _, _, err := expand([]string{t.TempDir()}); err == nil {
		t.Error("an empty directory is no error")
	}
}

// A dump's DROP of a program that may be there is passed over, others are problems.
func TestDropsProgram(t *testing.T) {
	for text, want := range map[string]bool{
		"/*!50003 DROP PROCEDURE IF EXISTS `p` */": true, "DROP FUNCTION IF EXISTS f": true, "/*!50106 DROP EVENT IF EXISTS `e` */": true,
		"/*!50032 DROP TRIGGER IF EXISTS t */": true, "DROP PROCEDURE p": false, "DROP TABLE IF EXISTS `t`": false, "DROP": false,
	} {
		if got := dropsProgram(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// A dump says in its last line that it is whole, if it has comments at all.
func TestEndOfADump(t *testing.T) {
	const head, end = "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib\n--\n", "\n-- Dump completed on 2026-01-01\n"
	for text, cut := range map[string]bool{
		head + "SELECT 1;" + end: false, head + "SELECT 1;": true, "SELECT 1;": false, head + "SELECT 1;" + end + "-- MySQL dump 10.13\n": true,
		head + "SELECT 1;" + end + head + "SELECT 2;" + end: false, head + "SELECT '\n-- Dump completed';": true,
	} {
		s := newSplitter(strings.NewReader(text))
		for {
			if _, err := s.next(); err != nil {
				break
			}
		}
		if got := s.begun && !s.completed; got != cut {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A file that is called .gz is no empty one: it was cut short.
func TestEmptyGzip(t *testing.T) {
	for text, want := range map[string]string{"": "cut short", "\x1f": "cut short", "\x1f\x8b": "EOF"} {
		d := dump{path: filepath.Join(t.TempDir(), "a.sql.gz")}
		if err := os.WriteFile(d.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := d.open(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]kind{
		"LOCK TABLES `a` WRITE": kindSkip, "/*!40000 ALTER TABLE `t` DISABLE KEYS */": kindDefine, "SET autocommit=0": kindSkip,
		"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''": kindSkip, "/*!40101 SET NAMES utf8 */": kindSet, "USE `shop`": kindUse,
		"CREATE TABLE `t` (": kindCreateTable, "CREATE VIEW": kindOther, "commit": kindSkip, "START TRANSACTION": kindSkip, "INSERT INTO t": kindOther,
	} {
		if got := kindOf(text); got != want {
			t.Errorf("%s: %d, not %d", text, got, want)
		}
	}
}

func TestBar(t *testing.T) {
	if got := bar(5<<20, 20<<20, 2*time.Second); got != "[#######.......................]  25%  5 of 20 MiB  2.5 MiB/s" {
		t.Error(got)
	}
	if got := bar(0, 0, 0); !strings.HasPrefix(got, "[##############################] 100%") {
		t.Error(got)
	}
}
