package bind

import (
	"github.com/loxodb/loxodb/sql/ast"
)

// betweenNumbers reports a text that MySQL compares as a number with both ends of BETWEEN, as one
// of them is a number: it makes one type of all three.
func (b *binder) betweenNumbers(s *scope, x *ast.Between) (bool, error) {
	list, err := b.list(s, []ast.Expr{x.X, x.Lo, x.Hi})
	if err != nil {
		return false, err
	}
	isNumber := func(k kind) bool { return k == numberKind || k == boolKind }
	isText := func(k kind) bool { return k == textKind || k == enumKind }
	lo, hi := kindOf(list[1]), kindOf(list[2])
	return kindOf(list[0]) == textKind && (isNumber(lo) && isText(hi) || isText(lo) && isNumber(hi)), nil
}
