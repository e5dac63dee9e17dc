package define

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createCollation is CREATE COLLATION.
func (e *Env) createCollation(ctx context.Context, st *ast.CreateCollation) error {
	s, err := e.target(ctx, &st.Name, permanent)
	switch {
	case err != nil:
		return placeless(err)
	case s.Temp:
		return pgerr.NotSupported(int(st.Pos), "collations in the temporary schema are not supported")
	}
	c := &catalog.Collation{Schema: s.ID, Name: st.Name.Name, Owner: e.Owner}
	loose := false
	if st.From != nil {
		err = e.copiedCollation(c, st.From)
	} else {
		loose, err = newCollation(c, st.Options)
	}
	if err != nil {
		return err
	}
	if _, there := e.Catalog.Collation(s.ID, c.Name); there {
		name := fmt.Sprintf("%q", c.Name)
		if c.Encoding >= 0 {
			name += " for encoding \"UTF8\""
		}
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateObject, "collation %s already exists, skipping", name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateObject, "collation %s already exists", name)
	}
	if st.From == nil {
		if err := findLocale(c, loose, st); err != nil {
			return err
		}
	}
	edit := e.change(ctx)
	if c.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	return edit.PutCollation(c)
}

func (e *Env) copiedCollation(c *catalog.Collation, name *ast.QName) error {
	from, err := e.collationByName(name)
	if err != nil {
		return err
	}
	if from.ID == collate.DefaultOID {
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "collation \"default\" cannot be copied")
	}
	c.Provider, c.Encoding, c.Collate, c.Ctype, c.ICULocale = from.Provider, from.Encoding, from.Collate, from.Ctype, from.ICULocale
	c.Order, c.Version = from.Order, from.Version
	return nil
}

// collationByName finds a collation; errors have no place.
func (e *Env) collationByName(n *ast.QName) (*catalog.Collation, error) {
	c, err := bind.FindCollation(n, e.options())
	return c, placeless(err)
}

// newCollation reads the options of CREATE COLLATION, one of which makes it loose: not
// deterministic. What its locale is, findLocale finds.
func newCollation(c *catalog.Collation, list []ast.Option) (loose bool, err error) {
	given := map[string]*ast.Option{}
	for i := range list {
		o := &list[i]
		switch o.Name {
		case "locale", "lc_collate", "lc_ctype", "provider", "deterministic", "version", "from":
		default:
			return false, pgerr.Newf(pgerrcode.SyntaxError, "collation attribute \"%s\" not recognized", o.Name).At(int(o.Pos))
		}
		if given[o.Name] != nil {
			return false, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(o.Pos))
		}
		given[o.Name] = o
	}
	if given["locale"] != nil && (given["lc_collate"] != nil || given["lc_ctype"] != nil) {
		return false, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").
			WithDetail("LOCALE cannot be specified together with LC_COLLATE or LC_CTYPE.")
	}
	if o := given["from"]; o != nil {
		if len(list) == 1 { // FROM = name is no option by the time it comes here
			return false, pgerr.NotSupported(int(o.Pos), "FROM of collations as a string is not supported")
		}
		return false, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").
			WithDetail("FROM cannot be specified together with any other options.")
	}
	text := func(name string) string {
		if given[name] == nil {
			return ""
		}
		return optionValue(given[name])
	}
	if o := given["deterministic"]; o != nil {
		switch strings.ToLower(optionValue(o)) {
		case "true", "on", "1", "yes":
		case "false", "off", "0", "no":
			loose = true
		default:
			return false, pgerr.New(pgerrcode.SyntaxError, "deterministic requires a Boolean value")
		}
	}
	c.Encoding, c.Version = -1, text("version")
	switch provider := strings.ToLower(text("provider")); {
	case given["provider"] == nil, provider == "libc":
		err := libcCollation(c, text)
		if err == nil && loose {
			err = pgerr.New(pgerrcode.FeatureNotSupported, "nondeterministic collations not supported with this provider")
		}
		return loose, err
	case provider == "icu":
		if c.Provider, c.ICULocale = 'i', text("locale"); given["locale"] == nil {
			return false, pgerr.New(pgerrcode.InvalidObjectDefinition, "parameter \"locale\" must be specified")
		}
		return loose, nil
	}
	return false, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "unrecognized collation provider: %s", text("provider"))
}

func libcCollation(c *catalog.Collation, text func(string) string) error {
	c.Provider, c.Encoding = 'c', 6
	if c.Collate, c.Ctype = text("lc_collate"), text("lc_ctype"); text("locale") != "" {
		c.Collate, c.Ctype = text("locale"), text("locale")
	}
	switch {
	case c.Collate == "":
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "parameter \"lc_collate\" must be specified")
	case c.Ctype == "":
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "parameter \"lc_ctype\" must be specified")
	}
	return nil
}

// findLocale finds the order that a new collation's locale has.
func findLocale(c *catalog.Collation, loose bool, st *ast.CreateCollation) (err error) {
	if c.Provider == 'c' {
		return libcLocale(c)
	}
	if err = icuLocale(c); err == nil && loose {
		c.Order = collate.Nondeterministic(c.Order)
	}
	if pe, ok := pgerr.As(err); ok && pe.Code == pgerrcode.FeatureNotSupported {
		i := slices.IndexFunc(st.Options, func(o ast.Option) bool { return o.Name == "locale" })
		return pe.At(int(st.Options[i].Pos))
	}
	return err
}

func libcLocale(c *catalog.Collation) error {
	var ok bool
	for _, locale := range []string{c.Ctype, c.Collate} {
		if c.Order, ok = collate.LibcOrder(locale); !ok {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "could not create locale \"%s\": No such file or directory", locale).
				WithDetail("The operating system could not find any locale data for the locale name \"%s\".", locale)
		}
	}
	ctype, _ := collate.LibcOrder(c.Ctype)
	if (ctype == collate.ASCII) != (c.Order == collate.ASCII) {
		return pgerr.NotSupported(-1, "collations whose LC_COLLATE and LC_CTYPE are different locales are not supported")
	}
	return nil
}

func icuLocale(c *catalog.Collation) error {
	var err error
	switch c.Order, err = collate.ICUOrder(c.ICULocale); err {
	case nil:
	case collate.ErrIllegal:
		return pgerr.Newf(pgerrcode.InternalError, "could not open collator for locale \"%s\": U_ILLEGAL_ARGUMENT_ERROR", c.ICULocale)
	default:
		return pgerr.NotSupported(-1, "the order of ICU locale \"%s\" is not supported", c.ICULocale)
	}
	if c.Version == "" {
		c.Version = collate.Version
	}
	return nil
}

// ownCollation finds a collation that a statement changes; those of the system stay.
func (e *Env) ownCollation(n *ast.QName) (*catalog.Collation, error) {
	c, err := e.collationByName(n)
	if err == nil && c.Schema == catalog.PgCatalogID {
		return nil, pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be owner of collation %s", c.Name)
	}
	return c, err
}

// refreshCollation is ALTER COLLATION … REFRESH VERSION.
func (e *Env) refreshCollation(ctx context.Context, st *ast.AlterCollation) error {
	c, err := e.collationByName(&st.Name)
	if err != nil {
		return err
	}
	if c.Provider != 'i' || c.Version == collate.Version || c.Schema == catalog.PgCatalogID {
		e.notice("00000", "version has not changed")
		return nil
	}
	e.notice("00000", "changing version from %s to %s", c.Version, collate.Version)
	n := *c
	n.Version = collate.Version
	return e.change(ctx).PutCollation(&n)
}

// renameCollation gives a collation a name or a schema. What is stored as SQL text
// names it as it was.
func (e *Env) renameCollation(ctx context.Context, n *ast.QName, to *catalog.Schema, name string) error {
	c, err := e.ownCollation(n)
	if err != nil {
		return err
	}
	if to == nil {
		to, _ = e.Catalog.SchemaByID(c.Schema)
	}
	if name == "" {
		name = c.Name
	}
	if _, there := e.Catalog.Collation(to.ID, name); there {
		return pgerr.Newf(pgerrcode.DuplicateObject, "collation %q already exists in schema %q", name, to.Name)
	}
	for _, d := range e.collationUsers(c.ID) {
		if d.kind == tableObject || d.kind == constraintObject || d.kind == defaultObject {
			return pgerr.NotSupported(-1, "changing the name of collation %q while %s names it is not supported", c.Name, e.describe(d.object))
		}
	}
	x := *c
	x.Schema, x.Name = to.ID, name
	return e.change(ctx).PutCollation(&x)
}

func (e *Env) moveCollation(ctx context.Context, st *ast.AlterSchema) error {
	to, err := e.newHome(st.Schema)
	if err != nil {
		return err
	}
	return e.renameCollation(ctx, &st.Name, to, "")
}

func (e *Env) commentCollation(n *ast.QName, text string) error {
	c, err := e.ownCollation(n)
	if err != nil {
		return err
	}
	x := *c
	x.Comment = text
	return e.edit.PutCollation(&x)
}

func (e *Env) dropCollation(n *ast.QName) (*object, error) {
	c, err := e.collationByName(n)
	if err != nil {
		return nil, err
	}
	if c.Schema == catalog.PgCatalogID {
		return nil, pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop collation %s because it is required by the database system", ast.QuoteIdent(c.Name))
	}
	return &object{kind: collationObject, id: c.ID}, nil
}

// describeCollation names a collation as messages do.
func (e *Env) describeCollation(id catalog.ID) string {
	c, _ := e.Catalog.CollationByID(id)
	name := ast.QuoteIdent(c.Name)
	if found, ok := e.Catalog.FindCollation(e.Path, c.Name); !ok || found.ID != id {
		name = ast.QuoteIdent(e.Catalog.SchemaName(c.Schema)) + "." + name
	}
	return "collation " + name
}

// shownCollation is the name of a collation, also of the default one.
func (e *Env) shownCollation(id catalog.ID) string {
	if c, ok := e.Catalog.CollationByID(id); ok {
		return c.Name
	}
	return "default"
}

// collationUsers are the columns and indexes of a collation, and what names it in SQL text.
func (e *Env) collationUsers(id catalog.ID) (out []dependent) {
	c, _ := e.Catalog.CollationByID(id)
	for _, d := range e.Catalog.Types() {
		if d.Collation == id {
			out = append(out, dependent{object: object{kind: typeObject, id: d.ID}, order: born(d)})
		}
	}
	for _, t := range e.Catalog.Tables() {
		if t.HasQuery() && (e.collatesBy(c, t.ViewSQL) || hasCollation(t, id)) {
			out = append(out, dependent{object: object{kind: tableObject, id: t.ID}, order: t.ID})
			continue
		}
		for i := range t.Columns {
			col := &t.Columns[i]
			switch {
			case col.Dropped || t.HasQuery():
			case col.Collation == id && col.Domain == 0, col.Generated != 0 && e.collatesBy(c, col.Default):
				out = append(out, dependent{object: object{kind: columnObject, id: t.ID, attr: col.Num}, order: t.ID})
			case e.collatesBy(c, col.Default):
				out = append(out, dependent{object: object{kind: defaultObject, id: t.ID, attr: col.Num}, order: col.DefaultID})
			}
		}
		for _, k := range t.Constraints {
			if e.collatesBy(c, k.Expr) {
				out = append(out, dependent{object: object{kind: constraintObject, id: t.ID, part: k.ID}, order: k.ID})
			}
		}
		for _, x := range t.Indexes {
			if e.indexCollates(t, x, c) {
				out = append(out, dependent{object: object{kind: indexObject, id: x.ID}, order: x.ID})
			}
		}
	}
	return out
}

func hasCollation(t *catalog.Table, id catalog.ID) bool {
	for i := range t.Columns {
		if t.Columns[i].Collation == id {
			return true
		}
	}
	return false
}

// indexCollates reports an index that a collation's end would leave without order, and
// that does not go with a column of it.
func (e *Env) indexCollates(t *catalog.Table, x *catalog.Index, c *catalog.Collation) bool {
	uses := e.collatesBy(c, x.Where)
	for i := range x.Keys {
		k := &x.Keys[i]
		if k.Attr != 0 && t.Columns[k.Attr-1].Collation == c.ID {
			return false
		}
		uses = uses || k.Collation == c.ID || e.collatesBy(c, k.Expr)
	}
	return uses
}

// collatesBy reports whether stored SQL text names the collation.
func (e *Env) collatesBy(c *catalog.Collation, text string) bool {
	if !strings.Contains(strings.ToUpper(text), "COLLATE") {
		return false
	}
	if !strings.HasPrefix(strings.ToUpper(text), "SELECT") && !strings.HasPrefix(strings.ToUpper(text), "WITH") {
		text = "SELECT " + text
	}
	list, err := e.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		return true
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		if x, ok := n.(*ast.Collate); ok {
			f, err := bind.FindCollation(&x.Name, e.options())
			found = found || err == nil && f.ID == c.ID
		}
		return !found
	})
	return found
}

// collationOf is the collation of a column or a domain: the one that is named, or its type's.
func (e *Env) collationOf(n *ast.QName, t types.T, of catalog.ID) (catalog.ID, error) {
	if n == nil {
		return of, nil
	}
	c, err := bind.FindCollation(n, e.options())
	if err != nil {
		return 0, err
	}
	if of == 0 {
		return 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", types.TypeName(t.OID)).At(int(n.Pos))
	}
	return c.ID, nil
}

// typeCollation is a type's own collation; that of an array is its elements'.
func typeCollation(t types.T) catalog.ID {
	info := types.Lookup(t.OID)
	if info != nil && info.Collation == 0 && info.IsArray {
		info = types.Lookup(info.Elem)
	}
	if info == nil {
		return 0
	}
	return info.Collation
}
