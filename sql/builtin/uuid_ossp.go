package builtin

import (
	"crypto/rand"

	"github.com/google/uuid"

	"github.com/loxodb/loxodb/sql/types"
)

// uuidOssp registers the functions of the extension uuid-ossp (PostgreSQL's appendix F).
func uuidOssp(r *registrar) {
	for name, id := range map[string]uuid.UUID{"uuid_nil": uuid.Nil, "uuid_ns_dns": uuid.NameSpaceDNS, "uuid_ns_url": uuid.NameSpaceURL,
		"uuid_ns_oid": uuid.NameSpaceOID, "uuid_ns_x500": uuid.NameSpaceX500} {
		r.eval(name, func(*Ctx, []types.Datum) (types.Datum, error) { return types.Bytes(id[:]), nil })
	}
	r.eval("uuid_generate_v1", func(*Ctx, []types.Datum) (types.Datum, error) {
		id, err := uuid.NewUUID()
		return types.Bytes(id[:]), err
	})
	r.eval("uuid_generate_v1mc", func(*Ctx, []types.Datum) (types.Datum, error) {
		id, err := uuid.NewUUID()
		if err != nil {
			return types.Datum{}, err
		}
		// No machine's address, but a random one for many.
		if _, err := rand.Read(id[10:]); err != nil {
			return types.Datum{}, err
		}
		id[10] |= 3
		return types.Bytes(id[:]), nil
	})
	named := func(make func(space uuid.UUID, name []byte) uuid.UUID) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			id := make(uuid.UUID(a[0].Bytes()), a[1].Bytes())
			return types.Bytes(id[:]), nil
		}
	}
	r.eval("uuid_generate_v3", named(uuid.NewMD5))
	r.eval("uuid_generate_v5", named(uuid.NewSHA1))
}
