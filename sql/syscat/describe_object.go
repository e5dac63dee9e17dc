package syscat

import (
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// DescribeObject is pg_describe_object: an object in words, "" for one that is not there.
// ok is false for a class that it does not know.
func (p *Printer) DescribeObject(class, id catalog.ID, sub int16) (text string, ok bool) {
	c := p.Catalog
	switch class {
	case classRelation:
		text = p.describeRelation(id)
		if sub != 0 && text != "" {
			name := p.columnName(id, sub)
			if name == "" {
				return "", true
			}
			text = "column " + name + " of " + text
		}
		return text, true
	case classConstr, classAttrdef, classTrigger, classPolicy:
		return p.describePart(class, id), true
	case classRewrite:
		t, ok := c.TableByID(id) // a view's rule has its number
		if !ok || !t.HasQuery() {
			return "", false
		}
		return "rule _RETURN on " + p.describeRelation(t.ID), true
	case classProc:
		f, ok := c.FunctionByID(id)
		if !ok {
			return "", false
		}
		var args []string
		for _, t := range f.InputTypes() {
			args = append(args, p.typeName(types.Of(t), 0))
		}
		return "function " + p.relName(f.Schema, f.Name) + "(" + strings.Join(args, ",") + ")", true
	case classAuthid:
		if x, ok := c.RoleByID(id); ok {
			text = "role " + x.Name
		}
		return text, true
	case classDatabase:
		if x, ok := c.DatabaseByID(id); ok {
			text = "database " + x.Name
		}
		return text, true
	case classStatistics:
		return p.describeStatistics(id), true
	case classDefaultACL:
		return p.describeDefaultACL(id), true
	case classAmop:
		return p.describeMember("operator", catalogRows("amop"), id), true
	case classAmproc:
		return p.describeMember("function", catalogRows("amproc"), id), true
	case CollationClass:
		if x, ok := c.CollationByID(id); ok && x.Schema != catalog.PgCatalogID {
			return "collation " + p.relName(x.Schema, x.Name), true
		}
	case classExtension:
		for _, e := range c.Extensions() {
			if e.ID == id {
				return "extension " + e.Name, true
			}
		}
	}
	text = p.describeBorn(class, id)
	return text, text != ""
}

// describeRelation names a relation or an index with its kind.
func (p *Printer) describeRelation(id catalog.ID) string {
	if t, ok := p.Catalog.TableByID(id); ok {
		kind := "table "
		switch t.Kind {
		case catalog.KindView:
			kind = "view "
		case catalog.KindMatView:
			kind = "materialized view "
		case catalog.KindComposite:
			kind = "composite type "
		}
		return kind + p.relName(t.Schema, t.Name)
	}
	if x, ok := p.Catalog.IndexByID(id); ok {
		if t, ok := p.Catalog.TableByID(x.Table); ok {
			return "index " + p.relName(t.Schema, x.Name)
		}
	}
	if s, ok := p.Catalog.SequenceByID(id); ok {
		return "sequence " + p.relName(s.Schema, s.Name)
	}
	if o := bornClasses().byOID[id]; o != nil {
		return relationKinds[o.row[16][0]] + " " + p.relName(o.schema, o.name)
	}
	return ""
}

// columnName is the name of a relation's column, a system column's included; "" for none.
func (p *Printer) columnName(rel catalog.ID, num int16) string {
	t, ok := p.Catalog.TableByID(rel)
	switch s := ByOID(rel); {
	case num < 0 && (ok || s != nil):
		return systemColumnNames[num]
	case s != nil && int(num) <= len(s.Columns):
		return s.Columns[num-1].Name
	case ok:
		if c := t.Column(num); c != nil && !c.Dropped {
			return c.Name
		}
	}
	return ""
}

// systemColumnNames are the columns that every table has, by number.
var systemColumnNames = map[int16]string{-1: "ctid", -2: "xmin", -3: "cmin", -4: "xmax", -5: "cmax", -6: "tableoid"}

// describePart names what belongs to a table: a constraint, default value, trigger or
// policy. A domain's constraint goes by its name alone.
func (p *Printer) describePart(class, id catalog.ID) string {
	for _, t := range p.Catalog.Tables() {
		name := ""
		switch class {
		case classConstr:
			for _, k := range p.Catalog.AllConstraints(t) {
				if k.ID == id {
					name = "constraint " + k.Name
				}
			}
			for _, g := range t.Triggers {
				if g.Constraint != 0 && g.Constraint == id {
					name = "constraint " + g.Name
				}
			}
		case classTrigger:
			for _, g := range t.Triggers {
				if g.ID == id {
					name = "trigger " + g.Name
				}
			}
			eachInternal(p.Catalog, t, func(_ *catalog.Table, c *catalog.Constraint, i int) {
				if c.TriggerID(i) == id {
					name = "trigger " + c.TriggerName(i)
				}
			})
		case classPolicy:
			for _, x := range t.Policies {
				if x.ID == id {
					name = "policy " + x.Name
				}
			}
		case classAttrdef:
			for i := range t.Columns {
				if x := &t.Columns[i]; !x.Dropped && x.Default != "" && x.DefaultID == id {
					return "default value for column " + x.Name + " of " + p.describeRelation(t.ID)
				}
			}
		}
		if name != "" {
			return name + " on " + p.describeRelation(t.ID)
		}
	}
	if class == classConstr {
		for _, d := range p.Catalog.Types() {
			for _, k := range d.Checks {
				if k.ID == id {
					return "constraint " + k.Name
				}
			}
		}
	}
	return ""
}

// bornKinds are the words for what only a database is born with, by class.
var bornKinds = map[catalog.ID]string{
	CollationClass: "collation ", ConversionClass: "conversion ", TSDictClass: "text search dictionary ", TSParserClass: "text search parser ",
	TSConfigClass: "text search configuration ", TSTemplateClass: "text search template ",
}

const (
	classTablespace catalog.ID = 1213
)

// describeBorn is DescribeObject of what a database is born with.
func (p *Printer) describeBorn(class, id catalog.ID) string {
	typeName := func(text string) string { return p.typeName(types.Of(number(text)), 0) }
	switch class {
	case classCast:
		for _, f := range bornRows("pg_cast") {
			if number(f[0]) == id {
				return "cast from " + typeName(f[1]) + " to " + typeName(f[2])
			}
		}
	case classTablespace:
		return map[catalog.ID]string{1663: "tablespace pg_default", 1664: "tablespace pg_global"}[id]
	}
	x := bornClassIndexes[class]
	if x == nil {
		return ""
	}
	o := x().byOID[id]
	if o == nil {
		return ""
	}
	switch class {
	case OperatorClass:
		left := "NONE"
		if o.row[7] != "0" {
			left = typeName(o.row[7])
		}
		return "operator " + o.name + "(" + left + "," + typeName(o.row[8]) + ")"
	case OpclassClass, OpfamilyClass:
		kind := map[catalog.ID]string{OpclassClass: "operator class ", OpfamilyClass: "operator family "}[class]
		for _, f := range catalogRows("am") {
			if f[0] == o.row[1] {
				return kind + p.relName(o.schema, o.name) + " for access method " + f[1]
			}
		}
	}
	if kind := bornKinds[class]; kind != "" {
		return kind + p.relName(o.schema, o.name)
	}
	return ""
}

// describeMember names an operator or a function of an operator family by the rows of
// pg_amop or pg_amproc.
func (p *Printer) describeMember(what string, rows [][]string, id catalog.ID) string {
	class, of := OperatorClass, 6 // the operator's column
	if what == "function" {
		class, of = ProcClass, 5
	}
	for _, f := range rows {
		if number(f[0]) != id {
			continue
		}
		member := number(f[of])
		if !isDigits(f[of]) {
			member = procOID(f[of])
		}
		text, _ := p.DescribeObject(class, member, 0)
		if f := builtin.FuncByOID(member); f != nil && text == "" {
			args := make([]string, len(f.Args))
			for i, t := range f.Args {
				args[i] = p.typeName(types.Of(t), 0)
			}
			text = "function " + p.ident(f.Name) + "(" + strings.Join(args, ",") + ")"
		}
		if text == "" {
			text = p.describe(member)
		}
		family, _ := p.DescribeObject(classOpfamily, number(f[1]), 0)
		if family == "" {
			family = p.describe(number(f[1]))
		}
		return what + " " + f[4] + " (" + p.typeName(types.Of(number(f[2])), 0) + ", " + p.typeName(types.Of(number(f[3])), 0) + ") of " +
			family + ": " + strings.TrimPrefix(text, what+" ")
	}
	return ""
}

// newObjects are the words for what default privileges are for.
var newObjects = map[byte]string{'r': "relations", 'S': "sequences", 'f': "functions", 'T': "types", 'n': "schemas"}

func (p *Printer) describeDefaultACL(id catalog.ID) string {
	for _, x := range p.Catalog.DefaultRights() {
		if x.ID != id {
			continue
		}
		role, _ := p.Catalog.RoleByID(x.Role)
		text := "default privileges on new " + newObjects[defaultACLKind(x)] + " belonging to role " + role.Name
		if x.Schema != 0 {
			text += " in schema " + p.Catalog.SchemaName(x.Schema)
		}
		return text
	}
	return ""
}
