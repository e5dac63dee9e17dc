// Package extension holds the extensions that CREATE EXTENSION brings beside vector and
// uuid-ossp: what each is and what it has, as rows of the catalogs. It is data only: the
// code is in sql/types and sql/builtin.
package extension

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Each file is an extension, a row a line, tab-separated, the kind first:
//
//	extension:  oid name version trusted relocatable comment
//	type:       oid name len byval align storage category preferred delim array in out recv send collation
//	proc, operator, cast, aggregate: as in sql/builtin, registry.go
//	opfamily, opclass, amop, amproc: the columns of the catalogs of these names, for btree
//
// They were read from PostgreSQL 15 with the extension in it (catalog.sql), but for the
// numbers: each extension has a range of its own, in the order of the file, and they never change.
//
//go:embed data/*.tsv
var files embed.FS

// Extension is one of them.
type Extension struct {
	ID                   uint32
	Name, Version        string
	Trusted, Relocatable bool
	Comment              string
	rows                 map[string][][]string
}

// Rows are those of a kind, without it.
func (x *Extension) Rows(kind string) [][]string { return x.rows[kind] }

// ByID finds the extension that has an object: they are in ranges.
func ByID(id uint32) *Extension {
	all := All()
	i, ok := slices.BinarySearchFunc(all, id, func(x *Extension, id uint32) int { return int(x.ID) - int(id) })
	if !ok {
		i--
	}
	if i < 0 || id >= all[i].ID+span {
		return nil
	}
	return all[i]
}

// span is how many numbers an extension may have: the next one's begin after them.
const span = 300

// All lists them by ID.
var All = sync.OnceValue(func() []*Extension {
	dir, err := files.ReadDir("data")
	if err != nil {
		panic(err)
	}
	out := make([]*Extension, 0, len(dir))
	for _, f := range dir {
		b, err := files.ReadFile("data/" + f.Name())
		if err != nil {
			panic(err)
		}
		out = append(out, read(string(b)))
	}
	slices.SortFunc(out, func(a, b *Extension) int { return int(a.ID) - int(b.ID) })
	return out
})

func read(text string) *Extension {
	x := &Extension{rows: map[string][][]string{}}
	for line := range strings.Lines(text) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if c[0] != "extension" {
			x.rows[c[0]] = append(x.rows[c[0]], c[1:])
			continue
		}
		id, err := strconv.ParseUint(c[1], 10, 32)
		if err != nil || len(c) != 7 {
			panic(fmt.Sprintf("extension: %q", line))
		}
		x.ID, x.Name, x.Version, x.Trusted, x.Relocatable, x.Comment = uint32(id), c[2], c[3], c[4] == "t", c[5] == "t", c[6]
	}
	return x
}
