package syscat

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// CheckClass refuses numbers that are of no catalog with objects, and parts of objects
// that have none (getObjectClass).
func CheckClass(class catalog.ID, sub int32) error {
	if class != classRelation && sub != 0 {
		return pgerr.Newf(pgerrcode.InternalError, "invalid non-zero objectSubId for object class %d", class)
	}
	if objectClasses[class] == nil {
		return pgerr.Newf(pgerrcode.InternalError, "unrecognized object class: %d", class)
	}
	return nil
}

// Identify describes an object. Errors: XX000 for a class that has no objects.
func (o *Objects) Identify(ctx context.Context, class, id catalog.ID, sub int32) (builtin.Identity, error) {
	if err := CheckClass(class, sub); err != nil {
		return builtin.Identity{}, err
	}
	k := objectClasses[class]
	x := builtin.Identity{Kind: k.kind}
	r, err := o.row(ctx, class, id)
	if err != nil || r == nil {
		return x, err
	}
	if k.hasSchema() {
		x.Schema = o.ident(schemaName(o.env.Catalog(), r.oid(objSchema)))
	}
	if k.single {
		x.Name = o.ident(r.text(objName))
	}
	i := identifier{o, ctx, &x, nil}
	switch {
	case class == classRelation:
		i.relation(r, sub)
	case identifiers[class] != nil:
		identifiers[class](&i, r)
	case k.hasSchema():
		x.Identity = o.qualified(r.oid(objSchema), r.text(objName))
		x.Names = []string{o.schemaName(r.oid(objSchema)), r.text(objName)}
	default:
		x.Identity, x.Names = x.Name, []string{r.text(objName)}
	}
	return x, i.err
}

// identifier fills an identity in.
type identifier struct {
	*Objects
	ctx context.Context
	x   *builtin.Identity
	err error
}

var identifiers = map[catalog.ID]func(*identifier, objectRow){
	classType: func(i *identifier, r objectRow) {
		i.x.Identity = i.typ(r.id())
		i.x.Names = []string{i.x.Identity}
	},
	classProc: (*identifier).routine, classConstr: (*identifier).constraint, classAttrdef: (*identifier).defaultValue,
	classTrigger: (*identifier).part, classPolicy: (*identifier).part, classRewrite: (*identifier).part,
	classOperator: (*identifier).operator, classOpclass: (*identifier).class, classOpfamily: (*identifier).ofMethod,
	classAmop: func(i *identifier, r objectRow) { i.member(r, "operator") }, classAmproc: func(i *identifier, r objectRow) { i.member(r, "function") },
	classCast: func(i *identifier, r objectRow) {
		from, to := i.typ(r.oid(1)), i.typ(r.oid(2))
		i.x.Identity = "(" + from + " AS " + to + ")"
		i.x.Names, i.x.Args = []string{from}, []string{to}
	},
	classDefaultACL: (*identifier).defaultACL,
	classNamespace: func(i *identifier, r objectRow) {
		i.x.Names = []string{i.schemaName(r.id())}
		i.x.Identity = i.ident(i.x.Names[0])
	},
}

func (i *identifier) typ(id catalog.ID) string {
	name, err := i.typeName(i.ctx, id)
	if err != nil {
		i.err = err
	}
	return name
}

// find is the row of another object; an empty one where it is not there.
func (i *identifier) find(class, id catalog.ID) objectRow {
	r, err := i.row(i.ctx, class, id)
	if err != nil {
		i.err = err
	}
	if r == nil {
		r = make(objectRow, 1+len(strings.Fields(objectClasses[class].columns)))
	}
	return r
}

// relationKinds are the words for pg_class.relkind.
var relationKinds = map[byte]string{
	'r': "table", 'p': "table", 'i': "index", 'I': "index", 'S': "sequence", 't': "toast table", 'v': "view", 'm': "materialized view",
	'c': "composite type", 'f': "foreign table",
}

func (i *identifier) relation(r objectRow, sub int32) {
	x := i.x
	x.Kind = relationKinds[byte(r[relKind].Int())]
	if sub == 0 {
		x.Identity, x.Names = i.names(r)
		return
	}
	x.Kind += " column"
	name, _, ok, err := i.Column(i.ctx, r.id(), "", int16(sub))
	if i.err = err; !ok {
		x.Schema, x.Name = "", ""
		return
	}
	x.Identity, x.Names = i.names(r)
	x.Identity += "." + i.ident(name)
	x.Names = append(x.Names, name)
}

// names are a relation's identity and the parts of its name.
func (i *identifier) names(r objectRow) (string, []string) {
	return i.qualified(r.oid(objSchema), r.text(objName)), []string{i.schemaName(r.oid(objSchema)), r.text(objName)}
}

// routineKinds are the words for pg_proc.prokind; windows' functions count as functions.
var routineKinds = map[byte]string{'f': "function", 'w': "function", 'a': "aggregate", 'p': "procedure"}

func (i *identifier) routine(r objectRow) {
	args, err := i.typeNames(i.ctx, argTypes(r)...)
	if i.err = err; err != nil {
		return
	}
	i.x.Kind = routineKinds[byte(r[procKind].Int())]
	i.x.Identity, i.x.Names = i.names(r)
	i.x.Identity += "(" + strings.Join(args, ",") + ")"
	i.x.Args = args
}

func (i *identifier) constraint(r objectRow) {
	name := r.text(objName)
	i.x.Identity = i.ident(name) + " on "
	if rel := r.oid(conRelation); rel != 0 {
		identity, names := i.names(i.find(classRelation, rel))
		i.x.Kind = "table constraint"
		i.x.Identity += identity
		i.x.Names = append(names, name)
		return
	}
	domain := i.typ(r.oid(conType))
	i.x.Kind = "domain constraint"
	i.x.Identity += domain
	i.x.Names, i.x.Args = []string{domain}, []string{name}
}

func (i *identifier) defaultValue(r objectRow) {
	name, _, _, err := i.Column(i.ctx, r.oid(1), "", int16(r[2].Int()))
	if err != nil {
		i.err = err
		return
	}
	identity, names := i.names(i.find(classRelation, r.oid(1)))
	i.x.Identity = "for " + identity + "." + i.ident(name)
	i.x.Names = append(names, name)
}

// part is what belongs to a relation: a trigger, policy or rule.
func (i *identifier) part(r objectRow) {
	identity, names := i.names(i.find(classRelation, r.oid(partRelation)))
	i.x.Identity = i.ident(r.text(objName)) + " on " + identity
	i.x.Names = append(names, r.text(objName))
}

func (i *identifier) operator(r objectRow) {
	left := "NONE"
	if id := r.oid(oprLeft); id != 0 {
		left = i.typ(id)
		i.x.Args = []string{left}
	}
	right := i.typ(r.oid(oprRight))
	i.x.Args = append(i.x.Args, right)
	i.x.Names = []string{i.schemaName(r.oid(objSchema)), r.text(objName)}
	i.x.Identity = i.ident(i.x.Names[0]) + "." + r.text(objName) + "(" + left + "," + right + ")"
}

// ofMethod is an operator family, whose access method PostgreSQL does not quote.
func (i *identifier) ofMethod(r objectRow) {
	method := i.find(classAm, r.oid(methodOf)).text(objName)
	identity, names := i.names(r)
	i.x.Identity = identity + " USING " + method
	i.x.Names = append([]string{method}, names...)
}

// class is an operator class.
func (i *identifier) class(r objectRow) {
	i.ofMethod(r)
	identity, _ := i.names(r)
	i.x.Identity = identity + " USING " + i.ident(i.x.Names[0])
}

// member is an operator or a function of a family.
func (i *identifier) member(r objectRow, what string) {
	i.ofMethod(i.find(classOpfamily, r.oid(memberFamily)))
	left, right := i.typ(r.oid(memberLeft)), i.typ(r.oid(memberRight))
	number := strconv.FormatInt(r[memberNumber].Int(), 10)
	i.x.Identity = fmt.Sprintf("%s %s (%s, %s) of %s", what, number, left, right, i.x.Identity)
	i.x.Names, i.x.Args = append(i.x.Names, number), []string{left, right}
}

// defaultACLKinds are the words for pg_default_acl.defaclobjtype.
var defaultACLKinds = map[byte]string{'r': "tables", 'S': "sequences", 'f': "functions", 'T': "types", 'n': "schemas"}

func (i *identifier) defaultACL(r objectRow) {
	role := i.find(classAuthid, r.oid(1)).text(objName)
	i.x.Identity, i.x.Names = "for role "+i.ident(role), []string{role}
	if s := r.oid(2); s != 0 {
		i.x.Identity += " in schema " + i.ident(i.schemaName(s))
		i.x.Names = append(i.x.Names, i.schemaName(s))
	}
	i.x.Identity += " on " + defaultACLKinds[byte(r[3].Int())]
	i.x.Args = []string{string(byte(r[3].Int()))}
}
