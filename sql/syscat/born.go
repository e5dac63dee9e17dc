package syscat

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// bornData is what the catalogs of every database have from its making on, as PostgreSQL
// 15 has it, objects that LoxoDB cannot do included: gen_born.go.
//
//go:generate sh -c "go run gen_born.go \"$PG\" > data/born.gz"
//go:embed data/born.gz
var bornData []byte

// bornSections are the rows by catalog, unread.
var bornSections = sync.OnceValue(func() map[string]string {
	z, err := gzip.NewReader(bytes.NewReader(bornData))
	if err != nil {
		panic(err) // the file is part of the program
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	out := map[string]string{}
	for _, section := range strings.Split(strings.TrimSuffix(string(text), "\n\n"), "\n\n") {
		head, rows, _ := strings.Cut(section, "\n")
		name, _, _ := strings.Cut(head, "\t")
		out[name] = rows
	}
	return out
})

// noValue is NULL in the rows of files.
const noValue = `\N`

var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\N`, `\N`)

// bornRows are the rows of a catalog; a field that is noValue is NULL.
func bornRows(name string) [][]string {
	text := bornSections()[name]
	var out [][]string
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for i := range f {
			if strings.IndexByte(f[i], '\\') >= 0 && f[i] != noValue {
				f[i] = unescape.Replace(f[i])
			}
		}
		out = append(out, f)
	}
	return out
}

// bornObject is what names and definitions need of an object.
type bornObject struct {
	oid, schema catalog.ID
	name        string
	row         []string
}

// bornIndex finds the objects of a catalog by number and by name.
type bornIndex struct {
	byOID  map[catalog.ID]*bornObject
	byName map[string][]*bornObject
}

// index reads a catalog whose columns at those places are a row's number, name and schema.
func indexBorn(catalogName string, oid, name, schema int) func() *bornIndex {
	return sync.OnceValue(func() *bornIndex {
		x := &bornIndex{map[catalog.ID]*bornObject{}, map[string][]*bornObject{}}
		for _, f := range bornRows(catalogName) {
			o := &bornObject{number(f[oid]), number(f[schema]), f[name], f}
			x.byOID[o.oid] = o
			x.byName[o.name] = append(x.byName[o.name], o)
		}
		return x
	})
}

var (
	bornClasses   = indexBorn("pg_class", 0, 1, 2)
	bornTypes     = indexBorn("pg_type", 0, 1, 2)
	bornProcs     = indexBorn("pg_proc", 0, 1, 2)
	bornOperators = indexBorn("pg_operator", 0, 1, 2)
	bornLanguages = indexBorn("pg_language", 0, 1, 2)
	// Aggregates have the number and the name of their function.
	bornAggregates = indexBorn("pg_aggregate", 0, 0, 0)
)

// born emits the rows of a catalog.
func born(name string) generator {
	var cache fixedRows
	return func(r *rows) {
		r.fixed(&cache, roleName(r.cat, catalog.BootstrapRoleID), func(r *rows) { r.lines(bornRows(name)) })
	}
}

// bornAndExtensions emits the rows of a catalog, and those that installed extensions add.
func bornAndExtensions(name, kind string) generator {
	base := born(name)
	return func(r *rows) {
		base(r)
		for _, e := range r.cat.Extensions() {
			r.lines(movedTo(e.Schema, kind, extensionRows(e.Name, kind)))
		}
	}
}

// movedTo are the rows of operator classes and families, which name the schema public, in
// another schema.
func movedTo(schema catalog.ID, kind string, rows [][]string) [][]string {
	if schema == catalog.PublicID || kind != "opclass" && kind != "opfamily" {
		return rows
	}
	const namespace = 3 // opcnamespace, opfnamespace
	out := make([][]string, len(rows))
	for i, f := range rows {
		out[i] = slices.Clone(f)
		out[i][namespace] = strconv.FormatUint(uint64(schema), 10)
	}
	return out
}

// bornWithRights emits the rows of a catalog of objects that can have rights, whose
// number is in the first column; what was granted on them or revoked since is in rights.
func bornWithRights(name string, class catalog.ObjClass, column string) generator {
	base := born(name)
	return func(r *rows) { r.withRights(class, column, base) }
}

// withRights lists rows, whose first column is their OID, with what was granted on them.
func (r *rows) withRights(class catalog.ObjClass, column string, base generator) {
	changed := r.changedRights(class)
	if len(changed) == 0 {
		base(r)
		return
	}
	out := r.out
	r.out = func(row []types.Datum) error {
		l := changed[catalog.ID(row[0].Int())]
		if l == nil || l.ACL == nil {
			return out(row)
		}
		copy(r.row, row)
		r.acl(column, l.ACL)
		defer r.clear()
		return out(r.row)
	}
	base(r)
	r.out = out
}

// changedRights are the records about objects of a class.
func (r *rows) changedRights(class catalog.ObjClass) map[catalog.ID]*catalog.Rights {
	var m map[catalog.ID]*catalog.Rights
	for _, x := range r.cat.AllRights() {
		if x.Class == class {
			if m == nil {
				m = map[catalog.ID]*catalog.Rights{}
			}
			m[x.Object.ID] = x
		}
	}
	return m
}

// bootstrapName is the owner of the system in the files.
const bootstrapName = "postgres"

// bornRights reads a list of rights of a file, in which nobody has a name that must be quoted.
func (r *rows) bornRights(text string) types.Datum {
	name := catalog.ACLItem{Grantee: catalog.BootstrapRoleID, Grantor: catalog.BootstrapRoleID}.Text(r.cat)
	name = name[:len(name)/2-1] // of name=/name
	who := func(s string) string {
		if s == bootstrapName {
			return name
		}
		return s
	}
	r.list.Reset(types.ACLItemOID)
	for _, item := range strings.Split(strings.Trim(text, "{}"), ",") {
		grantee, rest, _ := strings.Cut(item, "=")
		rights, grantor, _ := strings.Cut(rest, "/")
		r.list.Append(types.String(who(grantee) + "=" + rights + "/" + who(grantor)))
	}
	return r.list.Array().Clone()
}
