package plancache

import (
	"fmt"
	"testing"
)

type entry int64

func (e entry) Bytes() int64 { return int64(e) }

// What is offered once is not kept, and what is offered again is, though its key's bytes
// were used for others meanwhile.
func TestKeepsWhatComesAgain(t *testing.T) {
	c, err := New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var key []byte
	of := func(i int) []byte {
		key = fmt.Appendf(key[:0], "SELECT %d", i)
		return key
	}
	for i := range 100 {
		c.Put(of(i), entry(i+1))
	}
	for range 2 {
		c.Put(of(-1), entry(1000))
	}
	c.Wait()
	if s := c.Stats(); s.Entries != 1 {
		t.Errorf("%d entries", s.Entries)
	}
	if e, ok := c.Get(of(-1)); !ok || e.Bytes() != 1000 {
		t.Errorf("offered twice: %v, %v", e, ok)
	}
	if e, ok := c.Get(of(7)); ok {
		t.Errorf("offered once: %v", e)
	}
}
