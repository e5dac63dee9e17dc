package ast

import "strconv"

type (
	// Definition is an attribute in the definition of an object: CREATE TYPE … AS RANGE,
	// CREATE AGGREGATE. Names and types are Type, operators Op, and all else Value; all
	// nil: the attribute alone.
	Definition struct {
		At
		Name  string
		Type  *TypeName
		Op    *QName
		Value *Lit
	}
	// CreateRange is CREATE TYPE … AS RANGE.
	CreateRange struct {
		At
		Name QName
		Defs []Definition
	}
)

func (*CreateRange) stmt() {}

// Text is an attribute's value as text, "" if it has none.
func (d *Definition) Text() string {
	switch {
	case d.Type != nil && d.Type.Name.Schema != "":
		return d.Type.Name.Schema + "." + d.Type.Name.Name
	case d.Type != nil:
		return d.Type.Name.Name
	case d.Op != nil && d.Op.Schema != "":
		return d.Op.Schema + "." + d.Op.Name
	case d.Op != nil:
		return d.Op.Name
	case d.Value == nil:
		return ""
	case d.Value.Kind == LitInt:
		return strconv.FormatInt(d.Value.Int, 10)
	case d.Value.Kind == LitBool:
		return strconv.FormatBool(d.Value.Bool)
	}
	return d.Value.Text
}

// Bare reports an attribute without a value.
func (d *Definition) Bare() bool { return d.Type == nil && d.Op == nil && d.Value == nil }

// Ref is the name that an attribute gives; ok is false when it is none.
func (d *Definition) Ref() (name QName, ok bool) {
	switch {
	case d.Type != nil:
		return d.Type.Name, true
	case d.Op != nil:
		return *d.Op, true
	case d.Value != nil && d.Value.Kind == LitString:
		return QName{At: d.At, Name: d.Value.Text}, true
	}
	return QName{}, false
}

func (p *printer) definitions(list []Definition) {
	p.s("(")
	for i := range list {
		d := &list[i]
		p.sep(i)
		p.s(QuoteIdent(d.Name))
		if d.Bare() {
			continue
		}
		p.s(" = ")
		switch {
		case d.Type != nil:
			p.typeName(*d.Type)
		case d.Op != nil && d.Op.Schema != "":
			p.s("OPERATOR(", QuoteIdent(d.Op.Schema), ".", d.Op.Name, ")")
		case d.Op != nil:
			p.s(d.Op.Name)
		default:
			p.expr(d.Value)
		}
	}
	p.s(")")
}

func (p *printer) createRange(v *CreateRange) {
	p.s("CREATE TYPE ")
	p.objectName(ObjType, v.Name)
	p.s(" AS RANGE ")
	p.definitions(v.Defs)
}
