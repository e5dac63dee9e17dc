package pgerr

import "testing"

// Names and values stand in messages as they are.
func TestQuoting(t *testing.T) {
	e := Newf("42704", "role %q does not exist, %d%%", `a"b\cé`, 7).WithDetail("%q", "x\\y").WithHint("Try %q.", `"`)
	if e.Message != `role "a"b\cé" does not exist, 7%` || e.Detail != `"x\y"` || e.Hint != `Try """.` {
		t.Errorf("%q, %q, %q", e.Message, e.Detail, e.Hint)
	}
}
