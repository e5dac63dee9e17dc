package syscat

import (
	"embed"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// staticData holds the rows that the vector extension adds to the catalogs (COPY text
// format, columns in order), and other lists.
//
//go:embed data/*.tsv
var staticData embed.FS

var _ = register("pg_catalog", map[string]generator{
	"pg_am":         bornAndExtensions("pg_am", "am"),
	"pg_opfamily":   bornAndExtensions("pg_opfamily", "opfamily"),
	"pg_opclass":    bornAndExtensions("pg_opclass", "opclass"),
	"pg_amop":       bornAndExtensions("pg_amop", "amop"),
	"pg_amproc":     bornAndExtensions("pg_amproc", "amproc"),
	"pg_language":   bornWithRights("pg_language", catalog.LanguageClass, "lanacl"),
	"pg_tablespace": born("pg_tablespace"),
	"pg_conversion": born("pg_conversion"),

	"pg_ts_config": born("pg_ts_config"), "pg_ts_config_map": born("pg_ts_config_map"), "pg_ts_dict": born("pg_ts_dict"),
	"pg_ts_parser": born("pg_ts_parser"), "pg_ts_template": born("pg_ts_template"),
})

// fields reads the lines of one file; \N is nil. Absent files have no lines.
func fields(file string) [][]string {
	b, err := staticData.ReadFile("data/" + file + ".tsv")
	if err != nil {
		return nil
	}
	var out [][]string
	for line := range strings.Lines(string(b)) {
		out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return out
}

func (r *rows) lines(list [][]string) {
	for _, f := range list {
		for i, c := range r.t.Columns {
			if i >= len(f) || f[i] == noValue {
				continue
			}
			switch c.Type.OID {
			case types.ACLItemArrayOID:
				r.row[i] = r.bornRights(f[i])
				continue
			case types.PgNodeTreeOID:
				r.row[i] = types.String(f[i])
				continue
			}
			if c.Type.OID == types.RegprocOID && !isDigits(f[i]) {
				r.row[i] = types.Int(int64(procOID(f[i])))
				continue
			}
			d, err := types.ParseText(c.Type, f[i], types.DefaultFormat)
			if err != nil {
				r.err = err
				return
			}
			r.row[i] = d
		}
		r.emit()
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// opClass is what is needed of a pg_opclass row.
type opClass struct {
	oid, method, family catalog.ID
	name                string
	input, stored       types.OID // the types of values and, where others, of entries
	isDefault           bool
}

// opClasses are all operator classes, those of extensions included.
var opClasses = sync.OnceValue(func() []opClass {
	var out []opClass
	for _, f := range catalogRows("opclass") {
		out = append(out, opClass{oid: number(f[0]), method: number(f[1]), name: f[2], family: number(f[5]),
			input: number(f[6]), isDefault: f[7] == "t", stored: number(f[8])})
	}
	return out
})

// MethodID is the OID of an access method by name, 0 when unknown.
func MethodID(name string) catalog.ID {
	switch name {
	case "btree", "":
		return catalog.BtreeAmID
	case "hash":
		return catalog.HashAmID
	case "gin":
		return catalog.GinAmID
	case "gist":
		return catalog.GistAmID
	case "brin":
		return catalog.BrinAmID
	case "spgist":
		return catalog.SpgistAmID
	case "hnsw":
		return catalog.HnswAmID
	case "ivfflat":
		return catalog.IvfflatAmID
	case "ivf":
		return catalog.IvfAmID
	case "flat":
		return catalog.FlatAmID
	}
	return 0
}

// OpClassInput is the type that an operator class of an access method is for; ok
// is false when there is no such class.
func OpClassInput(method, name string) (input types.OID, ok bool) {
	c, ok := opClassOf(method, name, 0)
	return c.input, ok
}

// HasOpFamily reports an operator family of an access method.
func HasOpFamily(method, name string) bool {
	am := MethodID(method)
	for _, f := range catalogRows("opfamily") {
		if f[2] == name && number(f[1]) == am {
			return true
		}
	}
	return false
}

// opClassOf finds an index key's operator class: by name, or the default of the
// type (its own, else of the type it is binary-coercible to).
func opClassOf(method, name string, t types.OID) (opClass, bool) {
	am := MethodID(method)
	input := t
	switch {
	case t == types.VarcharOID:
		input = types.TextOID
	case types.Of(t).IsArray():
		input = types.AnyArrayOID
	case am == catalog.GinAmID && (t == types.Int2VectorOID || t == types.OidVectorOID):
		input = types.AnyArrayOID
	case t == types.CidrOID:
		input = types.InetOID
	case isReg(t):
		input = types.OidOID
	case types.RangeTypeOf(t) != nil:
		input = types.AnyRangeOID
	case types.MultirangeTypeOf(t) != nil:
		input = types.AnyMultirangeOID
	case types.Lookup(t) != nil && types.Lookup(t).Type == 'e':
		input = types.AnyEnumOID
	case types.IsComposite(t):
		input = types.RecordOID
	}
	var found opClass
	ok := false
	for _, c := range opClasses() {
		switch {
		case c.method != am || name != "" && c.name != name:
		case name == "" && c.isDefault && (c.input == t || c.input == input):
			return c, true
		case name != "" && (c.input == t || c.input == input):
			return c, true
		case name != "" && !ok:
			found, ok = c, true
		}
	}
	return found, ok
}

// isReg reports a type of numbers of objects, which are ordered as numbers are.
func isReg(t types.OID) bool {
	switch t {
	case types.RegprocOID, types.RegprocedureOID, types.RegoperOID, types.RegoperatorOID, types.RegclassOID, types.RegtypeOID,
		types.RegroleOID, types.RegnamespaceOID, types.RegconfigOID, types.RegdictionaryOID, types.RegcollationOID:
		return true
	}
	return false
}

// Ordered reports a type whose values are compared by a btree operator class.
func Ordered(t types.OID) bool {
	if info := types.Lookup(t); info != nil && info.Type == 'c' {
		return true
	}
	_, ok := opClassOf("btree", "", t)
	return ok
}

// HasDefaultOpClass reports that an access method takes keys of a type as they are.
func HasDefaultOpClass(method string, t types.OID) bool {
	_, ok := opClassOf(method, "", t)
	return ok
}

// OpClassAccepts reports whether an access method has an operator class of that
// name, and whether that takes keys of the type.
func OpClassAccepts(method, name string, t types.OID) (known, accepts bool) {
	c, known := opClassOf(method, name, t)
	if !known {
		return false, false
	}
	switch {
	case c.input == t, c.input == types.AnyArrayOID && types.Of(t).IsArray(),
		c.input == types.AnyRangeOID && types.RangeTypeOf(t) != nil, c.input == types.AnyMultirangeOID && types.MultirangeTypeOf(t) != nil:
		return true, true
	case c.input == types.InetOID:
		return true, t == types.CidrOID
	case c.input == types.AnyEnumOID:
		return true, types.Lookup(t) != nil && types.Lookup(t).Type == 'e'
	case c.input == types.TextOID:
		return true, t == types.VarcharOID
	case c.input == types.OidOID: // an integer is one in the same bytes
		return true, t == types.Int4OID || isReg(t)
	case c.input == types.VarbitOID, c.input == types.BitOID:
		return true, t == types.VarbitOID || t == types.BitOID
	case c.input == types.BpcharOID: // any text is one in the same bytes
		return true, t == types.VarcharOID || t == types.TextOID
	}
	return true, false
}
