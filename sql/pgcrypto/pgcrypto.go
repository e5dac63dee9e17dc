// Package pgcrypto does what the functions of PostgreSQL's extension of that name do:
// digests, password hashes, ciphers, and messages of OpenPGP.
package pgcrypto

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// failed is the error of what cannot be done with the values that came.
func failed(text string) error { return pgerr.New(pgerrcode.ExternalRoutineInvocationException, text) }

func badParam(text string) error { return pgerr.New(pgerrcode.InvalidParameterValue, text) }

// unusable is the error of an algorithm that is not there.
func unusable(name, why string) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "Cannot use \"%s\": %s", strings.ToLower(name), why)
}
