package catalog

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// references are what a descriptor may refer to: the OIDs that it has, and the words of
// its SQL texts, which name what they use. They are too many rather than too few: who
// locks what it refers to by them may wait for nothing, but misses nothing.
type references struct {
	ids   map[ID]struct{}
	words map[string]struct{}
	texts []string // for names that are not words
}

// untold are the fields of descriptors whose strings name no other object: names of
// their own, remarks, and bodies of functions, which refer to nothing until they run.
var untold = map[string]bool{
	"Name": true, "ArrayName": true, "Shown": true, "Comment": true, "Declared": true, "Body": true, "Method": true,
	"Labels": true, "OldTable": true, "NewTable": true, "Version": true, "Key": true, "Password": true,
}

// referencesIn collects what is in a descriptor; nil has nothing.
func referencesIn(x any) *references {
	r := &references{ids: map[ID]struct{}{}, words: map[string]struct{}{}}
	if x != nil {
		r.walk(reflect.ValueOf(x))
	}
	return r
}

func (r *references) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			r.walk(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !untold[f.Name] {
				r.walk(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			r.walk(v.Index(i))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			r.walk(it.Key())
			r.walk(it.Value())
		}
	case reflect.Uint32:
		if id := ID(v.Uint()); id != 0 {
			r.ids[id] = struct{}{}
		}
	case reflect.String:
		r.text(v.String())
	}
}

// text adds the words of an SQL text; those that are numbers may be OIDs, as in '16384'::regclass.
func (r *references) text(s string) {
	if s == "" {
		return
	}
	r.texts = append(r.texts, s)
	for start := 0; start < len(s); {
		n := wordLen(s[start:])
		if n == 0 {
			start++
			continue
		}
		w := s[start : start+n]
		start += n
		r.words[w] = struct{}{}
		if w[0] >= '0' && w[0] <= '9' {
			if id, err := strconv.ParseUint(w, 10, 32); err == nil {
				r.ids[ID(id)] = struct{}{}
			}
		}
	}
}

// wordLen is how long the word is that s begins with.
func wordLen(s string) int {
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '$' && c < 0x80 && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return i
		}
	}
	return len(s)
}

// known is how descriptors refer to an object: by its OIDs, those of its types among them,
// and by its names.
type known struct {
	Object
	ids   [3]ID
	names [2]string
}

// mention reports that a descriptor may refer to an object.
func (r *references) mention(k *known) bool {
	for _, id := range k.ids {
		if _, ok := r.ids[id]; ok && id != 0 {
			return true
		}
	}
	return r.name(k.names[0]) || r.name(k.names[1])
}

func (r *references) name(s string) bool {
	switch {
	case s == "" || len(r.texts) == 0:
		return false
	case wordLen(s) == len(s):
		_, ok := r.words[s]
		return ok
	}
	quoted := strings.ReplaceAll(s, `"`, `""`)
	for _, t := range r.texts {
		if strings.Contains(t, quoted) {
			return true
		}
	}
	return false
}

func knownTable(x *Table) known {
	return known{Object{RelationClass, x.ID}, [3]ID{x.ID, x.TypeID, x.ArrayID}, [2]string{x.Name, x.ArrayName}}
}

func knownSequence(x *Sequence) known {
	return known{Object{SequenceClass, x.ID}, [3]ID{x.ID}, [2]string{x.Name}}
}

func knownType(x *Type) known {
	return known{Object{TypeClass, x.ID}, [3]ID{x.ID, x.Array}, [2]string{x.Name, x.ArrayName}}
}

func knownFunction(x *Function) known {
	return known{Object{FunctionClass, x.ID}, [3]ID{x.ID}, [2]string{x.Name}}
}

func knownCollation(x *Collation) known {
	return known{Object{CollationClass, x.ID}, [3]ID{x.ID}, [2]string{x.Name}}
}

// A schema is referred to by OID alone: what is in it goes by the names it has there.
func knownSchema(x *Schema) known { return known{Object: Object{SchemaClass, x.ID}, ids: [3]ID{x.ID}} }

// known finds an object of the layer.
func (l *Layer) known(o Object) (known, bool) {
	switch o.Class {
	case RelationClass:
		return knownIn(l.tableByID, o.ID, knownTable)
	case SequenceClass:
		return knownIn(l.seqByID, o.ID, knownSequence)
	case TypeClass:
		return knownIn(l.typeByID, o.ID, knownType)
	case FunctionClass:
		return knownIn(l.funcByID, o.ID, knownFunction)
	case CollationClass:
		return knownIn(l.collations, o.ID, knownCollation)
	case SchemaClass:
		return knownIn(l.schemaByID, o.ID, knownSchema)
	}
	return known{}, false
}

func knownIn[V any](m map[ID]*V, id ID, as func(*V) known) (known, bool) {
	if x, ok := m[id]; ok {
		return as(x), true
	}
	return known{}, false
}

// referred lists the objects of the layer that r may mean, by class and OID.
func (l *Layer) referred(r *references) []Object {
	var out []Object
	for id := range r.ids {
		out = referredBy(out, l.schemaByID, id, knownSchema)
		out = referredBy(out, l.tableByID, id, knownTable)
		out = referredBy(out, l.seqByID, id, knownSequence)
		out = referredBy(out, l.typeByID, id, knownType)
		out = referredBy(out, l.funcByID, id, knownFunction)
		out = referredBy(out, l.collations, id, knownCollation)
		if x, ok := l.rowTypes[id]; ok {
			out = append(out, Object{RelationClass, x.Table.ID})
		}
	}
	if len(r.texts) > 0 {
		out = named(out, l.tableByID, r, knownTable)
		out = named(out, l.seqByID, r, knownSequence)
		out = named(out, l.typeByID, r, knownType)
		out = named(out, l.funcByID, r, knownFunction)
		out = named(out, l.collations, r, knownCollation)
	}
	slices.SortFunc(out, func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
	})
	return slices.Compact(out)
}

func referredBy[V any](out []Object, m map[ID]*V, id ID, as func(*V) known) []Object {
	if x, ok := m[id]; ok {
		out = append(out, as(x).Object)
	}
	return out
}

func named[V any](out []Object, m map[ID]*V, r *references, as func(*V) known) []Object {
	for _, x := range m {
		if k := as(x); r.name(k.names[0]) || r.name(k.names[1]) {
			out = append(out, k.Object)
		}
	}
	return out
}
