package define

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

func (e *Env) createDomain(ctx context.Context, st *ast.CreateDomain) error {
	d, err := e.newType(ctx, &st.Name, catalog.DomainType)
	if err != nil {
		return err
	}
	if d.Base, err = bind.TypeName(&st.Type, e.options()); err != nil {
		return err
	}
	d.NDims = int16(len(st.Type.ArrayDims))
	if over := bind.UserDomain(&st.Type, e.options()); over != nil {
		d.Over = over.ID
	}
	info := types.Lookup(d.Base.OID)
	if info.Type == 'p' {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "%q is not a valid base type for a domain", types.TypeName(d.Base.OID)).At(int(st.Type.Pos))
	}
	of := typeCollation(d.Base)
	if over, ok := e.Catalog.TypeByID(d.Over); ok && d.Over != 0 {
		of = over.Collation
	}
	if elem, ok := e.Catalog.TypeByID(d.Base.ElemDomain()); ok && d.Base.ElemDomain() != 0 {
		of = elem.Collation
	}
	if d.Collation, err = e.collationOf(st.Collation, d.Base, of); err != nil {
		return err
	}
	if err := e.domainConstraints(ctx, d, st.Constraints); err != nil {
		return err
	}
	return e.edit.PutType(d)
}

// domainConstraints reads the constraints of CREATE DOMAIN.
func (e *Env) domainConstraints(ctx context.Context, d *catalog.Type, list []ast.Constraint) error {
	null, given := false, false
	for i := range list {
		k := &list[i]
		switch k.Kind {
		case ast.ConDefault:
			if given {
				return pgerr.New(pgerrcode.SyntaxError, "multiple default expressions")
			}
			given = true
			if err := e.setDomainDefault(d, k.Expr); err != nil {
				return err
			}
		case ast.ConNotNull, ast.ConNull:
			if null && (d.NotNull != (k.Kind == ast.ConNotNull)) {
				return pgerr.New(pgerrcode.SyntaxError, "conflicting NULL/NOT NULL constraints")
			}
			null, d.NotNull = true, k.Kind == ast.ConNotNull
		case ast.ConCheck:
			if k.NoInherit {
				return pgerr.New(pgerrcode.InvalidObjectDefinition, "check constraints for domains cannot be marked NO INHERIT")
			}
		default:
			return domainCannot(k)
		}
	}
	if over, ok := e.Catalog.TypeByID(d.Over); ok && d.Over != 0 && !given {
		d.Default = over.Default // as it is now
	}
	for i := range list { // the others are there when the checks are bound
		if list[i].Kind == ast.ConCheck {
			if _, err := e.domainCheck(ctx, d, &list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// domainCannot refuses the constraints that only tables have.
func domainCannot(k *ast.Constraint) error {
	code, what := pgerrcode.SyntaxError, ""
	switch k.Kind {
	case ast.ConUnique:
		what = "unique constraints not possible for domains"
	case ast.ConPrimary:
		what = "primary key constraints not possible for domains"
	case ast.ConForeign:
		what = "foreign key constraints not possible for domains"
	case ast.ConExclusion:
		what = "exclusion constraints not possible for domains"
	case ast.ConIdentity: // as the grammar numbers it
		code, what = pgerrcode.InternalError, "unrecognized constraint subtype: 3"
	case ast.ConGenerated:
		code, what = pgerrcode.InternalError, "unrecognized constraint subtype: 4"
	default:
		code, what = pgerrcode.FeatureNotSupported, "specifying constraint deferrability not supported for domains"
	}
	return pgerr.New(code, what)
}

func (e *Env) setDomainDefault(d *catalog.Type, x ast.Expr) error {
	text, err := e.storedText(x, nil, bind.Default, d.Base, d.Name)
	if d.Default = text; text == "" && err == nil && d.Over != 0 {
		d.Default = "NULL::" + types.FormatType(d.Base) // it stands before the default that a copy would have
	}
	return err
}

// domainCheck adds a CHECK constraint to a copy of a domain.
func (e *Env) domainCheck(ctx context.Context, d *catalog.Type, k *ast.Constraint) (*catalog.Constraint, error) {
	value := bind.DomainValue(d.Base)
	value.Columns[0].Domain = d.Over // shown where it is used as the base type
	text, err := e.storedText(k.Expr, value, bind.Check, types.Of(types.BoolOID), "")
	if err != nil {
		return nil, err
	}
	c := &catalog.Constraint{Name: k.Name, Kind: catalog.CheckConstraint, Expr: text, Validated: !k.NotValid}
	taken := func(name string) bool {
		return slices.ContainsFunc(d.Checks, func(c *catalog.Constraint) bool { return c.Name == name })
	}
	switch {
	case c.Name == "":
		c.Name = d.Name + "_check"
		for n := 1; taken(c.Name); n++ {
			c.Name = d.Name + "_check" + strconv.Itoa(n)
		}
	case taken(c.Name):
		return nil, pgerr.Newf(pgerrcode.DuplicateObject, "constraint %q for domain %q already exists", c.Name, d.Name)
	}
	if c.ID, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	d.Checks = append(slices.Clone(d.Checks), c)
	return c, nil
}

// domain finds the domain that a statement changes, as a copy.
func (e *Env) domain(n *ast.QName) (*catalog.Type, error) {
	t, err := e.alteredType(ast.ObjDomain, n)
	if err != nil {
		return nil, err
	}
	c := *t
	return &c, nil
}

func (e *Env) alterDomain(ctx context.Context, st *ast.AlterDomain) error {
	d, err := e.domain(&st.Name)
	if err != nil {
		return err
	}
	e.change(ctx)
	switch st.Action {
	case ast.DomainDefault:
		if d.Default = ""; st.Expr != nil {
			if err := e.setDomainDefault(d, st.Expr); err != nil {
				return err
			}
		}
	case ast.DomainDropNotNull:
		d.NotNull = false
	case ast.DomainSetNotNull:
		if !d.NotNull {
			d.NotNull = true
			err = e.checkDomain(ctx, d, nil)
		}
	case ast.DomainAddConstraint:
		err = e.addDomainConstraint(ctx, d, st.Constraint)
	case ast.DomainDropConstraint:
		err = e.dropDomainConstraint(d, st)
	case ast.DomainValidate:
		err = e.validateDomain(ctx, d, st.Con)
	}
	if err != nil {
		return err
	}
	return e.putDomain(d)
}

// putDomain stores a changed domain, and its tables so that whoever writes them learns of it.
func (e *Env) putDomain(d *catalog.Type) error {
	if err := e.edit.PutType(d); err != nil {
		return err
	}
	for _, t := range e.Catalog.Tables() {
		if slices.ContainsFunc(t.Columns, func(c catalog.Column) bool {
			return e.hasDomain(&c, d.ID) || !c.Dropped && e.holdsDomain(c.Type.OID, d.ID)
		}) {
			if err := e.putTable(copyTable(t)); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdsDomain reports a type whose values have parts of the domain, or of one made over it.
func (e *Env) holdsDomain(of types.OID, id catalog.ID) bool {
	if of < types.FirstTypeOID {
		return false
	}
	info := types.Lookup(of)
	if info != nil && info.IsArray {
		elem, ok := e.Catalog.TypeByID(info.Elem)
		if ok && elem.Kind == catalog.DomainType {
			return e.hasDomain(&catalog.Column{Domain: elem.ID}, id) || e.holdsDomain(elem.Base.OID, id)
		}
		return e.holdsDomain(info.Elem, id)
	}
	r, ok := e.Catalog.RowType(of)
	return ok && slices.ContainsFunc(r.Table.Columns, func(c catalog.Column) bool {
		return !c.Dropped && (e.hasDomain(&c, id) || e.holdsDomain(c.Type.OID, id))
	})
}

// hasDomain reports a column of the domain, or of one made over it.
func (e *Env) hasDomain(c *catalog.Column, id catalog.ID) bool {
	for at := c.Domain; at != 0 && !c.Dropped; {
		if at == id {
			return true
		}
		d, ok := e.Catalog.TypeByID(at)
		if !ok {
			return false
		}
		at = d.Over
	}
	return false
}

func (e *Env) addDomainConstraint(ctx context.Context, d *catalog.Type, k *ast.Constraint) error {
	switch k.Kind {
	case ast.ConCheck:
	case ast.ConNotNull:
		return pgerr.NotSupported(int(k.Pos), "NOT NULL as a constraint of ALTER DOMAIN ADD is not supported").WithHint("Use ALTER DOMAIN ... SET NOT NULL.")
	default:
		return domainCannot(k)
	}
	c, err := e.domainCheck(ctx, d, k)
	if err != nil || k.NotValid {
		return err
	}
	return e.checkDomain(ctx, d, c)
}

func (e *Env) dropDomainConstraint(d *catalog.Type, st *ast.AlterDomain) error {
	at := slices.IndexFunc(d.Checks, func(c *catalog.Constraint) bool { return c.Name == st.Con })
	switch {
	case at >= 0:
		d.Checks = slices.Delete(slices.Clone(d.Checks), at, at+1)
	case st.IfExists:
		e.notice("00000", "constraint %q of domain %q does not exist, skipping", st.Con, d.Name)
	default:
		return noDomainConstraint(d, st.Con)
	}
	return nil
}

func (e *Env) commentDomainConstraint(st *ast.Comment, text string) error {
	d, err := e.domain(&st.Name)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(d.Checks, func(c *catalog.Constraint) bool { return c.Name == st.Column })
	if at < 0 {
		return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for domain %s does not exist", st.Column, d.Name)
	}
	k := *d.Checks[at]
	k.Comment = text
	d.Checks = slices.Clone(d.Checks)
	d.Checks[at] = &k
	return e.edit.PutType(d)
}

func noDomainConstraint(d *catalog.Type, name string) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q of domain %q does not exist", name, d.Name)
}

func (e *Env) validateDomain(ctx context.Context, d *catalog.Type, name string) error {
	at := slices.IndexFunc(d.Checks, func(c *catalog.Constraint) bool { return c.Name == name })
	if at < 0 {
		return noDomainConstraint(d, name)
	}
	c := *d.Checks[at]
	c.Validated = true
	d.Checks = slices.Clone(d.Checks)
	d.Checks[at] = &c
	return e.checkDomain(ctx, d, &c)
}

// checkDomain looks for values of the domain that do not fulfil a new demand: a check,
// or when that is nil NOT NULL.
func (e *Env) checkDomain(ctx context.Context, d *catalog.Type, c *catalog.Constraint) error {
	if err := e.domainFree(d); err != nil {
		return err
	}
	for _, t := range e.Catalog.Tables() {
		if t.Kind != catalog.KindTable {
			continue
		}
		for i := range t.Columns {
			col := &t.Columns[i]
			if !e.hasDomain(col, d.ID) {
				continue
			}
			if err := e.checkDomainColumn(ctx, t, col, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Env) checkDomainColumn(ctx context.Context, t *catalog.Table, col *catalog.Column, c *catalog.Constraint) error {
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	if c == nil {
		err := e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, t, col.Num)
		if pgerr.Code(err) == pgerrcode.NotNullViolation {
			return pgerr.Newf(pgerrcode.NotNullViolation, "column %q of table %q contains null values", col.Name, t.Name).
				OnTable(e.Catalog.SchemaName(t.Schema), t.Name).OnColumn(col.Name)
		}
		return err
	}
	cond, err := bind.StoredCheck(c.Expr, bind.DomainValue(col.Type), e.options())
	if err != nil {
		return err
	}
	over := expr.Rewrite(cond, func(x expr.Expr) expr.Expr {
		if v, ok := x.(*expr.Column); ok {
			return &expr.Column{Index: int(col.Num) - 1, T: v.T, Name: col.Name}
		}
		return x
	})
	err = e.Jobs.CheckAll(ctx, e.Txn, e.Catalog, t, over)
	if pgerr.Code(err) == pgerrcode.CheckViolation {
		return pgerr.Newf(pgerrcode.CheckViolation, "column %q of table %q contains values that violate the new constraint", col.Name, t.Name).
			OnTable(e.Catalog.SchemaName(t.Schema), t.Name).OnColumn(col.Name)
	}
	return err
}

// renameDomainConstraint is ALTER DOMAIN … RENAME CONSTRAINT.
func (e *Env) renameDomainConstraint(ctx context.Context, st *ast.Rename) error {
	d, err := e.domain(&st.Name)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(d.Checks, func(c *catalog.Constraint) bool { return c.Name == st.Old })
	switch {
	case at < 0:
		return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for domain %s does not exist", st.Old, d.Shown)
	case slices.ContainsFunc(d.Checks, func(c *catalog.Constraint) bool { return c.Name == st.New }):
		return pgerr.Newf(pgerrcode.DuplicateObject, "constraint %q for domain %s already exists", st.New, d.Shown)
	}
	e.change(ctx)
	c := *d.Checks[at]
	c.Name = st.New
	d.Checks = slices.Clone(d.Checks)
	d.Checks[at] = &c
	return e.putDomain(d)
}
