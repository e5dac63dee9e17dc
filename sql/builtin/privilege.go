package builtin

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// privilegeKind is a kind of object that has_…_privilege asks about.
type privilegeKind struct {
	word  string // has_<word>_privilege
	reg   types.OID
	what  string   // of "… does not exist" messages
	all   []string // privileges that exist
	names []string // the objects that there are, of kinds without a catalog of their own
}

var privilegeKinds = []privilegeKind{
	{"table", types.RegclassOID, "relation", strings.Fields("SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER"), nil},
	{"sequence", types.RegclassOID, "relation", strings.Fields("USAGE SELECT UPDATE"), nil},
	{"any_column", types.RegclassOID, "relation", strings.Fields("SELECT INSERT UPDATE REFERENCES"), nil},
	{"schema", types.RegnamespaceOID, "schema", strings.Fields("CREATE USAGE"), nil},
	{"database", 0, "database", strings.Fields("CREATE CONNECT TEMPORARY TEMP"), nil},
	{"function", types.RegprocedureOID, "function", []string{"EXECUTE"}, nil},
	{"type", types.RegtypeOID, "type", []string{"USAGE"}, nil},
	{"language", 0, "language", []string{"USAGE"}, strings.Fields("internal c sql plpgsql")},
	{"tablespace", 0, "tablespace", []string{"CREATE"}, strings.Fields("pg_default pg_global")},
	{"foreign_data_wrapper", 0, "foreign-data wrapper", []string{"USAGE"}, nil},
	{"server", 0, "server", []string{"USAGE"}, nil},
	{"parameter", 0, "parameter", []string{"SET", "ALTER SYSTEM"}, nil},
}

// privilegeFuncs registers has_…_privilege and pg_has_role.
func privilegeFuncs(r *registrar) {
	for _, k := range privilegeKinds {
		for _, form := range []string{"name_name", "name_id", "id_name", "id_id", "name", "id"} {
			if k.word == "parameter" && (form == "name_id" || form == "id_id" || form == "id") {
				continue
			}
			r.eval("has_"+k.word+"_privilege_"+form, withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
				return hasPrivilege(c, s, &k, a, len(a) == 3, -1)
			}))
		}
	}
	col := privilegeKind{"column", types.RegclassOID, "relation", strings.Fields("SELECT INSERT UPDATE REFERENCES"), nil}
	for _, form := range []string{
		"name_name_name", "name_name_attnum", "name_id_name", "name_id_attnum", "id_name_name", "id_name_attnum",
		"id_id_name", "id_id_attnum", "name_name", "name_attnum", "id_name", "id_attnum",
	} {
		r.eval("has_column_privilege_"+form, withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
			return hasPrivilege(c, s, &col, a, len(a) == 4, len(a)-2)
		}))
	}
	for _, form := range []string{"name_name", "name_id", "id_name", "id_id", "name", "id"} {
		r.eval("pg_has_role_"+form, withSession(hasRole))
	}
	r.eval("row_security_active", withSession(rowSecurityActive))
	r.eval("row_security_active_name", withSession(rowSecurityActive))
}

// role is the role that a name or OID argument means; public is nil.
func role(c *Ctx, s Session, i int, d types.Datum) (*catalog.Role, error) {
	if c.argT(i).Rep() == types.RepInt {
		x, _ := s.Catalog().RoleByID(uint32(d.Int()))
		return x, nil
	}
	if d.Text() == "public" {
		return nil, nil
	}
	x, ok := s.Catalog().Role(d.Text())
	if !ok {
		return nil, pgerr.Newf(pgerrcode.UndefinedObject, "role \"%s\" does not exist", d.Text())
	}
	return x, nil
}

// hasPrivilege answers for [role,] object [, column], privilege.
func hasPrivilege(c *Ctx, s Session, k *privilegeKind, a []types.Datum, withRole bool, column int) (types.Datum, error) {
	at := 0
	who, _ := s.Catalog().Role(s.CurrentUser())
	words := a[len(a)-1].Text()
	if k.word == "parameter" { // which asks for the words first of all
		if _, err := parsePrivileges(k, words); err != nil {
			return types.Datum{}, err
		}
	}
	if withRole {
		var err error
		if who, err = role(c, s, 0, a[0]); err != nil {
			return types.Datum{}, err
		}
		at = 1
	}
	byNumber := c.argT(at).Rep() == types.RepInt
	if byNumber && column < 0 || k.word == "sequence" { // the words come first where no name must be found
		if _, err := parsePrivileges(k, words); err != nil {
			return types.Datum{}, err
		}
	}
	id, owner, exists, err := privilegeObject(c, s, k, at, a[at])
	if err != nil {
		return types.Datum{}, err
	}
	attr := int16(0)
	if column >= 0 && exists {
		if attr, exists, err = columnNumber(c, s, id, column, a[column]); err != nil {
			return types.Null, err
		}
	}
	wanted, err := parsePrivileges(k, words)
	if err != nil || !exists {
		return types.Null, err
	}
	holder := catalog.Public
	if who != nil {
		holder = who.ID
	}
	for _, w := range wanted {
		if holdsPrivilege(s.Catalog(), k.word, id, owner, attr, holder, catalog.PrivNamed(w.name), w.grant) {
			return types.Bool(true), nil
		}
	}
	return types.Bool(false), nil
}

// holdsPrivilege reports a privilege, or the option to grant it, on an object of a kind.
func holdsPrivilege(s *catalog.Snapshot, word string, id, owner catalog.ID, attr int16, role catalog.ID, p catalog.Priv, option bool) bool {
	class := map[string]catalog.ObjClass{"table": catalog.RelationClass, "sequence": catalog.SequenceClass,
		"column": catalog.RelationClass, "any_column": catalog.RelationClass, "schema": catalog.SchemaClass,
		"database": catalog.DatabaseClass, "function": catalog.FunctionClass, "type": catalog.TypeClass, "language": catalog.LanguageClass}[word]
	if class == 0 { // there are no grants on others
		return s.Super(role)
	}
	if _, ok := s.SequenceByID(id); ok && class == catalog.RelationClass {
		class = catalog.SequenceClass
	}
	if t, ok := s.TypeByID(id); ok && class == catalog.TypeClass { // of an array type its elements'
		id = t.ID
	}
	o := catalog.Object{Class: class, ID: id}
	if option {
		if s.Held(s.EffectiveACL(o, owner), owner, role, p, true) != 0 {
			return true
		}
	} else if s.Allowed(o, owner, role, p) != 0 {
		return true
	}
	if word != "column" && word != "any_column" {
		return false
	}
	t, ok := s.TableByID(id)
	if !ok { // a system relation
		return class == catalog.RelationClass && holdsSystemColumn(s, o, word == "any_column", attr, role, p, option)
	}
	if l := s.ColumnACL(t.ID, attr); word == "column" && attr < 0 {
		return l != nil && s.Held(l, t.Owner, role, p, option) != 0
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped || word == "column" && c.Num != attr {
			continue
		}
		if l := s.ColumnACL(t.ID, c.Num); l != nil && s.Held(l, t.Owner, role, p, option) != 0 {
			return true
		}
	}
	return false
}

// holdsSystemColumn reports a privilege on a column of a system relation, or on any of them.
func holdsSystemColumn(s *catalog.Snapshot, o catalog.Object, any bool, attr int16, role catalog.ID, p catalog.Priv, option bool) bool {
	r := s.RightsOf(o)
	if r == nil || !any {
		l := s.ColumnACL(o.ID, attr)
		return l != nil && s.Held(l, catalog.BootstrapRoleID, role, p, option) != 0
	}
	for _, l := range r.Columns {
		if s.Held(l, catalog.BootstrapRoleID, role, p, option) != 0 {
			return true
		}
	}
	return false
}

// languageIDs are the OIDs of the languages that are always there.
var languageIDs = map[string]catalog.ID{"internal": 12, "c": 13, "sql": 14, "plpgsql": 13563}

// privilegeObject finds the object and its owner.
func privilegeObject(c *Ctx, s Session, k *privilegeKind, i int, d types.Datum) (id, owner catalog.ID, exists bool, err error) {
	if c.argT(i).Rep() == types.RepInt {
		id = uint32(d.Int())
	} else if id, err = namedObject(c, s, k, d.Text()); err != nil {
		return 0, 0, false, err
	}
	owner = catalog.BootstrapRoleID
	cat := s.Catalog()
	switch k.reg {
	case types.RegclassOID:
		if t, ok := cat.TableByID(id); ok {
			if k.word == "sequence" {
				name := t.Name
				if c.argT(i).Rep() != types.RepInt { // as it is called
					name = d.Text()
				}
				return 0, 0, false, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a sequence", name)
			}
			return id, t.Owner, true, nil
		}
		if q, ok := cat.SequenceByID(id); ok {
			return id, q.Owner, true, nil
		}
		if k.word == "sequence" && id != 0 && id < catalog.DatabaseID {
			if name, ok := c.Format.Names.RegOut(types.RegclassOID, id); ok {
				return 0, 0, false, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a sequence", name)
			}
		}
		if id == 0 || id >= catalog.DatabaseID {
			return id, owner, false, nil
		}
		if c.Format.Names != nil {
			_, exists = c.Format.Names.RegOut(types.RegclassOID, id)
		}
		return id, owner, exists, nil
	case types.RegnamespaceOID:
		x, ok := cat.SchemaByID(id)
		if !ok {
			return 0, 0, false, nil
		}
		return id, x.Owner, true, nil
	case types.RegprocedureOID:
		if f, ok := cat.FunctionByID(id); ok {
			owner = f.Owner
		} else if id >= catalog.DatabaseID && FuncByOID(id) == nil { // nor an extension's
			return 0, 0, false, nil
		}
	case types.RegtypeOID:
		if t, ok := cat.TypeByID(id); ok {
			owner = t.Owner
		} else if r, ok := cat.RowType(id); ok {
			owner = r.Table.Owner
		}
	}
	if k.word == "database" {
		x, ok := cat.DatabaseByID(id)
		if !ok {
			return 0, 0, false, nil
		}
		owner = x.Owner
	}
	if k.word == "language" && c.argT(i).Rep() == types.RepInt {
		known := false
		for _, l := range languageIDs {
			known = known || l == id
		}
		return id, owner, known, nil
	}
	if k.word == "tablespace" && c.argT(i).Rep() == types.RepInt {
		return id, owner, id == 1663 || id == 1664, nil
	}
	return id, owner, id != 0, nil
}

// namedObject is the OID of the object of a name; what has no catalog of its own has 1.
func namedObject(c *Ctx, s Session, k *privilegeKind, name string) (catalog.ID, error) {
	switch {
	case k.word == "database":
		x, ok := s.Catalog().Database(name)
		if !ok {
			return 0, pgerr.Newf(pgerrcode.InvalidCatalogName, "database \"%s\" does not exist", name)
		}
		return x.ID, nil
	case k.word == "parameter":
		return 1, nil
	case k.reg == 0:
		if !slices.Contains(k.names, name) {
			return 0, pgerr.Newf(pgerrcode.UndefinedObject, "%s \"%s\" does not exist", k.what, name)
		}
		if id, ok := languageIDs[name]; ok && k.word == "language" {
			return id, nil
		}
		return 1, nil
	case k.reg == types.RegnamespaceOID:
		x, ok := s.Catalog().Schema(name)
		if !ok || x.Name != name {
			return 0, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", name)
		}
		return x.ID, nil
	case c.Format.Names == nil:
		return 0, pgerr.Newf(pgerrcode.UndefinedTable, "relation \"%s\" does not exist", name)
	}
	return c.Format.Names.RegIn(k.reg, name)
}

// columnNumber is the attribute number that the column argument means, and whether the
// table has it; other relations' columns are all there.
func columnNumber(c *Ctx, s Session, id catalog.ID, at int, col types.Datum) (int16, bool, error) {
	t, ok := s.Catalog().TableByID(id)
	if !ok {
		return systemColumn(c, id, at, col)
	}
	if c.argT(at).Rep() == types.RepInt {
		num := int16(col.Int())
		return num, t.Column(num) != nil || t.IsStored() && num < 0 && num >= catalog.TableOidAttr, nil
	}
	x := t.ColumnByName(col.Text())
	if attr := catalog.SystemAttr(col.Text()); x == nil && attr != 0 && t.IsStored() {
		return attr, true, nil
	}
	if x == nil {
		return 0, false, pgerr.Newf(pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", col.Text(), t.Name)
	}
	return x.Num, true, nil
}

// systemColumn is columnNumber for a system relation.
func systemColumn(c *Ctx, id catalog.ID, at int, col types.Datum) (int16, bool, error) {
	n, ok := c.Format.Names.(interface {
		SystemColumn(relation types.OID, column string) (attr int16, of string)
	})
	if c.argT(at).Rep() == types.RepInt || !ok {
		return int16(col.Int()), true, nil
	}
	attr, of := n.SystemColumn(id, col.Text())
	if attr == 0 && of != "" {
		return 0, false, pgerr.Newf(pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", col.Text(), of)
	}
	return attr, true, nil
}

type wantedPrivilege struct {
	name  string
	grant bool
}

// parsePrivileges reads "select, insert with grant option".
func parsePrivileges(k *privilegeKind, s string) (list []wantedPrivilege, err error) {
	for _, word := range strings.Split(s, ",") {
		word = strings.TrimSpace(word)
		w := wantedPrivilege{name: strings.ToUpper(word)}
		w.name, w.grant = strings.CutSuffix(w.name, " WITH GRANT OPTION")
		known := false
		for _, p := range k.all {
			known = known || p == w.name
		}
		if k.word == "table" && w.name == "RULE" { // which there is no more, and nobody has
			continue
		}
		if !known {
			return nil, badParam("unrecognized privilege type: \"%s\"", word)
		}
		list = append(list, w)
	}
	return list, nil
}

// hasRole is pg_has_role([user,] role, privilege).
func hasRole(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	at := 0
	who, _ := s.Catalog().Role(s.CurrentUser())
	if len(a) == 3 {
		var err error
		if who, err = role(c, s, 0, a[0]); err != nil {
			return types.Datum{}, err
		}
		at = 1
	}
	target, err := role(c, s, at, a[at])
	if err != nil {
		return types.Datum{}, err
	}
	for i := 0; i <= at; i++ { // everybody is no role here
		if c.argT(i).Rep() != types.RepInt && a[i].Text() == "public" {
			return types.Datum{}, pgerr.New(pgerrcode.UndefinedObject, "role \"public\" does not exist")
		}
	}
	k := privilegeKind{all: []string{"USAGE", "MEMBER", "USAGE WITH ADMIN OPTION", "MEMBER WITH ADMIN OPTION"}}
	wanted, err := parsePrivileges(&k, a[len(a)-1].Text())
	if err != nil {
		return types.Datum{}, err
	}
	if who == nil || target == nil {
		return types.Bool(who != nil && who.Super), nil
	}
	for _, w := range wanted {
		ok := false
		switch cat := s.Catalog(); {
		case w.grant || strings.HasSuffix(w.name, "OPTION"):
			ok = cat.IsAdmin(who.ID, target.ID)
		case w.name == "USAGE":
			ok = cat.HasPrivsOf(who.ID, target.ID)
		default:
			ok = cat.IsMember(who.ID, target.ID)
		}
		if ok {
			return types.Bool(true), nil
		}
	}
	return types.Bool(false), nil
}

// rowSecurityActive is row_security_active(table).
func rowSecurityActive(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	id := uint32(a[0].Int())
	if c.argT(0).Rep() != types.RepInt {
		var err error
		if c.Format.Names == nil {
			return types.Bool(false), nil
		}
		if id, err = c.Format.Names.RegIn(types.RegclassOID, a[0].Text()); err != nil {
			return types.Datum{}, err
		}
	}
	t, ok := s.Catalog().TableByID(id)
	if !ok {
		return types.Bool(false), nil
	}
	who, ok := s.Catalog().Role(s.CurrentUser())
	return types.Bool(ok && s.Catalog().RowSecurityFor(t, who.ID)), nil
}
