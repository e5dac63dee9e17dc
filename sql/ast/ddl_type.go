package ast

// Statements about the types of users.
type (
	// CreateEnum is CREATE TYPE … AS ENUM.
	CreateEnum struct {
		At
		Name   QName
		Labels []string
	}
	// CreateComposite is CREATE TYPE … AS (…).
	CreateComposite struct {
		At
		Name    QName
		Columns []ColumnDef // name, type and collation
	}
	// CreateDomain is CREATE DOMAIN.
	CreateDomain struct {
		At
		Name        QName
		Type        TypeName
		Collation   *QName
		Constraints []Constraint
	}
	// AlterDomain is one action of ALTER DOMAIN.
	AlterDomain struct {
		At
		Name       QName
		Action     DomainAction
		Expr       Expr        // of DomainDefault, nil = DROP DEFAULT
		Constraint *Constraint // of DomainAddConstraint
		Con        string      // of DomainDropConstraint and DomainValidate
		IfExists   bool
		Cascade    bool
	}
	// AlterEnum is ALTER TYPE … ADD VALUE New, or with Old RENAME VALUE Old TO New.
	AlterEnum struct {
		At
		Name        QName
		Old, New    string
		Rename      bool
		IfNotExists bool
		Beside      bool // BEFORE or with After AFTER Neighbor, else at the end
		Neighbor    string
		After       bool
	}
)

func (*CreateEnum) stmt()      {}
func (*CreateComposite) stmt() {}
func (*CreateDomain) stmt()    {}
func (*AlterDomain) stmt()     {}
func (*AlterEnum) stmt()       {}
