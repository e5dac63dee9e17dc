package catalogstore

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/kv"
)

// PutRights stores what was granted on an object, or forgets it when that is nothing.
// Those of temporary objects are the session's own, like these.
func (e *Edit) PutRights(x *catalog.Rights) error {
	if x.ACL == nil && len(x.Columns) == 0 {
		return e.RemoveRights(x.Object)
	}
	temp := e.ofSession(x.Object)
	if !temp {
		if err := e.claimRights(x.Object); err != nil {
			return err
		}
		if err := e.lock(objectKey(x.Object), kv.Shared); err != nil {
			return err
		}
	}
	if x.ID == 0 {
		id, err := e.NewID(e.ctx)
		if err != nil {
			return err
		}
		x.ID = id
	}
	e.Snap.PutRights(x, temp)
	if temp {
		return nil
	}
	return e.write(kindRights, x.ID, x)
}

// RemoveRights forgets what was granted on an object, as whoever drops it must.
func (e *Edit) RemoveRights(o catalog.Object) error {
	x := e.Snap.RightsOf(o)
	if x == nil {
		return nil
	}
	temp := e.ofSession(o)
	if !temp {
		if err := e.claimRights(o); err != nil {
			return err
		}
	}
	e.Snap.RemoveRights(o)
	if temp {
		return nil
	}
	return e.remove(kindRights, x.ID)
}

// claimRights takes the lock of what was granted on an object.
func (e *Edit) claimRights(o catalog.Object) error {
	err := e.lock(rightsKey(o), kv.Exclusive)
	if err == nil {
		e.begin()
	}
	return err
}

func (e *Edit) ofSession(o catalog.Object) bool {
	return (o.Class == catalog.RelationClass || o.Class == catalog.SequenceClass || o.Class == catalog.FunctionClass) && e.Snap.IsTemp(o.ID)
}

// PutDefaultRights stores ALTER DEFAULT PRIVILEGES; RemoveDefaultRights forgets it.
func (e *Edit) PutDefaultRights(x *catalog.DefaultRights) error {
	if err := e.claimDefaults(x); err != nil {
		return err
	}
	if x.ID == 0 {
		id, err := e.NewID(e.ctx)
		if err != nil {
			return err
		}
		x.ID = id
	}
	e.Snap.PutDefaultRights(x)
	return e.write(kindDefaults, x.ID, x)
}

func (e *Edit) RemoveDefaultRights(id catalog.ID) error {
	if err := e.claimDefaults(nil); err != nil {
		return err
	}
	e.Snap.RemoveDefaultRights(id)
	return e.remove(kindDefaults, id)
}

func (e *Edit) claimDefaults(x *catalog.DefaultRights) error {
	if err := e.lock(defaultsKey, kv.Exclusive); err != nil {
		return err
	}
	e.begin()
	if x == nil {
		return nil
	}
	return e.refer(x, nil)
}
