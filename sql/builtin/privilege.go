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
	word   string // has_<word>_privilege
	reg    types.OID
	what   string   // of "… does not exist" messages
	all    []string // privileges that exist
	public []string // granted to everybody when nothing was granted or revoked
	names  []string // the objects that there are, of kinds without a catalog of their own
}

var privilegeKinds = []privilegeKind{
	{"table", types.RegclassOID, "relation", strings.Fields("SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER"), nil, nil},
	{"sequence", types.RegclassOID, "relation", strings.Fields("USAGE SELECT UPDATE"), nil, nil},
	{"any_column", types.RegclassOID, "relation", strings.Fields("SELECT INSERT UPDATE REFERENCES"), nil, nil},
	{"schema", types.RegnamespaceOID, "schema", strings.Fields("CREATE USAGE"), nil, nil},
	{"database", 0, "database", strings.Fields("CREATE CONNECT TEMPORARY TEMP"), strings.Fields("CONNECT TEMPORARY TEMP"), nil},
	{"function", types.RegprocedureOID, "function", []string{"EXECUTE"}, []string{"EXECUTE"}, nil},
	{"type", types.RegtypeOID, "type", []string{"USAGE"}, []string{"USAGE"}, nil},
	{"language", 0, "language", []string{"USAGE"}, []string{"USAGE"}, strings.Fields("internal c sql plpgsql")},
	{"tablespace", 0, "tablespace", []string{"CREATE"}, nil, strings.Fields("pg_default pg_global")},
	{"foreign_data_wrapper", 0, "foreign-data wrapper", []string{"USAGE"}, nil, nil},
	{"server", 0, "server", []string{"USAGE"}, nil, nil},
	{"parameter", 0, "parameter", []string{"SET", "ALTER SYSTEM"}, nil, nil},
}

// privilegeFuncs registers has_…_privilege and pg_has_role. There are no grants:
// owners and superusers have every privilege, others what PUBLIC has by default.
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
	col := privilegeKind{"column", types.RegclassOID, "relation", strings.Fields("SELECT INSERT UPDATE REFERENCES"), nil, nil}
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
	owner, isPublic, exists, err := privilegeObject(c, s, k, at, a[at])
	if err != nil {
		return types.Datum{}, err
	}
	if column >= 0 && exists {
		if exists, err = hasColumn(c, s, at, a[at], column, a[column]); err != nil {
			return types.Null, err
		}
	}
	wanted, err := parsePrivileges(k, words)
	if err != nil || !exists {
		return types.Null, err
	}
	if who != nil && (who.Super || who.ID == owner) {
		return types.Bool(true), nil
	}
	for _, w := range wanted {
		if w.grant {
			continue
		}
		for _, p := range k.public {
			if p == w.name {
				return types.Bool(true), nil
			}
		}
		if isPublic && (w.name == "SELECT" || w.name == "USAGE") {
			return types.Bool(true), nil
		}
	}
	return types.Bool(false), nil
}

// privilegeObject finds the object: its owner, and whether all may read it.
func privilegeObject(c *Ctx, s Session, k *privilegeKind, i int, d types.Datum) (owner catalog.ID, public, exists bool, err error) {
	owner = catalog.BootstrapRoleID
	id := uint32(d.Int())
	if c.argT(i).Rep() != types.RepInt {
		switch {
		case k.word == "database":
			x, ok := s.Catalog().Database(d.Text())
			if !ok {
				return 0, false, false, pgerr.Newf(pgerrcode.InvalidCatalogName, "database \"%s\" does not exist", d.Text())
			}
			return x.Owner, false, true, nil
		case k.word == "parameter":
			return owner, false, true, nil
		case k.reg == 0:
			if !slices.Contains(k.names, d.Text()) {
				return 0, false, false, pgerr.Newf(pgerrcode.UndefinedObject, "%s \"%s\" does not exist", k.what, d.Text())
			}
			return owner, false, true, nil
		case k.reg == types.RegnamespaceOID:
			x, ok := s.Catalog().Schema(d.Text())
			if !ok || x.Name != d.Text() {
				return 0, false, false, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", d.Text())
			}
			id = x.ID
		case c.Format.Names == nil:
			return 0, false, false, pgerr.Newf(pgerrcode.UndefinedTable, "relation \"%s\" does not exist", d.Text())
		default:
			if id, err = c.Format.Names.RegIn(k.reg, d.Text()); err != nil {
				return 0, false, false, err
			}
		}
	}
	cat := s.Catalog()
	switch k.reg {
	case types.RegclassOID:
		if t, ok := cat.TableByID(id); ok {
			if k.word == "sequence" {
				return 0, false, false, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a sequence", t.Name)
			}
			return t.Owner, t.Kind == catalog.KindVirtual, true, nil
		}
		if q, ok := cat.SequenceByID(id); ok {
			return q.Owner, false, true, nil
		}
		if k.word == "sequence" && id != 0 && id < catalog.DatabaseID {
			if name, ok := c.Format.Names.RegOut(types.RegclassOID, id); ok {
				return 0, false, false, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a sequence", name)
			}
		}
		return owner, true, id != 0 && id < catalog.DatabaseID, nil
	case types.RegnamespaceOID:
		x, ok := cat.SchemaByID(id)
		if !ok {
			return 0, false, false, nil
		}
		return x.Owner, id == catalog.PgCatalogID || id == catalog.PublicID || id == catalog.InformationSchemaID, true, nil
	}
	return owner, false, id != 0, nil
}

// hasColumn reports that the column argument names a column of the table.
func hasColumn(c *Ctx, s Session, tableAt int, table types.Datum, colAt int, col types.Datum) (bool, error) {
	id := uint32(table.Int())
	if c.argT(tableAt).Rep() != types.RepInt && c.Format.Names != nil {
		var err error
		if id, err = c.Format.Names.RegIn(types.RegclassOID, table.Text()); err != nil {
			return false, err
		}
	}
	t, ok := s.Catalog().TableByID(id)
	if !ok {
		return true, nil
	}
	if c.argT(colAt).Rep() == types.RepInt {
		return t.Column(int16(col.Int())) != nil, nil
	}
	if t.ColumnByName(col.Text()) == nil {
		return false, pgerr.Newf(pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", col.Text(), t.Name)
	}
	return true, nil
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
		if !known {
			return nil, badParam("unrecognized privilege type: \"%s\"", word)
		}
		list = append(list, w)
	}
	return list, nil
}

// hasRole is pg_has_role([user,] role, privilege): nobody is a member of another
// role; superusers are of all.
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
	k := privilegeKind{all: []string{"USAGE", "MEMBER", "USAGE WITH ADMIN OPTION", "MEMBER WITH ADMIN OPTION"}}
	if _, err := parsePrivileges(&k, a[len(a)-1].Text()); err != nil {
		return types.Datum{}, err
	}
	return types.Bool(who != nil && (who.Super || target != nil && who.ID == target.ID)), nil
}
