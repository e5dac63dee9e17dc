package memkv_test

import (
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/kvtest"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

func TestConformance(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Engine { return memkv.New() })
}
