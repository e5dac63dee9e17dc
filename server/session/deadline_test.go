package session

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A deadline that an operator met ends a statement as its timeout does, whichever context
// the error is looked at with.
func TestDeadlineIsTimeout(t *testing.T) {
	err := toPG(context.Background(), fmt.Errorf("scan: %w", context.DeadlineExceeded))
	if pgerr.Code(err) != pgerrcode.QueryCanceled {
		t.Errorf("got %v", err)
	}
}
