package catalogstore

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

const firstOID = uint64(types.FirstUserOID)

// databaseOwner is the role that owns the schema public (PostgreSQL 15).
const databaseOwner = catalog.DatabaseOwnerID

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

// bootstrap makes a cluster in an empty store: the superuser and the predefined roles, and
// the three databases that are there from the start.
func (c *Cluster) bootstrap(ctx context.Context) error {
	err := c.write(ctx, func(e *Edit) error {
		if err := e.PutRole(&catalog.Role{
			ID: catalog.BootstrapRoleID, Name: "postgres", Super: true, Inherit: true, CreateRole: true, CreateDB: true,
			Login: true, Replication: true, BypassRLS: true, ConnLimit: -1,
		}); err != nil {
			return err
		}
		for _, r := range predefined {
			role := &catalog.Role{ID: r.id, Name: r.name, Inherit: true, ConnLimit: -1}
			if r.id == catalog.MonitorID {
				for _, id := range []catalog.ID{catalog.ReadAllSettingsID, catalog.ReadAllStatsID, catalog.StatScanTablesID} {
					role.MemberOf = append(role.MemberOf, catalog.Membership{Role: id, Grantor: catalog.BootstrapRoleID})
				}
			}
			if err := e.PutRole(role); err != nil {
				return err
			}
		}
		return bootstrapDatabase(e.whole())
	})
	if err != nil {
		return err
	}
	return c.firstDatabases(ctx)
}

// firstDatabases gives a store of one database descriptors of it and of the templates,
// and these their contents.
func (c *Cluster) firstDatabases(ctx context.Context) error {
	return c.write(ctx, func(e *Edit) error {
		for _, x := range []*catalog.Database{
			{ID: catalog.Template1ID, Name: "template1", IsTemplate: true, Comment: "default template for new databases"},
			{ID: catalog.Template0ID, Name: "template0", IsTemplate: true, RefuseConns: true, Comment: "unmodifiable empty database"},
			{ID: catalog.DatabaseID, Name: "postgres", Comment: "default administrative connection database"},
		} {
			x.Owner, x.Collate, x.Ctype, x.ConnLimit = catalog.BootstrapRoleID, "C.UTF-8", "C.UTF-8", -1
			if err := e.PutDatabase(x); err != nil {
				return err
			}
			if x.ID == catalog.DatabaseID {
				continue // it is there
			}
			if err := bootstrapDatabase(c.space(x.ID).Of(e.whole())); err != nil {
				return err
			}
		}
		return nil
	})
}

// bootstrapDatabase writes the catalog of an empty database: the system schemas, public,
// and the extensions that are there from the start.
func bootstrapDatabase(txn kv.Txn) error {
	const owner = catalog.BootstrapRoleID
	for _, s := range []*catalog.Schema{
		{ID: catalog.PgCatalogID, Name: "pg_catalog", Owner: owner, Comment: "system catalog schema"},
		{ID: catalog.PgToastID, Name: "pg_toast", Owner: owner, Comment: "reserved schema for TOAST tables"},
		{ID: catalog.PublicID, Name: "public", Owner: databaseOwner, Comment: "standard public schema"},
		{ID: catalog.InformationSchemaID, Name: "information_schema", Owner: owner},
	} {
		if err := writeTo(txn, kindSchema, s.ID, s); err != nil {
			return err
		}
	}
	x := &catalog.Extension{ID: 13800, Name: "plpgsql", Schema: catalog.PgCatalogID, Version: "1.0", Comment: "PL/pgSQL procedural language"}
	return writeTo(txn, kindExtension, x.ID, x)
}
