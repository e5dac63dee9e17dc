package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// firstInitOID is where the numbers begin that a server's making gives out: from
// here on a number means nothing on another server.
const firstInitOID = 10000

// objects tells what the numbers of a server's objects name, and the numbers again.
// What was dropped stays known.
type objects struct {
	names   map[string]string // by number
	numbers map[string]string // by name
	stale   bool
}

func newObjects() *objects {
	return &objects{names: map[string]string{}, numbers: map[string]string{}, stale: true}
}

// namesQuery lists objects: number, kind, name, and the numbers of what they belong
// to, which are part of the name.
const namesQuery = `
SELECT oid::text, 'schema', nspname::text, '' FROM pg_catalog.pg_namespace WHERE oid >= 10000
UNION ALL SELECT c.oid::text, 'relation', CASE WHEN c.relnamespace = 99 THEN 'toast ' || c.relkind::text ELSE c.relname::text END,
  c.relnamespace::text || CASE WHEN c.relnamespace = 99 THEN ' ' || pg_catalog.regexp_replace(c.relname, '[^0-9]', '', 'g') ELSE '' END
  FROM pg_catalog.pg_class c WHERE c.oid >= 10000
UNION ALL SELECT oid::text, 'type', CASE WHEN typrelid <> 0 THEN 'row' ELSE typname::text END,
  typnamespace::text || CASE WHEN typrelid <> 0 THEN ' ' || typrelid::text ELSE '' END
  FROM pg_catalog.pg_type WHERE oid >= 10000 AND NOT (typcategory = 'A' AND typelem >= 10000)
UNION ALL SELECT oid::text, 'array', '', typelem::text FROM pg_catalog.pg_type WHERE oid >= 10000 AND typcategory = 'A' AND typelem >= 10000
UNION ALL SELECT oid::text, 'function', proname::text, pronamespace::text || ' ' || proargtypes::text FROM pg_catalog.pg_proc WHERE oid >= 10000
UNION ALL SELECT oid::text, 'operator', oprname::text, oprnamespace::text || ' ' || oprleft::text || ' ' || oprright::text FROM pg_catalog.pg_operator WHERE oid >= 10000
UNION ALL SELECT oid::text, 'constraint', conname::text, conrelid::text || ' ' || contypid::text FROM pg_catalog.pg_constraint WHERE oid >= 10000
UNION ALL SELECT oid::text, 'default', adnum::text, adrelid::text FROM pg_catalog.pg_attrdef
UNION ALL SELECT oid::text, 'trigger', tgname::text, tgrelid::text || ' ' || tgfoid::text || ' ' || tgconstraint::text FROM pg_catalog.pg_trigger
UNION ALL SELECT oid::text, 'policy', polname::text, polrelid::text FROM pg_catalog.pg_policy
UNION ALL SELECT oid::text, 'same', '', ev_class::text FROM pg_catalog.pg_rewrite -- a view and its rule can have one number
UNION ALL SELECT oid::text, 'label', enumlabel::text, enumtypid::text FROM pg_catalog.pg_enum
UNION ALL SELECT oid::text, 'extension', extname::text, '' FROM pg_catalog.pg_extension WHERE oid >= 10000
UNION ALL SELECT oid::text, 'language', lanname::text, '' FROM pg_catalog.pg_language WHERE oid >= 10000
UNION ALL SELECT oid::text, 'access method', amname::text, '' FROM pg_catalog.pg_am WHERE oid >= 10000
UNION ALL SELECT oid::text, 'operator class', opcname::text, opcmethod::text FROM pg_catalog.pg_opclass WHERE oid >= 10000
UNION ALL SELECT oid::text, 'operator family', opfname::text, opfmethod::text FROM pg_catalog.pg_opfamily WHERE oid >= 10000
UNION ALL SELECT oid::text, 'family operator', amopstrategy::text, amopfamily::text || ' ' || amoplefttype::text || ' ' || amoprighttype::text FROM pg_catalog.pg_amop WHERE oid >= 10000
UNION ALL SELECT oid::text, 'family function', amprocnum::text, amprocfamily::text || ' ' || amproclefttype::text || ' ' || amprocrighttype::text FROM pg_catalog.pg_amproc WHERE oid >= 10000
UNION ALL SELECT oid::text, 'cast', '', castsource::text || ' ' || casttarget::text FROM pg_catalog.pg_cast WHERE oid >= 10000
UNION ALL SELECT oid::text, 'collation', collname::text, collencoding::text FROM pg_catalog.pg_collation WHERE oid >= 10000
UNION ALL SELECT oid::text, 'conversion', conname::text, '' FROM pg_catalog.pg_conversion WHERE oid >= 10000
UNION ALL SELECT oid::text, 'text search', 'configuration ' || cfgname, '' FROM pg_catalog.pg_ts_config WHERE oid >= 10000
UNION ALL SELECT oid::text, 'text search', 'dictionary ' || dictname, '' FROM pg_catalog.pg_ts_dict WHERE oid >= 10000
UNION ALL SELECT oid::text, 'text search', 'template ' || tmplname, '' FROM pg_catalog.pg_ts_template WHERE oid >= 10000
UNION ALL SELECT oid::text, 'database', datname::text, '' FROM pg_catalog.pg_database
UNION ALL SELECT oid::text, 'role', rolname::text, '' FROM pg_catalog.pg_roles WHERE oid >= 10000`

// refresh reads the names anew where statements may have changed them. In a failed
// transaction nothing can be asked: what is known must do.
func (o *objects) refresh(ctx context.Context, c *client) error {
	if !o.stale || c.conn == nil || c.conn.IsClosed() || c.conn.TxStatus() == 'E' {
		return nil
	}
	results, err := readAll(c.conn.Exec(ctx, namesQuery))
	if err != nil {
		return fmt.Errorf("the names of objects: %w", err)
	}
	type row struct{ kind, name, parts string }
	rows := map[string]row{}
	for _, r := range results[0].rows {
		// Numbers can be given twice, in different catalogs: the first kind counts.
		if n := string(r[0]); rows[n].kind == "" {
			rows[n] = row{string(r[1]), string(r[2]), string(r[3])}
		}
	}
	var nameOf func(number string, depth int) string
	nameOf = func(number string, depth int) string {
		r, ok := rows[number]
		if !ok || depth > 5 {
			return number
		}
		if r.kind == "same" {
			return nameOf(r.parts, depth+1)
		}
		name := r.kind + " " + numberIn.ReplaceAllStringFunc(r.name, func(n string) string { return n[:1] + nameOf(n[1:], depth+1) })
		for _, p := range strings.Fields(r.parts) {
			if p != "0" && p != "11" {
				name += ", " + nameOf(p, depth+1)
			}
		}
		return name
	}
	for number, r := range rows {
		name := nameOf(number, 0)
		o.names[number] = name
		if r.kind != "same" {
			o.numbers[name] = number
		}
	}
	o.stale = false
	return nil
}

// numberIn is a number that is part of a name, such as a foreign key's trigger's.
var numberIn = regexp.MustCompile(`_\d{5,10}`)

// numbersIn calls f for what may be the number of an object in a text and puts in
// what f gives for it.
func numbersIn(text string, f func(number string) (string, bool)) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if end == at {
			at++
			continue
		}
		stands := (at == 0 || !joins(text[at-1]) || text[at-1] == '_') && (end == len(text) || !joins(text[end]) || text[end] == '_')
		if n := end - at; stands && n >= 5 && n <= 10 {
			if put, ok := f(text[at:end]); ok {
				b.WriteString(text[done:at])
				b.WriteString(put)
				done = end
			}
		}
		at = end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// joins reports a byte that makes a number beside it part of something longer.
func joins(c byte) bool { return wordByte(c) || c == '.' || c == '-' || c == ':' || c == '$' }

// said is a text with what its numbers name.
func (o *objects) said(text string) string {
	return numbersIn(text, func(n string) (string, bool) {
		name, ok := o.names[n]
		return "<" + name + ">", ok
	})
}
