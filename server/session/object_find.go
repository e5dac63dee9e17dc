package session

import (
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

func (a *address) routine() error {
	args, err := a.types(a.argTypes...)
	if err != nil {
		return err
	}
	path, name, err := a.qualified(a.parts)
	if err != nil {
		return err
	}
	kind := byte(0)
	for _, s := range path {
		if a.id, kind, err = a.Routine(a.ctx, s, name, args); err != nil || a.id != 0 {
			break
		}
	}
	sign := a.signature(args)
	wrong := func(format string) error { return pgerr.Newf(pgerrcode.WrongObjectType, format, sign) }
	switch {
	case err != nil:
		return err
	case a.id == 0 && a.what == "aggregate" && len(args) == 0:
		return pgerr.Newf(pgerrcode.UndefinedFunction, "aggregate %s(*) does not exist", strings.Join(a.parts, "."))
	case a.id == 0:
		return pgerr.Newf(pgerrcode.UndefinedFunction, "%s %s does not exist", a.what, sign)
	case a.what == "function" && kind == 'p':
		return wrong("%s is not a function")
	case a.what == "procedure" && kind != 'p':
		return wrong("%s is not a procedure")
	case a.what == "aggregate" && kind != 'a':
		return wrong("function %s is not an aggregate")
	}
	return nil
}

func (a *address) operator() error {
	args, err := a.types(a.argTypes...)
	if err != nil {
		return err
	}
	path, name, err := a.qualified(a.parts)
	if err != nil && pgerr.Code(err) != pgerrcode.InvalidSchemaName { // a schema that is not there has no operators
		return err
	}
	for _, s := range path {
		if a.id, err = a.Operator(a.ctx, s, name, args[0], args[1]); err != nil || a.id != 0 {
			return err
		}
	}
	left, _ := a.typeName(args[0])
	right, _ := a.typeName(args[1])
	return pgerr.Newf(pgerrcode.UndefinedFunction, "operator does not exist: %s %s %s", left, strings.Join(a.parts, "."), right)
}

// method finds the access method that is the first name.
func (a *address) method() (catalog.ID, error) {
	id, err := a.Named(a.ctx, methodClass, a.parts[0])
	if err == nil && id == 0 {
		err = pgerr.Newf(pgerrcode.UndefinedObject, "access method \"%s\" does not exist", a.parts[0])
	}
	return id, err
}

// ofMethod finds an operator class or family by the names behind the access method's.
func (a *address) ofMethod(class catalog.ID, what string, parts []string) (catalog.ID, error) {
	method, err := a.method()
	if err != nil {
		return 0, err
	}
	id, err := a.inSchema(class, parts, method)
	if err == nil && id == 0 {
		err = pgerr.Newf(pgerrcode.UndefinedObject, "%s \"%s\" does not exist for access method \"%s\"", what, strings.Join(parts, "."), a.parts[0])
	}
	return id, err
}

// member finds an operator or a function of a family.
func (a *address) member() error {
	last := len(a.parts) - 1
	family, err := a.ofMethod(syscat.OpfamilyClass, "operator family", a.parts[1:last])
	if err != nil {
		return err
	}
	args, err := a.types(a.argTypes...)
	if err != nil {
		return err
	}
	number := leadingInt(a.parts[last])
	if a.id, err = a.Member(a.ctx, a.class, family, number, args[0], args[1]); err != nil || a.id != 0 {
		return err
	}
	what, _, _ := strings.Cut(a.what, " ")
	text, _ := a.s.Definition("object "+strconv.Itoa(int(syscat.OpfamilyClass)), family, 0, false)
	return pgerr.Newf(pgerrcode.UndefinedObject, "%s %d (%s, %s) of %s does not exist", what, number,
		writtenType(a.argTypes[0]), writtenType(a.argTypes[1]), text)
}

// leadingInt is C's atoi.
func leadingInt(text string) int64 {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && (text[0] == '-' || text[0] == '+')) {
		end++
	}
	n, _ := strconv.ParseInt(text[:end], 10, 64)
	return int64(int32(n))
}

func (a *address) cast() error {
	of, err := a.types(a.typ, a.argTypes[0])
	if err != nil {
		return err
	}
	if a.id, err = a.Cast(a.ctx, of[0], of[1]); err != nil || a.id != 0 {
		return err
	}
	from, _ := a.typeName(of[0])
	to, _ := a.typeName(of[1])
	return pgerr.Newf(pgerrcode.UndefinedObject, "cast from type %s to type %s does not exist", from, to)
}

func (a *address) domainConstraint() error {
	of, err := a.types(a.typ)
	if err != nil {
		return err
	}
	kind, err := a.TypeKind(a.ctx, of[0])
	switch {
	case err != nil:
		return err
	case kind != 'd':
		return pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a domain", writtenType(a.typ))
	}
	if a.id, err = a.Part(a.ctx, constraintClass, a.args[0], of[0]); err != nil || a.id != 0 {
		return err
	}
	name, _ := a.typeName(of[0])
	return pgerr.Newf(pgerrcode.UndefinedObject, "constraint \"%s\" for domain %s does not exist", a.args[0], name)
}

// part finds a trigger, policy, rule or constraint of a relation.
func (a *address) part() error {
	last := len(a.parts) - 1
	if last < 1 {
		return pgerr.New(pgerrcode.SyntaxError, "must specify relation and object name")
	}
	rel, err := a.relation(a.parts[:last])
	if err != nil {
		return err
	}
	table := a.parts[last-1]
	kind, err := a.RelationKind(a.ctx, rel)
	switch {
	case err != nil:
		return err
	case kind == 'i' || kind == 'I':
		return pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is an index", table)
	case kind == 'c':
		return pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is a composite type", table)
	}
	if a.id, err = a.Part(a.ctx, a.class, a.parts[last], rel); err != nil || a.id != 0 {
		return err
	}
	of := "table"
	if a.what == "rule" {
		of = "relation"
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "%s \"%s\" for %s \"%s\" does not exist", strings.TrimPrefix(a.what, "table "), a.parts[last], of, table)
}

// column finds a column, or its default value.
func (a *address) column() error {
	last := len(a.parts) - 1
	if last < 1 {
		return pgerr.New(pgerrcode.SyntaxError, "column name must be qualified")
	}
	rel, err := a.relation(a.parts[:last])
	if err != nil {
		return err
	}
	name := a.parts[last]
	_, num, ok, err := a.Column(a.ctx, rel, name, 0)
	if err != nil {
		return err
	}
	missing := "column"
	if a.what == "default value" {
		missing = "default value for column"
		if ok {
			if a.id, err = a.Default(a.ctx, rel, num); err != nil {
				return err
			}
			ok = a.id != 0
		}
	} else {
		a.id, a.sub = rel, int32(num)
	}
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedColumn, "%s \"%s\" of relation \"%s\" does not exist", missing, name, a.parts[last-1])
	}
	return nil
}

// relationOf finds a relation of one of the kinds (pg_class.relkind).
func relationOf(kinds string) func(*address) error {
	return func(a *address) error {
		id, err := a.relation(a.parts)
		if err != nil {
			return err
		}
		kind, err := a.RelationKind(a.ctx, id)
		if err != nil {
			return err
		}
		if a.id = id; strings.IndexByte(kinds, kind) >= 0 {
			return nil
		}
		article := "a"
		if a.what == "index" {
			article = "an"
		}
		return pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not %s %s", a.parts[len(a.parts)-1], article, a.what)
	}
}

func (a *address) defaultACL() error {
	kind := a.args[0][:min(1, len(a.args[0]))]
	words := map[string]string{"r": "tables", "S": "sequences", "f": "functions", "T": "types", "n": "schemas"}
	if words[kind] == "" {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized default ACL object type \"%s\"", kind).
			WithHint("Valid object types are \"%s\", \"%s\", \"%s\", \"%s\", \"%s\".", "r", "S", "f", "T", "n")
	}
	role, err := a.Named(a.ctx, roleClass, a.parts[0])
	if err != nil {
		return err
	}
	in, schema := "", catalog.ID(0)
	if len(a.parts) > 1 {
		in = " in schema \"" + a.parts[1] + "\""
		if schema, err = a.Named(a.ctx, schemaClass, a.parts[1]); err != nil {
			return err
		}
	}
	if role != 0 && (in == "") == (schema == 0) {
		if a.id, err = a.DefaultACL(a.ctx, role, schema, kind[0]); err != nil || a.id != 0 {
			return err
		}
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "default ACL for user \"%s\"%s on %s does not exist", a.parts[0], in, words[kind])
}

// alone finds an object by a name without a schema.
func (a *address) alone() (err error) {
	if a.id, err = a.Named(a.ctx, a.class, a.parts[0]); err != nil || a.id != 0 {
		return err
	}
	switch a.class {
	case schemaClass:
		return noSchema(a.parts[0])
	case databaseClass:
		return pgerr.Newf(pgerrcode.InvalidCatalogName, "database \"%s\" does not exist", a.parts[0])
	}
	return nil
}

func noSchema(name string) error {
	return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", name)
}

func (a *address) largeObject() error {
	d, err := types.ParseText(types.Of(types.OidOID), a.parts[0], nil)
	if err != nil {
		return err
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "large object %d does not exist", d.Int())
}

func (a *address) userMapping() error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "user mapping for user \"%s\" on server \"%s\" does not exist", a.parts[0], a.args[0])
}

// published looks for what a publication, of which there is none, publishes.
func (a *address) published() error {
	if a.what == "publication relation" {
		if _, err := a.relation(a.parts); err != nil {
			return err
		}
	} else if id, err := a.Named(a.ctx, schemaClass, a.parts[0]); err != nil {
		return err
	} else if id == 0 {
		return noSchema(a.parts[0])
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "publication \"%s\" does not exist", a.args[0])
}

func (a *address) transform() error {
	of, err := a.types(a.typ)
	if err != nil {
		return err
	}
	language, err := a.Named(a.ctx, languageClass, a.args[0])
	switch {
	case err != nil:
		return err
	case language == 0:
		return pgerr.Newf(pgerrcode.UndefinedObject, "language \"%s\" does not exist", a.args[0])
	}
	name, _ := a.typeName(of[0])
	return pgerr.Newf(pgerrcode.UndefinedObject, "transform for type %s language \"%s\" does not exist", name, a.args[0])
}
