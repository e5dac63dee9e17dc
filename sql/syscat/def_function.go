package syscat

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// functionPart writes a function or a part of its definition; false for other kinds.
func (p *Printer) functionPart(kind string, id catalog.ID, arg int) (text string, known bool) {
	var sys *systemFunction
	f, ok := p.Catalog.FunctionByID(id)
	if !ok {
		if sys = p.systemFunction(id); sys == nil {
			return "", false
		}
		f = &sys.Function
	}
	switch kind {
	case "functiondef":
		if sys != nil {
			return p.functionDef(sys), true
		}
		return p.FunctionDef(f), true
	case "aggregatename":
		return f.Name, f.Kind == 'a'
	case "functionargs", "functionidentity":
		if sys != nil && (sys.AggKind == 'o' || sys.AggKind == 'h') {
			return p.aggregateArgs(sys, p.argList(f, false)), true
		}
		return p.functionArgs(f, kind == "functionargs"), true
	case "functionresult":
		if f.IsProcedure() {
			return "", false
		}
		return p.functionResult(f), true
	case "functiondefault":
		if arg < 1 || arg > len(f.Args) || !f.Args[arg-1].IsInput() || f.Args[arg-1].Default == "" {
			return "", false
		}
		return p.flat(f.Args[arg-1].Default), true
	case "functionbody":
		if sys != nil {
			return sys.SQL, sys.SQL != ""
		}
		text := p.FunctionBody(f)
		return text, text != ""
	}
	return "", false
}

func (p *Printer) typeName(t types.T, domain catalog.ID) string {
	id := t.OID
	if domain != 0 {
		id = domain
	}
	if p.Type != nil {
		return p.Type(types.Of(id))
	}
	return types.TypeName(id)
}

// functionArgs lists the arguments; full adds defaults.
func (p *Printer) functionArgs(f *catalog.Function, full bool) string {
	return strings.Join(p.argList(f, full), ", ")
}

func (p *Printer) argList(f *catalog.Function, full bool) (l []string) {
	for i := range f.Args {
		a := &f.Args[i]
		if a.Mode == catalog.ArgTable {
			continue
		}
		s := map[byte]string{catalog.ArgOut: "OUT ", catalog.ArgInOut: "INOUT ", catalog.ArgVariadic: "VARIADIC "}[a.Mode]
		if f.IsProcedure() && a.Mode == catalog.ArgIn {
			s = "IN "
		}
		if a.Name != "" {
			s += p.ident(a.Name) + " "
		}
		s += p.typeName(a.Type, a.Domain)
		if full && a.Default != "" {
			s += " DEFAULT " + p.flat(a.Default)
		}
		l = append(l, s)
	}
	return l
}

func (p *Printer) functionResult(f *catalog.Function) string {
	var cols []string
	for i := range f.Args {
		if a := &f.Args[i]; a.Mode == catalog.ArgTable {
			cols = append(cols, p.ident(a.Name)+" "+p.typeName(a.Type, a.Domain))
		}
	}
	switch {
	case cols != nil:
		return "TABLE(" + strings.Join(cols, ", ") + ")"
	case f.RetSet:
		return "SETOF " + p.typeName(f.Ret, f.RetDomain)
	}
	return p.typeName(f.Ret, f.RetDomain)
}

// FunctionDef is pg_get_functiondef.
func (p *Printer) FunctionDef(f *catalog.Function) string {
	return p.functionDef(&systemFunction{Function: *f, SQL: p.FunctionBody(f)})
}

func (p *Printer) functionDef(f *systemFunction) string {
	var b strings.Builder
	word := "FUNCTION"
	if f.IsProcedure() {
		word = "PROCEDURE"
	}
	b.WriteString("CREATE OR REPLACE " + word + " " + p.qualified(f.Schema, f.Name) + "(" + p.functionArgs(&f.Function, true) + ")\n")
	if !f.IsProcedure() {
		b.WriteString(" RETURNS " + p.functionResult(&f.Function) + "\n")
	}
	b.WriteString(" LANGUAGE " + p.ident(f.Language) + "\n")
	if o := functionOptions(f); o != "" {
		b.WriteString(" " + o + "\n")
	}
	for _, s := range f.Settings {
		b.WriteString(" SET " + p.ident(s.Name) + " TO " + settingText(s.Name, s.Value) + "\n")
	}
	if f.SQL != "" {
		b.WriteString(f.SQL + "\n")
		return b.String()
	}
	quote := "$" + strings.ToLower(word)
	for strings.Contains(f.Body, quote) {
		quote += "x"
	}
	b.WriteString("AS ")
	if f.ObjFile != "" {
		b.WriteString(builtin.QuoteLiteral(f.ObjFile) + ", ")
	}
	b.WriteString(quote + "$" + f.Body + quote + "$\n")
	return b.String()
}

// functionOptions are those that are not as they are without a word.
func functionOptions(f *systemFunction) string {
	var l []string
	add := func(on bool, text string) {
		if on {
			l = append(l, text)
		}
	}
	cost := 100.0
	if f.Language == "internal" || f.Language == "c" {
		cost = 1
	}
	add(f.Kind == 'w', "WINDOW")
	add(f.Volatility == 'i', "IMMUTABLE")
	add(f.Volatility == 's', "STABLE")
	add(f.Parallel == 's', "PARALLEL SAFE")
	add(f.Parallel == 'r', "PARALLEL RESTRICTED")
	add(f.Strict, "STRICT")
	add(f.Definer, "SECURITY DEFINER")
	add(f.Leakproof, "LEAKPROOF")
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 32) }
	add(f.Cost != cost, "COST "+number(f.Cost))
	add(f.RetSet && f.Rows != 1000, "ROWS "+number(f.Rows))
	add(f.Support != "", "SUPPORT "+f.Support)
	return strings.Join(l, " ")
}

// listSettings are the settings whose value is a list of names.
var listSettings = map[string]bool{"search_path": true, "temp_tablespaces": true, "session_preload_libraries": true,
	"shared_preload_libraries": true, "local_preload_libraries": true, "unix_socket_directories": true}

func settingText(name, value string) string {
	if !listSettings[strings.ToLower(name)] {
		return builtin.QuoteLiteral(value)
	}
	var l []string
	for _, part := range splitNames(value) {
		l = append(l, builtin.QuoteLiteral(part))
	}
	return strings.Join(l, ", ")
}

// splitNames takes a list of names apart.
func splitNames(list string) (out []string) {
	var cur strings.Builder
	quoted := false
	flush := func() {
		out = append(out, strings.TrimSpace(cur.String()))
		cur.Reset()
	}
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"' && quoted && i+1 < len(list) && list[i+1] == '"':
			cur.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			flush()
		default:
			cur.WriteByte(c)
		}
	}
	flush()
	return out
}

// FunctionBody is pg_get_function_sqlbody: a body that was written in SQL, "" for others.
func (p *Printer) FunctionBody(f *catalog.Function) string {
	switch {
	case f.Return:
		if p.Returned == nil {
			return "RETURN " + f.Statements[0]
		}
		return "RETURN " + p.Returned(f, f.Statements[0])
	case !f.Atomic:
		return ""
	}
	var b strings.Builder
	b.WriteString("BEGIN ATOMIC\n")
	for _, s := range f.Statements {
		if p.Statement != nil {
			s = p.Statement(f, s)
		}
		b.WriteString(" " + strings.TrimLeft(s, " ") + ";\n")
	}
	b.WriteString("END")
	return b.String()
}
