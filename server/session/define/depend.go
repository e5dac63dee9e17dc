package define

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// object is something that DROP removes. Columns, defaults and constraints are
// named by their table and a number in it.
type object struct {
	kind objectKind
	id   catalog.ID // of a column, default or constraint: its table's
	attr int16      // of a column or default
	part catalog.ID // of a constraint or trigger
}

type objectKind uint8

const (
	schemaObject objectKind = iota
	tableObject             // or a view
	sequenceObject
	indexObject
	columnObject
	defaultObject
	constraintObject
	typeObject
	collationObject
	extensionObject
	extensionFunction
	classObject // an operator class of an extension for inverted indexes
	triggerObject
	functionObject
	policyObject      // part is the policy
	domainCheckObject // part is the constraint
	statisticsObject  // part is the object, id its table
)

// dependent is an object that cannot be without another; auto ones go with it
// unasked.
type dependent struct {
	object
	order catalog.ID // dependents are visited from the newest to the oldest
	auto  bool
}

// removal is what one DROP takes away, found as PostgreSQL finds it
// (findDependentObjects): depth first, dependents before what they depend on.
type removal struct {
	e      *Env
	named  map[object]bool
	found  map[object]bool
	silent map[object]bool
	steps  []removalStep
}

type removalStep struct {
	object
	on object // why it goes
}

// remove drops objects with all that depends on them: without cascade only what
// belongs to them goes unasked, anything else is an error.
func (e *Env) remove(ctx context.Context, targets []object, cascade bool) error {
	if len(targets) == 0 {
		return nil
	}
	if err := e.ownAll(ctx, targets); err != nil {
		return err
	}
	r := &removal{e: e, named: map[object]bool{}, found: map[object]bool{}, silent: map[object]bool{}}
	for _, t := range targets {
		r.named[t] = true
		if err := e.partOfRange(t, targets); err != nil {
			return err
		}
	}
	if err := r.visitAll(targets); err != nil {
		return err
	}
	if err := r.report(targets, cascade); err != nil {
		return err
	}
	e.going = r.found
	defer func() { e.going = nil }()
	for _, s := range r.steps {
		if err := e.removeObject(ctx, s.object); err != nil {
			return err
		}
	}
	return nil
}

// visitAll finds what goes with the targets.
func (r *removal) visitAll(targets []object) error {
	r.e.listed = list(r.e.Catalog)
	defer func() { r.e.listed = nil }()
	for _, t := range targets {
		if err := r.visit(t, object{}, true); err != nil {
			return err
		}
	}
	return nil
}

func (r *removal) visit(o, on object, auto bool) error {
	if o.kind == columnObject {
		if t, _ := r.e.Catalog.TableByID(o.id); r.e.inPartitionKey(t, o.attr) { // it does not go alone
			o = object{kind: tableObject, id: o.id}
		}
	}
	if auto {
		r.silent[o] = true
	}
	if r.found[o] {
		return nil
	}
	r.found[o] = true
	deps, err := r.e.dependents(o)
	if err != nil {
		return err
	}
	slices.SortStableFunc(deps, func(a, b dependent) int { return int(int64(b.order) - int64(a.order)) })
	for _, d := range deps {
		if err := r.visit(d.object, o, d.auto); err != nil {
			return err
		}
	}
	r.steps = append(r.steps, removalStep{o, on})
	return nil
}

// belongs reports whether an object goes anyway: it was named, it belongs to
// something that goes, or its table does.
func (r *removal) belongs(o object) bool {
	if r.named[o] || r.silent[o] {
		return true
	}
	switch o.kind {
	case defaultObject:
		return r.found[object{kind: tableObject, id: o.id}] || r.found[object{kind: columnObject, id: o.id, attr: o.attr}]
	case columnObject, triggerObject, policyObject:
		return r.found[object{kind: tableObject, id: o.id}]
	case constraintObject:
		return r.found[object{kind: tableObject, id: o.id}] || r.losesColumn(o)
	case domainCheckObject:
		return r.found[object{kind: typeObject, id: o.id}]
	}
	return false
}

// losesColumn reports a constraint on a column that goes.
func (r *removal) losesColumn(o object) bool {
	t, _ := r.e.Catalog.TableByID(o.id)
	return slices.ContainsFunc(constraintByID(t, o.part).Columns, func(a int16) bool {
		return r.found[object{kind: columnObject, id: o.id, attr: a}]
	})
}

// maxReported is how many dependents a message lists.
const maxReported = 100

// report refuses to drop what others depend on, or tells what goes with it.
func (r *removal) report(targets []object, cascade bool) error {
	var lines []string
	n := 0
	for i := len(r.steps) - 1; i >= 0; i-- {
		s := r.steps[i]
		if r.belongs(s.object) {
			continue
		}
		if n++; n > maxReported {
			continue
		}
		what := r.e.describe(s.object)
		if cascade {
			lines = append(lines, "drop cascades to "+what)
			continue
		}
		lines = append(lines, what+" depends on "+r.e.describe(s.on))
	}
	if n > maxReported {
		lines = append(lines, fmt.Sprintf("and %d other objects (see server log for list)", n-maxReported))
	}
	switch {
	case n == 0:
		return nil
	case cascade && n == 1:
		r.e.notice("00000", "%s", lines[0])
		return nil
	case cascade:
		note := pgerr.Newf("00000", "drop cascades to %d other objects", n).WithDetail("%s", strings.Join(lines, "\n"))
		note.Severity = pgerr.Notice
		r.e.Notice(note)
		return nil
	}
	err := pgerr.New(pgerrcode.DependentObjectsStillExist, "cannot drop desired object(s) because other objects depend on them")
	if len(targets) == 1 {
		err = pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because other objects depend on it", r.e.describe(targets[0]))
	}
	return err.WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// dependents are the objects that depend on one, directly.
func (e *Env) dependents(o object) ([]dependent, error) {
	switch o.kind {
	case schemaObject:
		return e.inSchema(o.id), nil
	case tableObject:
		t, _ := e.Catalog.TableByID(o.id)
		views, err := e.readers(relationOf(t), 0)
		views = append(views, e.functionReaders(relationOf(t))...)
		if t.HasRowType() {
			views = append(views, dependent{object: object{kind: typeObject, id: t.TypeID}, auto: true})
		}
		views = append(views, e.partDependents(t)...)
		views = append(views, e.referringToPart(t)...)
		views = append(views, e.triggersFrom(t)...)
		views = append(views, e.statisticsOf(t, 0)...)
		views = append(views, e.policyReaders(t, 0)...)
		return append(append(views, e.referring(t, func(*catalog.Constraint) bool { return true })...), e.owned(t.ID, 0)...), err
	case columnObject:
		return e.columnDependents(o)
	case indexObject:
		x, _ := e.Catalog.IndexByID(o.id)
		t, _ := e.Catalog.TableByID(x.Table)
		return append(e.parts(t, x, nil), e.referring(t, func(k *catalog.Constraint) bool { return k.Index == x.ID })...), nil
	case constraintObject:
		t, _ := e.Catalog.TableByID(o.id)
		if k := constraintByID(t, o.part); k.Kind == catalog.ForeignConstraint {
			return e.parts(t, nil, k), nil
		}
		if k := constraintByID(t, o.part); k.Index != 0 && k.Kind != catalog.ForeignConstraint {
			out, err := e.grouping(t, k)
			out = append(out, e.parts(t, nil, k)...)
			return append(out, dependent{object: object{kind: indexObject, id: k.Index}, order: k.Index, auto: true}), err
		}
	case triggerObject:
		t, _ := e.Catalog.TableByID(o.id)
		return e.triggerParts(t, triggerByID(t, o.part)), nil
	case sequenceObject:
		q, _ := e.Catalog.SequenceByID(o.id)
		return e.sequenceUsers(q)
	case typeObject:
		return e.typeUsers(o.id), nil
	case collationObject:
		return e.collationUsers(o.id), nil
	case extensionObject:
		return e.extensionParts(o.id), nil
	case extensionFunction:
		return e.callersOf(builtin.FuncByOID(o.id)), nil
	case classObject:
		return e.classUsers(o.id), nil
	case functionObject:
		return e.functionUsers(o.id)
	}
	return nil, nil
}

// grouping are the views that group by a primary key and show other columns beside it.
func (e *Env) grouping(t *catalog.Table, k *catalog.Constraint) (out []dependent, err error) {
	if k.Kind != catalog.PrimaryConstraint {
		return nil, nil
	}
	for _, v := range e.tables(ofQueries) {
		if !v.HasQuery() {
			continue
		}
		q, found := e.viewRefs(v, relationOf(t))
		if len(found.refs) == 0 {
			continue
		}
		o := e.options()
		o.Trace = bind.NewTrace()
		if _, err := bind.Bind(q, o); err != nil {
			return nil, err
		}
		if o.Trace.NeedsKey(k.ID) {
			out = append(out, dependent{object: object{kind: tableObject, id: v.ID}, order: v.ID})
		}
	}
	return out, nil
}

func (e *Env) inSchema(schema catalog.ID) (out []dependent) {
	for _, t := range e.Catalog.Tables() {
		for _, x := range t.ExtStatistics {
			if x.Schema == schema {
				out = append(out, dependent{object: object{kind: statisticsObject, id: t.ID, part: x.ID}, order: x.ID})
			}
		}
		switch {
		case t.Schema != schema:
		case t.Kind == catalog.KindComposite:
			out = append(out, dependent{object: object{kind: typeObject, id: t.TypeID}, order: t.ID})
		default:
			out = append(out, dependent{object: object{kind: tableObject, id: t.ID}, order: t.ID})
		}
	}
	for _, t := range e.Catalog.Types() {
		if t.Schema == schema && t.Kind != catalog.MultirangeType {
			out = append(out, dependent{object: object{kind: typeObject, id: t.ID}, order: born(t)})
		}
	}
	for _, x := range e.Catalog.Extensions() {
		if x.Schema == schema {
			out = append(out, dependent{object: object{kind: extensionObject, id: x.ID}, order: x.ID})
		}
	}
	for _, c := range e.Catalog.UserCollations() {
		if c.Schema == schema {
			out = append(out, dependent{object: object{kind: collationObject, id: c.ID}, order: c.ID})
		}
	}
	for _, f := range e.Catalog.AllFunctions() {
		if f.Schema == schema && f.PartOf == 0 {
			out = append(out, dependent{object: object{kind: functionObject, id: f.ID}, order: f.ID})
		}
	}
	for _, q := range e.Catalog.Sequences() {
		if q.Schema == schema {
			out = append(out, dependent{object: object{kind: sequenceObject, id: q.ID}, order: q.ID, auto: q.OwnerTable != 0})
		}
	}
	return out
}

// born places a type among other objects by when it was made; one without a note of that
// as far as its parts tell.
func born(t *catalog.Type) (id catalog.ID) {
	if t.Born != 0 {
		return t.Born
	}
	least := func(x catalog.ID) {
		if id == 0 || x < id {
			id = x
		}
	}
	if t.Enum != nil {
		for _, l := range t.Enum.Labels {
			least(l.OID)
		}
	}
	for _, c := range t.Checks {
		least(c.ID)
	}
	return id
}

// referring are the foreign keys to t that pick accepts, also its own.
func (e *Env) referring(t *catalog.Table, pick func(*catalog.Constraint) bool) (out []dependent) {
	for _, id := range e.Catalog.Referrers(t.ID) {
		child, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		for _, k := range child.Constraints {
			if k.Kind == catalog.ForeignConstraint && k.RefTable == t.ID && pick(k) {
				out = append(out, dependent{object: object{kind: constraintObject, id: id, part: k.ID}, order: k.ID})
			}
		}
	}
	return out
}

// owned are the sequences of a table, or of one column of it.
func (e *Env) owned(table catalog.ID, attr int16) (out []dependent) {
	var sequences []*catalog.Sequence
	if e.listed != nil {
		sequences = e.listed.sequences[table]
	} else {
		sequences = e.Catalog.Sequences()
	}
	for _, q := range sequences {
		if q.OwnerTable == table && (attr == 0 || q.OwnerAttr == attr) {
			out = append(out, dependent{object: object{kind: sequenceObject, id: q.ID}, order: q.ID, auto: true})
		}
	}
	return out
}

func (e *Env) columnDependents(o object) ([]dependent, error) {
	t, _ := e.Catalog.TableByID(o.id)
	out, err := e.columnReaders(t, o.attr)
	if err != nil {
		return nil, err
	}
	out = append(out, e.owned(t.ID, o.attr)...)
	out = append(out, e.triggersOfColumn(t, o.attr)...)
	out = append(out, e.policyReaders(t, o.attr)...)
	out = append(out, e.statisticsOf(t, o.attr)...)
	for _, x := range t.Indexes {
		if x.Unique && usesColumn(e, t, x, o.attr) {
			out = append(out, e.referring(t, func(k *catalog.Constraint) bool { return k.Index == x.ID })...)
		}
		if len(x.Exclude) > 0 && usesColumn(e, t, x, o.attr) { // asked about where only an expression reads it
			out = append(out, dependent{object: object{kind: constraintObject, id: t.ID, part: x.Constraint}, order: x.Constraint, auto: slices.Contains(x.Include, o.attr)})
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Generated != 0 && !c.Dropped && c.Num != o.attr && e.mentions(t, c.Default, o.attr) {
			out = append(out, dependent{object: object{kind: columnObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
		}
	}
	return out, nil
}

// defaultsFrom are the columns whose default draws from a sequence.
func (e *Env) defaultsFrom(seq catalog.ID) (out []dependent) {
	for _, t := range e.Catalog.Tables() {
		for i := range t.Columns {
			c := &t.Columns[i]
			if !c.Dropped && c.Identity == 0 && c.Default != "" && (c.SequenceID == seq || e.drawsFrom(c.Default, seq)) {
				out = append(out, dependent{object: object{kind: defaultObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
			}
		}
	}
	return out
}

// drawsFrom reports whether stored SQL text names the sequence in a constant
// that is cast to regclass.
func (e *Env) drawsFrom(text string, seq catalog.ID) bool {
	if !strings.Contains(text, "regclass") {
		return false
	}
	list, err := e.Parser.Parse("SELECT " + text)
	if err != nil || len(list) != 1 {
		return false
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		if c, ok := n.(*ast.Cast); ok {
			lit, ok := c.X.(*ast.Lit)
			found = found || ok && e.isRegclass(c, lit, seq)
		}
		return !found
	})
	return found
}
