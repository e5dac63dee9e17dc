package catalog

// What initdb grants otherwise than the default of the class, so that nobody but who is
// named may use it. Numbers are OIDs as PostgreSQL 15 has them.

// closedRelations are those of pg_catalog that PUBLIC may not read: pg_statistic, pg_authid, pg_shadow, pg_statistic_ext_data, pg_file_settings, pg_hba_file_rules, pg_ident_file_mappings, pg_config, pg_user_mapping, pg_replication_origin_status, pg_subscription, pg_largeobject.
var closedRelations = idSet(
	2619, 1260, 12005, 3429, 12110, 12114, 12118, 12130, 1418, 12332, 6100, 2613,
)

// statsRelations are those that only who reads all statistics may read: pg_shmem_allocations,
// pg_backend_memory_contexts. innerRelations are those of information_schema that others
// are made of, and two that nobody has granted: sql_parts, transforms. settingsView is
// pg_settings, which everybody may update.
var (
	statsRelations    = idSet(12134, 12138)
	innerRelations    = idSet(13401, 13430, 13498, 13507, 13519, 13532, 13545)
	settingsView   ID = 12104
)

// closedFunctions are functions that only superusers may call; statsFunctions also those
// who read all statistics, monitorFunctions pg_monitor.
var closedFunctions = idSet(
	764, 765, 767, 2172, 2274, 2307, 2621, 2622, 2623, 2624, 2625, 2739, 2848, 3071,
	3072, 3098, 3293, 3295, 3297, 3307, 3329, 3400, 3401, 3436, 3775, 3776, 3777, 3800,
	3801, 3826, 3827, 3828, 4543, 6003, 6004, 6005, 6006, 6007, 6008, 6009, 6010, 6011,
	6012, 6013, 6014, 6170, 6230, 6232, 6250,
)

var statsFunctions = idSet(
	2282, 5052,
)

var monitorFunctions = idSet(
	3353, 3354, 5029, 5030, 5031, 6270, 6271, 6272,
)

func idSet(ids ...ID) map[ID]bool {
	m := make(map[ID]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}

// firstUserID is the first OID that is not the system's own.
const firstUserID ID = 16384

// Of subscriptions everybody may read all but how they connect.
const (
	subscriptions   ID    = 6100
	subConnInfoAttr int16 = 11
)

// initialColumnACL is what the system granted on a column when the database was made.
func initialColumnACL(table ID, attr int16) ACL {
	if table != subscriptions || attr <= 0 || attr == subConnInfoAttr {
		return nil
	}
	return ACL{{Grantee: Public, Grantor: BootstrapRoleID, Privs: PrivSelect}}
}

// InitialACL is the list that the system gave an object when the database was made, nil
// for none.
func InitialACL(o Object, owner ID) ACL {
	only := func(who ID, world Priv) ACL {
		l := ACL{{Grantee: who, Grantor: who, Privs: o.Class.All()}}
		if world != 0 {
			l = append(l, ACLItem{Grantee: Public, Grantor: who, Privs: world})
		}
		return l
	}
	switch o.Class {
	case DatabaseClass:
		if o.ID == Template0ID || o.ID == Template1ID {
			return append(ACL{{Grantee: Public, Grantor: owner, Privs: PrivConnect}}, only(owner, 0)...)
		}
	case SchemaClass:
		switch o.ID {
		case PgCatalogID, InformationSchemaID:
			return only(owner, PrivUsage)
		case PublicID:
			return only(DatabaseOwnerID, PrivUsage)
		}
	case RelationClass:
		switch {
		case o.ID >= firstUserID:
		case closedRelations[o.ID]:
			return only(owner, 0)
		case statsRelations[o.ID]:
			return append(only(owner, 0), ACLItem{Grantee: ReadAllStatsID, Grantor: owner, Privs: PrivSelect})
		case innerRelations[o.ID]:
		case o.ID == settingsView:
			return only(owner, PrivSelect|PrivUpdate)
		default:
			return only(owner, PrivSelect)
		}
	case FunctionClass:
		l := ACL{{Grantee: owner, Grantor: owner, Privs: PrivExecute}}
		switch {
		case closedFunctions[o.ID]:
			return l
		case statsFunctions[o.ID]:
			return l.With(ReadAllStatsID, owner, PrivExecute, false)
		case monitorFunctions[o.ID]:
			return l.With(MonitorID, owner, PrivExecute, false)
		}
	}
	return nil
}
