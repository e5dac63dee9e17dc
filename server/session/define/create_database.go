package define

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// NewDatabase is a database that CREATE DATABASE asks for.
type NewDatabase struct {
	catalog.Database // ID: as the statement says, 0 for a new one
	Template         *catalog.Database
}

// PlanDatabase makes sense of CREATE DATABASE, in PostgreSQL's order.
func (e *Env) PlanDatabase(st *ast.CreateDatabase) (*NewDatabase, error) {
	o, err := e.databaseOptions(st.Options, true)
	if err != nil {
		return nil, err
	}
	n := &NewDatabase{Database: catalog.Database{Name: st.Name, Owner: e.Owner, ConnLimit: -1}}
	if err := n.identity(o); err != nil {
		return nil, err
	}
	encoding, err := encodingOption(o["encoding"])
	if err != nil {
		return nil, err
	}
	var flags databaseFlags
	provider := lowerOption(o["locale_provider"])
	if o["locale_provider"] != nil && provider != "icu" && provider != "libc" {
		return nil, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "unrecognized locale provider: %s", optionText(o["locale_provider"]))
	}
	if err := flags.read(o); err != nil {
		return nil, err
	}
	flags.apply(&n.Database)
	if err := e.databaseAuthority(n, o); err != nil {
		return nil, err
	}
	if s := o["strategy"]; s != nil {
		if v := optionText(s); !strings.EqualFold(v, "wal_log") && !strings.EqualFold(v, "file_copy") {
			return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid create database strategy %q", v).
				WithHint("Valid strategies are \"wal_log\" and \"file_copy\".")
		}
	}
	if err := n.locale(o, encoding, provider); err != nil {
		return nil, err
	}
	if s := optionText(o["tablespace"]); s != "" {
		if err := databaseTablespace(s); err != nil {
			return nil, err
		}
	}
	if _, ok := e.Catalog.Database(n.Name); ok {
		return nil, databaseExists(n.Name)
	}
	return n, nil
}

// databaseOptionNames are the options of CREATE DATABASE, those of ALTER DATABASE first.
var databaseOptionNames = strings.Fields(`is_template allow_connections connection_limit tablespace
	owner template encoding locale lc_collate lc_ctype icu_locale locale_provider collation_version location oid strategy`)

// databaseOptions are the options by name.
func (e *Env) databaseOptions(list []ast.Option, create bool) (map[string]*ast.Option, error) {
	known := databaseOptionNames
	if !create {
		known = known[:4]
	}
	out := map[string]*ast.Option{}
	for i := range list {
		o := &list[i]
		switch {
		case !slices.Contains(known, o.Name):
			return nil, pgerr.Newf(pgerrcode.SyntaxError, "option %q not recognized", o.Name).At(int(o.Pos))
		case out[o.Name] != nil:
			return nil, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(o.Pos))
		case o.Name == "location":
			w := pgerr.New(pgerrcode.FeatureNotSupported, "LOCATION is not supported anymore").
				WithHint("Consider using tablespaces instead.").At(int(o.Pos))
			w.Severity = pgerr.Warning
			e.Notice(w)
		}
		out[o.Name] = o
	}
	return out, nil
}

// identity reads the OID.
func (n *NewDatabase) identity(o map[string]*ast.Option) error {
	x := o["oid"]
	if x == nil || x.Value == nil {
		return nil
	}
	l, ok := x.Value.(*ast.Lit)
	if !ok || l.Kind != ast.LitInt {
		return pgerr.New(pgerrcode.SyntaxError, "oid requires a numeric value")
	}
	if n.ID = catalog.ID(l.Int); n.ID < catalog.DatabaseID {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "OIDs less than %d are reserved for system objects", catalog.DatabaseID)
	}
	return nil
}

// databaseAuthority looks up owner and template, and whether one may use them.
func (e *Env) databaseAuthority(n *NewDatabase, o map[string]*ast.Option) (err error) {
	if v := optionText(o["owner"]); v != "" {
		role, err := e.roleNamed(v)
		if err != nil {
			return err
		}
		n.Owner = role.ID
	}
	if !e.mayCreateDatabases() {
		return pgerr.New(pgerrcode.InsufficientPrivilege, "permission denied to create database")
	}
	if !e.Super && n.Owner != e.Owner {
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be member of role %q", optionText(o["owner"]))
	}
	template := optionText(o["template"])
	if template == "" {
		template = "template1"
	}
	x, ok := e.Catalog.Database(template)
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidCatalogName, "template database %q does not exist", template)
	}
	if !x.IsTemplate && !e.Super && x.Owner != e.Owner {
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied to copy database %q", template)
	}
	n.Template = x
	return nil
}

const utf8Encoding = "UTF8"

// encodingOption is the encoding's name, "" when none is asked for.
func encodingOption(o *ast.Option) (string, error) {
	if o == nil || o.Value == nil {
		return "", nil
	}
	v := optionValue(o)
	if l, ok := o.Value.(*ast.Lit); ok && l.Kind == ast.LitInt {
		e := charset.ByID(int(l.Int))
		if e == nil {
			return "", pgerr.Newf(pgerrcode.UndefinedObject, "%s is not a valid encoding code", v).At(int(o.Pos))
		}
		return e.Name(), nil
	}
	e := charset.Lookup(v)
	if e == nil {
		return "", pgerr.Newf(pgerrcode.UndefinedObject, "%s is not a valid encoding name", v).At(int(o.Pos))
	}
	return e.Name(), nil
}

// locale reads what is said of the order of text and of its letters. There is one:
// by bytes, with the letters of Unicode.
func (n *NewDatabase) locale(o map[string]*ast.Option, encoding, provider string) error {
	t := n.Template
	n.Collate, n.Ctype = t.Collate, t.Ctype
	if v := optionText(o["locale"]); v != "" {
		n.Collate, n.Ctype = canonical(v), canonical(v)
	}
	if v := optionText(o["lc_collate"]); v != "" {
		n.Collate = canonical(v)
	}
	if v := optionText(o["lc_ctype"]); v != "" {
		n.Ctype = canonical(v)
	}
	for _, v := range []string{n.Collate, n.Ctype} {
		if !byBytes(v) && !asciiOnly(v) && !collate.HasLocale(v) {
			return pgerr.Newf(pgerrcode.WrongObjectType, "invalid locale name: %q", v)
		}
	}
	if encoding != "" && encoding != utf8Encoding {
		if asciiOnly(n.Ctype) || encoding == "SQL_ASCII" {
			return pgerr.NotSupported(int(o["encoding"].Pos), "databases with the encoding %s are not supported", encoding)
		}
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "encoding %q does not match locale %q", encoding, n.Ctype).
			WithDetail("The chosen LC_CTYPE setting requires encoding %q.", utf8Encoding)
	}
	icu := optionText(o["icu_locale"])
	switch {
	case provider == "icu" && icu == "":
		return pgerr.New(pgerrcode.InvalidParameterValue, "ICU locale must be specified")
	case provider != "icu" && icu != "":
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "ICU locale cannot be specified unless locale provider is ICU")
	}
	if t.Name != "template0" {
		const hint = "Use the same %s as in the template database, or use template0 as template."
		switch {
		case n.Collate != t.Collate:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "new collation (%s) is incompatible with the collation of the template database (%s)", n.Collate, t.Collate).
				WithHint(hint, "collation")
		case n.Ctype != t.Ctype:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "new LC_CTYPE (%s) is incompatible with the LC_CTYPE of the template database (%s)", n.Ctype, t.Ctype).
				WithHint(hint, "LC_CTYPE")
		case provider == "icu":
			return pgerr.New(pgerrcode.InvalidParameterValue, "new locale provider (icu) does not match locale provider of the template database (libc)").
				WithHint(hint, "locale provider")
		}
	}
	if provider == "icu" {
		return pgerr.NotSupported(int(o["locale_provider"].Pos), "databases with a collation of ICU are not supported")
	}
	if !byBytes(n.Collate) && !asciiOnly(n.Collate) {
		return localeOnly("LC_COLLATE", n.Collate, "C, POSIX and C.UTF-8", localePos(o, "lc_collate"))
	}
	if !byBytes(n.Ctype) {
		return localeOnly("LC_CTYPE", n.Ctype, "C.UTF-8", localePos(o, "lc_ctype"))
	}
	return nil
}

func localePos(o map[string]*ast.Option, name string) int {
	for _, k := range []string{name, "locale"} {
		if o[k] != nil {
			return int(o[k].Pos)
		}
	}
	return int(ast.NoPos)
}

func localeOnly(what, is, can string, pos int) error {
	return pgerr.NotSupported(pos, "databases with the %s %q are not supported", what, is).
		WithHint("Of a database it can be %s; columns and expressions can have any collation of pg_collation.", can)
}

// byBytes reports the names of the locale in which text is ordered by bytes and has the
// letters of Unicode; asciiOnly those in which its letters are those of ASCII.
func byBytes(locale string) bool {
	return strings.EqualFold(locale, "C.UTF-8") || strings.EqualFold(locale, "C.utf8")
}
func asciiOnly(locale string) bool { return locale == "C" }

// canonical is the name by which the C library knows a locale.
func canonical(locale string) string {
	if locale == "POSIX" {
		return "C"
	}
	return locale
}

// databaseFlags are the options that CREATE and ALTER have in common.
type databaseFlags struct {
	template, connect *bool
	limit             *int
}

func (f *databaseFlags) read(o map[string]*ast.Option) (err error) {
	if f.template, err = boolOption(o["is_template"]); err != nil {
		return err
	}
	if f.connect, err = boolOption(o["allow_connections"]); err != nil {
		return err
	}
	x := o["connection_limit"]
	if x == nil || x.Value == nil {
		return nil
	}
	n, err := strconv.Atoi(optionValue(x))
	if err != nil {
		return pgerr.New(pgerrcode.SyntaxError, "connection_limit requires an integer value")
	}
	if n < -1 {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid connection limit: %d", n)
	}
	f.limit = &n
	return nil
}

func (f *databaseFlags) apply(x *catalog.Database) {
	if f.template != nil {
		x.IsTemplate = *f.template
	}
	if f.connect != nil {
		x.RefuseConns = !*f.connect
	}
	if f.limit != nil {
		x.ConnLimit = *f.limit
	}
}

func boolOption(o *ast.Option) (*bool, error) {
	if o == nil || o.Value == nil {
		return nil, nil
	}
	v := false
	switch lowerOption(o) {
	case "true", "on", "1":
		v = true
	case "false", "off", "0":
	default:
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "%s requires a Boolean value", o.Name)
	}
	return &v, nil
}
