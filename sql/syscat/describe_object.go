package syscat

import (
	"strings"

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
		if sub != 0 {
			t, ok := c.TableByID(id)
			if !ok {
				return "", false
			}
			col := t.Column(sub)
			if col == nil || col.Dropped {
				return "", true
			}
			text = "column " + col.Name + " of " + text
		}
		return text, text != ""
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
	return ""
}

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
