package catalogstore

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

const firstOID = uint64(types.FirstUserOID)

// databaseOwner is the role that owns the schema public (PostgreSQL 15).
const databaseOwner catalog.ID = 6171

// predefined are PostgreSQL's predefined roles (chapter 22.5) with their OIDs.
var predefined = []struct {
	id   catalog.ID
	name string
}{
	{databaseOwner, "pg_database_owner"}, {6181, "pg_read_all_data"}, {6182, "pg_write_all_data"},
	{3373, "pg_monitor"}, {3374, "pg_read_all_settings"}, {3375, "pg_read_all_stats"}, {3377, "pg_stat_scan_tables"},
	{4569, "pg_read_server_files"}, {4570, "pg_write_server_files"}, {4571, "pg_execute_server_program"},
	{4200, "pg_signal_backend"}, {4544, "pg_checkpoint"},
}

// bootstrap writes the catalog of a new database: the system schemas, public, the superuser
// and the extensions that are there from the start.
func bootstrap(ctx context.Context, eng kv.Engine) (*catalog.Snapshot, kv.TS, error) {
	txn, err := table.Begin(ctx, eng, kv.TxnOptions{}, nil)
	if err != nil {
		return nil, 0, err
	}
	defer txn.Close()
	e := &Edit{Snap: catalog.NewSnapshot(), ctx: ctx, txn: txn, shares: true} // there is nobody yet
	const owner = catalog.BootstrapRoleID
	for _, s := range []*catalog.Schema{
		{ID: catalog.PgCatalogID, Name: "pg_catalog", Owner: owner, Comment: "system catalog schema"},
		{ID: catalog.PgToastID, Name: "pg_toast", Owner: owner, Comment: "reserved schema for TOAST tables"},
		{ID: catalog.PublicID, Name: "public", Owner: databaseOwner, Comment: "standard public schema"},
		{ID: catalog.InformationSchemaID, Name: "information_schema", Owner: owner},
	} {
		if err := e.PutSchema(s); err != nil {
			return nil, 0, err
		}
	}
	if err := e.PutRole(&catalog.Role{
		ID: owner, Name: "postgres", Super: true, Inherit: true, CreateRole: true, CreateDB: true,
		Login: true, Replication: true, BypassRLS: true, ConnLimit: -1,
	}); err != nil {
		return nil, 0, err
	}
	for _, r := range predefined {
		if err := e.PutRole(&catalog.Role{ID: r.id, Name: r.name, Inherit: true, ConnLimit: -1}); err != nil {
			return nil, 0, err
		}
	}
	if err := e.PutExtension(&catalog.Extension{
		ID: 13800, Name: "plpgsql", Schema: catalog.PgCatalogID, Version: "1.0", Comment: "PL/pgSQL procedural language",
	}); err != nil {
		return nil, 0, err
	}
	ts, err := txn.Commit(ctx)
	e.Snap.Version = catalog.Version(ts)
	return e.Snap, ts, err
}
