package importer

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
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
	rank   int   // schemas before tables before rows before views
	by     *dump // that names it, nil = the user
}

// suffixes are the endings of dumpling's file names and their ranks.
var suffixes = []struct {
	end  string
	rank int
}{
	{"-schema-create.sql", 0}, {"-schema-view.sql", 4}, {"-schema-triggers.sql", 5}, {"-schema-post.sql", 5}, {"-schema.sql", 1},
}

// expand lists the files that the arguments name, directories opened up, in an order
// in which they can be loaded.
func expand(args []string) ([]dump, error) {
	var list []dump
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			list = append(list, describe(arg, info.Size()))
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		before := len(list)
		for _, e := range entries {
			name := e.Name()
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && (strings.HasSuffix(name, ".sql") || strings.HasSuffix(name, ".sql.gz")) {
				list = append(list, describe(filepath.Join(arg, name), info.Size()))
			}
		}
		list = append(list[:before], withoutStandIns(list[before:])...)
		if len(list) == before {
			return nil, fmt.Errorf("%s holds no .sql and no .sql.gz files", arg)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].rank < list[j].rank })
	return list, nil
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

// describe reads what a file's name says: dumpling calls files DB-schema-create.sql,
// DB.TABLE-schema.sql and DB.TABLE.NUMBER.sql.
func describe(path string, size int64) dump {
	d := dump{path: path, size: size, rank: 2}
	name := strings.TrimSuffix(filepath.Base(path), ".gz")
	for _, s := range suffixes {
		if base, ok := strings.CutSuffix(name, s.end); ok {
			d.rank = s.rank
			if db, _, found := strings.Cut(base, "."); found {
				d.schema = db
			}
			return d
		}
	}
	parts := strings.Split(strings.TrimSuffix(name, ".sql"), ".")
	if n := len(parts); n == 3 && strings.Trim(parts[2], "0123456789") == "" && parts[2] != "" {
		d.schema, d.rank = parts[0], 3
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
	if magic, _ := buf.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buf)
		if err != nil {
			f.Close()
			return nil, nil, nil, fmt.Errorf("%s: %w", d.path, err)
		}
		return z, read, f, nil
	}
	return buf, read, f, nil
}
