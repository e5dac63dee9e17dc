package indextest_test

import (
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/indextest"
)

func TestModel(t *testing.T) {
	indextest.Run(t, indextest.Options{Recall: 1, Entries: 500}, func(_ *testing.T, spec vectorindex.Spec) indextest.Live {
		return indextest.NewModel(spec)
	})
}
