package importer

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// dump is a file to load.
type dump struct {
	path string
	size int64
	// schema is the database that dumpling's file names tell and its files do not.
	schema string
	table  string // whose rows a file of CSV has, by its name
	rank   int    // schemas before tables before rows before views
	by     *dump  // that names it, nil = the user
	// notMade are the ends of the CREATE TABLEs that failed, also in an earlier load.
	notMade []int64
}

// The ranks of files that are no definitions.
const (
	otherRank = 2
	rowsRank  = 3
)

// suffixes are the endings of dumpling's file names and their ranks.
var suffixes = []struct {
	end  string
	rank int
}{
	{"-schema-create.sql", 0}, {"-schema-view.sql", 4}, {"-schema-triggers.sql", 5}, {"-schema-post.sql", 5}, {"-schema-sequence.sql", 1}, {"-schema.sql", 1},
}

// unread are the endings of files that hold rows or definitions in a form that is not read.
var unread = map[string]string{
	".tsv": "TSV", ".parquet": "Parquet", ".zst": "zstd", ".zstd": "zstd", ".snappy": "snappy", ".lz4": "LZ4", ".bz2": "bzip2", ".xz": "xz",
}

// expand lists the files that the arguments name, directories opened up, in an order
// in which they can be loaded, and those of directories that cannot be read.
func expand(args []string) (list, left []dump, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() {
			list = append(list, describe(arg, info.Size()))
			continue
		}
		here, other, err := directory(arg)
		if err != nil {
			return nil, nil, err
		}
		if len(here)+len(other) == 0 {
			return nil, nil, fmt.Errorf("%s holds no .sql and no .csv files, plain or .gz", arg)
		}
		list, left = append(list, here...), append(left, other...)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].rank < list[j].rank })
	return list, left, nil
}

// directory lists the dumps in a directory.
func directory(path string) (list, left []dump, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		name := e.Name()
		switch {
		case strings.HasSuffix(name, ".sql") || strings.HasSuffix(name, ".sql.gz") || isCSV(name):
			list = append(list, describe(filepath.Join(path, name), info.Size()))
		case unread[filepath.Ext(name)] != "":
			left = append(left, dump{path: filepath.Join(path, name)})
		}
	}
	list = withoutStandIns(list)
	namedAfterDatabases(list)
	return list, left, nil
}

// form is what a file that is not read is written in.
func (d *dump) form() string {
	return unread[filepath.Ext(strings.TrimSuffix(d.path, ".gz"))]
}

// namedAfterDatabases finds the rows that mydumper keeps in one file a table, DB.TABLE.sql, where
// there is one of the database.
func namedAfterDatabases(list []dump) {
	databases := map[string]bool{}
	for _, d := range list {
		if base, ok := strings.CutSuffix(plainName(d.path), "-schema-create.sql"); ok {
			databases[base] = true
		}
	}
	for i := range list {
		d := &list[i]
		if parts := strings.Split(strings.TrimSuffix(plainName(d.path), ".sql"), "."); d.rank == otherRank && len(parts) == 2 && databases[parts[0]] {
			d.schema, d.rank = unescaped(parts[0]), rowsRank
		}
	}
}

func plainName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".gz") }

// unescaped is a database's name in the name of a file, in which dumpling writes some signs as %2E.
func unescaped(name string) string {
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// withoutStandIns leaves out the tables that dumpling makes in the place of views.
func withoutStandIns(list []dump) []dump {
	views := map[string]bool{}
	for _, d := range list {
		if base, ok := strings.CutSuffix(strings.TrimSuffix(d.path, ".gz"), "-schema-view.sql"); ok {
			views[base] = true
		}
	}
	return slices.DeleteFunc(list, func(d dump) bool {
		base, ok := strings.CutSuffix(strings.TrimSuffix(d.path, ".gz"), "-schema.sql")
		return ok && views[base]
	})
}

// isCSV reports the name of a file of rows.
func isCSV(name string) bool { return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".csv") }

// describe reads what a file's name says: dumpling calls files DB-schema-create.sql,
// DB.TABLE-schema.sql and DB.TABLE.NUMBER.sql, or .csv.
func describe(path string, size int64) dump {
	d := dump{path: path, size: size, rank: otherRank}
	name := plainName(path)
	for _, s := range suffixes {
		if base, ok := strings.CutSuffix(name, s.end); ok {
			d.rank = s.rank
			if db, _, found := strings.Cut(base, "."); found {
				d.schema = unescaped(db)
			}
			return d
		}
	}
	parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(name, ".sql"), ".csv"), ".")
	if n := len(parts); isCSV(name) && (n == 2 || n == 3) {
		d.schema, d.table, d.rank = unescaped(parts[0]), unescaped(parts[1]), rowsRank
	} else if n == 3 && strings.Trim(parts[2], "0123456789") == "" && parts[2] != "" {
		d.schema, d.rank = unescaped(parts[0]), rowsRank
	}
	return d
}

// counted counts what is read of a file.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// open opens a dump, unpacked if it is packed; read counts the bytes of the file itself.
func (d *dump) open() (r io.Reader, read *counted, closer io.Closer, err error) {
	f, err := os.Open(d.path)
	if err != nil {
		return nil, nil, nil, err
	}
	read = &counted{r: f}
	buf := bufio.NewReaderSize(read, 1<<20)
	magic, _ := buf.Peek(2)
	if len(magic) < 2 && strings.HasSuffix(d.path, ".gz") {
		f.Close()
		return nil, nil, nil, fmt.Errorf("the file has %d bytes, which is no gzip: it is cut short", len(magic))
	}
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buf)
		if err != nil {
			f.Close()
			return nil, nil, nil, fmt.Errorf("%s: %w", d.path, err)
		}
		buf = bufio.NewReaderSize(z, 1<<20)
	}
	for form, magic := range map[string]string{"zstd": "\x28\xb5\x2f\xfd", "bzip2": "BZh", "xz": "\xfd7zXZ", "LZ4": "\x04\x22\x4d\x18", "snappy": "\xff\x06\x00\x00sNaPpY"} {
		if head, _ := buf.Peek(len(magic)); string(head) == magic {
			f.Close()
			return nil, nil, nil, fmt.Errorf("files of %s are not supported: unpack it, or pack it with gzip", form)
		}
	}
	if err := skipMark(buf); err != nil {
		f.Close()
		return nil, nil, nil, err
	}
	return buf, read, f, nil
}

// skipMark passes over the mark with which a text may begin that is UTF-8, as editors on Windows
// write it, and refuses UTF-16, as PowerShell writes what programs print.
func skipMark(in *bufio.Reader) error {
	switch head, _ := in.Peek(3); {
	case string(head) == "\xef\xbb\xbf":
		_, err := in.Discard(len(head))
		return err
	case strings.HasPrefix(string(head), "\xff\xfe"), strings.HasPrefix(string(head), "\xfe\xff"):
		return errors.New("files in UTF-16 are not supported: make it UTF-8, or dump with --result-file")
	}
	return nil
}
