package builtin

import (
	"crypto/rand"
	mrand "math/rand/v2"
	"sync"

	"github.com/loxodb/loxodb/sql/types"
)

// uuidFuncs registers gen_random_uuid and the random numbers of chapter 9.3.
func uuidFuncs(r *registrar) {
	uuidOssp(r)
	r.eval("gen_random_uuid", func(*Ctx, []types.Datum) (types.Datum, error) {
		b := make([]byte, 16)
		if _, err := rand.Read(b); err != nil {
			return types.Datum{}, err
		}
		b[6] = b[6]&0x0f | 0x40
		b[8] = b[8]&0x3f | 0x80
		return types.Bytes(b), nil
	})
	r.eval("drandom", func(*Ctx, []types.Datum) (types.Datum, error) {
		seeded.Lock()
		defer seeded.Unlock()
		if seeded.rng != nil {
			return types.Float(seeded.rng.Float64()), nil
		}
		return types.Float(mrand.Float64()), nil
	})
	r.eval("setseed", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[0].Float()
		if !(v >= -1 && v <= 1) {
			return types.Datum{}, badParam("setseed parameter %g is out of allowed range [-1,1]", v)
		}
		seeded.Lock()
		defer seeded.Unlock()
		seeded.rng = mrand.New(mrand.NewPCG(uint64(int64(v*float64(1<<62))), 0x9e3779b97f4a7c15))
		return types.Bytes([]byte{}), nil
	})
}

// seeded is the generator after setseed. It is the process's, not the session's:
// a seed makes random() repeatable only while one session uses it.
var seeded struct {
	sync.Mutex
	rng *mrand.Rand
}
