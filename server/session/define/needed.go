package define

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// neededAll looks for what a refused statement needs; done reports that something is missing
// and that the statement, IF EXISTS, is content with a notice.
func (e *Env) neededAll(st *ast.Other) (done bool, err error) {
	for i := range st.Needs {
		n := &st.Needs[i]
		err := e.needed(n)
		if err == nil {
			continue
		}
		pe, _ := pgerr.As(err)
		if !st.Skip || pe == nil || !missing(err) || noSuchMethod(n) {
			return false, err
		}
		e.notice("00000", "%s, skipping", skippedNeed(n, pe.Message))
		done = true
		if n.Kind == ast.ObjRole || n.Kind == "SERVER" {
			return true, nil
		}
	}
	return done, nil
}

func noSuchMethod(n *ast.Need) bool { return n.Method != "" && syscat.MethodID(n.Method) == 0 }

// skippedNeed is what IF EXISTS says of what is not there.
func skippedNeed(n *ast.Need, message string) string {
	if n.Kind == "TRANSFORM" && !strings.HasPrefix(message, "type ") {
		return fmt.Sprintf("transform for type %s language %q does not exist", typesAsWritten(n.Types), n.Name.Name)
	}
	if n.Method != "" {
		return strings.Replace(message, fmt.Sprintf("%q does", n.Name.Name), fmt.Sprintf("%q does", dotted(&n.Name)), 1)
	}
	return message
}

// needed is PostgreSQL's error where an object is not there, nil where it is or may be.
func (e *Env) needed(n *ast.Need) error {
	switch n.Kind {
	case ast.ObjRole:
		_, err := e.roleNamed(n.Name.Name)
		return err
	case ast.ObjType:
		_, err := bind.TypeName(&n.Types[0], e.options())
		return placeless(err)
	case ast.ObjFunction, "EVENT FUNCTION":
		return e.neededFunction(n)
	case ast.ObjRule, "RULE TARGET":
		return e.neededRule(n)
	case "OPERATOR CLASS", "OPERATOR FAMILY":
		return e.neededByMethod(n)
	case ast.ObjCast, ast.ObjOperator:
		d := &ast.Drop{Kind: n.Kind, Names: []ast.QName{n.Name}, Args: [][]ast.TypeName{n.Types}}
		wrong, _, err := e.missingByTypes(d, 0)
		if wrong != nil {
			return wrong
		}
		if pgerr.Code(err) == pgerrcode.DependentObjectsStillExist { // the system has it
			return nil
		}
		return err
	case "TRANSFORM":
		t, err := bind.TypeName(&n.Types[0], e.options())
		if err != nil {
			return placeless(err)
		}
		if !ofSystem("LANGUAGE", n.Name.Name) {
			return pgerr.Newf(pgerrcode.UndefinedObject, "language %q does not exist", n.Name.Name)
		}
		return pgerr.Newf(pgerrcode.UndefinedObject, "transform for type %s language %q does not exist", types.FormatType(types.Of(t.OID)), n.Name.Name)
	case "SOURCE ENCODING", "DESTINATION ENCODING":
		if charset.Lookup(n.Name.Name) == nil {
			return pgerr.Newf(pgerrcode.UndefinedObject, "%s %q does not exist", strings.ToLower(string(n.Kind)), n.Name.Name)
		}
		return nil
	case ast.ObjParameter:
		if _, _, err := e.SettingWritten(&ast.Set{Name: n.Name.Name, Reset: true}); pgerr.Code(err) == pgerrcode.UndefinedObject || pgerr.Code(err) == pgerrcode.InvalidName {
			return pgerr.Newf(pgerrcode.InvalidName, "invalid parameter name %q", n.Name.Name)
		}
		return nil
	case ast.ObjTable:
		if _, err := e.table(&n.Name); err != nil && e.other(&n.Name) == nil {
			return err
		}
		return nil
	case ast.ObjSchema:
		if _, ok := e.Catalog.Schema(n.Name.Name); !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Name.Name)
		}
		return nil
	case "EVENT", "FILTER":
		return eventNamed(n)
	case "FOREIGN TABLE":
		if _, err := e.table(&n.Name); err != nil {
			return err
		}
		return notKind(n.Name.Name, "a foreign table")
	}
	return e.neededNamed(n)
}

// eventNamed looks at the words of CREATE EVENT TRIGGER.
func eventNamed(n *ast.Need) error {
	name := n.Name.Name
	if n.Kind == "FILTER" {
		switch {
		case name != "tag":
			return pgerr.Newf(pgerrcode.SyntaxError, "unrecognized filter variable %q", name)
		case n.Absent:
			return pgerr.Newf(pgerrcode.SyntaxError, "filter variable %q specified more than once", name)
		}
		return nil
	}
	switch name {
	case "ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite":
		return nil
	}
	return pgerr.Newf(pgerrcode.SyntaxError, "unrecognized event name %q", name)
}

// neededNamed is needed of what one name names, and of which there is what every system has.
func (e *Env) neededNamed(n *ast.Need) error {
	what, ok := unmade[n.Kind]
	if !ok {
		return nil
	}
	if n.Name.Schema != "" {
		if _, ok := e.Catalog.Schema(n.Name.Schema); !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Name.Schema)
		}
	}
	there := ofSystem(n.Kind, n.Name.Name)
	switch {
	case n.Absent && there:
		return pgerr.Newf(pgerrcode.DuplicateObject, "%s %q already exists", what, n.Name.Name)
	case n.Absent || there:
		return nil
	case n.Kind == "LARGE OBJECT":
		return pgerr.Newf(pgerrcode.UndefinedObject, "%s %s does not exist", what, n.Name.Name)
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "%s %q does not exist", what, dotted(&n.Name))
}

func (e *Env) neededFunction(n *ast.Need) error {
	_, err := e.routine(ast.ObjFunction, &n.Name, n.Types)
	if _, system := err.(systemFunction); err != nil && !system {
		return err
	}
	if n.Kind == "EVENT FUNCTION" { // no function here returns that type
		return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "function %s must return type event_trigger", dotted(&n.Name))
	}
	return nil
}

// neededRule is needed of a rule, or of the table that one would be on.
func (e *Env) neededRule(n *ast.Need) error {
	t, err := e.table(&n.Name)
	if err != nil {
		if o := e.other(&n.Name); o == nil || n.Kind == ast.ObjRule {
			return err
		}
		return nil
	}
	if n.Kind != ast.ObjRule {
		return nil
	}
	if n.Own == "_RETURN" && (t.Kind == catalog.KindView || t.Kind == catalog.KindMatView) {
		return nil
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "rule %q for relation %q does not exist", n.Own, t.Name)
}

// neededByMethod is needed of an operator class or family.
func (e *Env) neededByMethod(n *ast.Need) error {
	if syscat.MethodID(n.Method) == 0 {
		return pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", n.Method)
	}
	if n.Name.Schema != "" {
		if _, ok := e.Catalog.Schema(n.Name.Schema); !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Name.Schema)
		}
	}
	found := syscat.HasOpFamily
	if n.Kind == "OPERATOR CLASS" {
		found = func(method, name string) bool {
			_, ok := syscat.OpClassInput(method, name)
			return ok
		}
	}
	if found(n.Method, n.Name.Name) {
		return nil
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "%s %q does not exist for access method %q", strings.ToLower(string(n.Kind)), n.Name.Name, n.Method)
}

// kindWords is a kind of objects in a message.
func kindWords(kind ast.ObjectKind) string {
	if w, ok := unmade[kind]; ok {
		return w
	}
	return strings.ToLower(string(kind))
}
