package builtin

import (
	"sort"
	"testing"
)

// Every piece of code must belong to a signature: a misspelt key would be dead.
func TestEveryKeyHasASignature(t *testing.T) {
	l := lib()
	sort.Strings(l.unused)
	for _, k := range l.unused {
		t.Errorf("no signature has the key %s", k)
	}
}

// Operators must lead somewhere, and commutators must exist.
func TestOperatorsAreConsistent(t *testing.T) {
	for _, o := range AllOperators() {
		if o.Func == nil {
			t.Errorf("operator %d %s has no function", o.OID, o.Name)
		}
		if o.Commutator != "" && ExactOperator(o.Commutator, o.Right, o.Left) == nil {
			t.Errorf("operator %d %s: no commutator %s", o.OID, o.Name, o.Commutator)
		}
	}
}
