package builtin

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
)

// descriptionData is what PostgreSQL says of its own objects, and pgvector of its
// functions and operators: catalog, number or signature, and text, a line each.
//
//go:generate sh -c "go run gen_descriptions.go \"$PG\" > descriptions.gz"
//go:embed descriptions.gz
var descriptionData []byte

// Description is the comment on an object that a server is born with, or on one of the
// vector extension.
type Description struct {
	Class, ID catalog.ID // the number of its catalog, and its own
	Text      string
	Extension bool
}

// Descriptions are those of objects that there are, by class and number; made when they
// are first asked for. The slice must not be changed.
var Descriptions = sync.OnceValue(func() []Description {
	z, err := gzip.NewReader(bytes.NewReader(descriptionData))
	if err != nil {
		panic(err) // the file is part of the program
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	var list []Description
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		d := Description{Class: descriptionNumber(f[0]), ID: descriptionNumber(f[1]), Text: f[2]}
		if d.ID == 0 {
			d.ID, d.Extension = extensionObject(d.Class, f[1]), true
		}
		if d.ID != 0 {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, compareDescriptions)
	return list
})

func compareDescriptions(a, b Description) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
}

func descriptionNumber(s string) catalog.ID {
	n, _ := strconv.ParseUint(s, 10, 32) // 0: a signature
	return catalog.ID(n)
}

// The catalogs whose objects have such comments.
var describedClasses = map[string]catalog.ID{"pg_type": 1247, "pg_proc": 1255, "pg_am": 2601, "pg_language": 2612, "pg_operator": 2617,
	"pg_collation": 3456, "pg_conversion": 2607, "pg_ts_dict": 3600, "pg_ts_parser": 3601, "pg_ts_config": 3602, "pg_ts_template": 3764}

// extensionObject finds a function or operator of the vector extension by its
// signature, as regprocedure and regoperator write it.
func extensionObject(class catalog.ID, signature string) catalog.ID {
	name, args, _ := strings.Cut(strings.TrimSuffix(signature, ")"), "(")
	if class == describedClasses["pg_operator"] {
		for _, o := range Operators(name) {
			if o.Schema == "public" && TypeName(o.Left)+","+TypeName(o.Right) == args {
				return o.OID
			}
		}
		return 0
	}
	for _, f := range Functions("public", name) {
		var list []string
		for _, t := range f.Args {
			list = append(list, TypeName(t))
		}
		if strings.Join(list, ",") == args {
			return f.OID
		}
	}
	return 0
}

// bornWith is the comment on an object that users have not made, "" for none.
func bornWith(s *catalog.Snapshot, class, id catalog.ID) string {
	list := Descriptions()
	i, ok := slices.BinarySearchFunc(list, Description{Class: class, ID: id}, compareDescriptions)
	if !ok {
		return ""
	}
	if list[i].Extension {
		if _, ok := s.Extension("vector"); !ok {
			return ""
		}
	}
	return list[i].Text
}
