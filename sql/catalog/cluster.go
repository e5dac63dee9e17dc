package catalog

import "maps"

// Database is one of the databases of a server. Immutable.
type Database struct {
	ID             ID
	Name           string
	Owner          ID
	Collate        string
	Ctype          string
	IsTemplate     bool `json:",omitempty"`
	RefuseConns    bool `json:",omitempty"` // the opposite of pg_database.datallowconn
	ConnLimit      int  // −1: none
	Comment        string
	CollationStamp string `json:",omitempty"` // pg_database.datcollversion
}

// OIDs of the databases that are there from the start, but for DatabaseID.
const (
	Template1ID ID = 1
	Template0ID ID = 4
)

// Cluster is the part of a catalog that all databases have in common. Immutable like
// the Snapshot that it belongs to.
type Cluster struct {
	databases    map[string]*Database
	databaseByID map[ID]*Database
	roles        map[string]*Role
	roleByID     map[ID]*Role
	settings     map[ID]*RoleSettings
}

var noCluster = &Cluster{}

func (c *Cluster) clone() *Cluster {
	return &Cluster{
		databases: clone(c.databases), databaseByID: clone(c.databaseByID),
		roles: clone(c.roles), roleByID: clone(c.roleByID), settings: clone(c.settings),
	}
}

// Cluster is what the databases have in common.
func (s *Snapshot) Cluster() *Cluster { return s.cluster }

// WithCluster is the snapshot with another such part.
func (s *Snapshot) WithCluster(c *Cluster) *Snapshot {
	n := s.Clone()
	n.cluster = c
	return n
}

// editCluster is the part to change.
func (s *Snapshot) editCluster() *Cluster {
	if !s.ownCluster {
		s.cluster, s.ownCluster = s.cluster.clone(), true
	}
	return s.cluster
}

// Database finds a database by name.
func (c *Cluster) Database(name string) (*Database, bool) { x, ok := c.databases[name]; return x, ok }

// DatabaseByID finds a database by OID.
func (c *Cluster) DatabaseByID(id ID) (*Database, bool) { x, ok := c.databaseByID[id]; return x, ok }

// Databases lists them in OID order.
func (c *Cluster) Databases() []*Database {
	return sorted(func(x *Database) ID { return x.ID }, c.databaseByID)
}

// Database finds a database of the server by name.
func (s *Snapshot) Database(name string) (*Database, bool) { return s.cluster.Database(name) }

// DatabaseByID finds a database of the server by OID.
func (s *Snapshot) DatabaseByID(id ID) (*Database, bool) { return s.cluster.DatabaseByID(id) }

// Databases lists the server's databases in OID order.
func (s *Snapshot) Databases() []*Database { return s.cluster.Databases() }

// PutDatabase adds or replaces a database.
func (s *Snapshot) PutDatabase(x *Database) {
	s.RemoveDatabase(x.ID)
	c := s.editCluster()
	c.databases[x.Name], c.databaseByID[x.ID] = x, x
}

// RemoveDatabase removes a database.
func (s *Snapshot) RemoveDatabase(id ID) {
	c := s.editCluster()
	if old := c.databaseByID[id]; old != nil {
		delete(c.databases, old.Name)
		delete(c.databaseByID, id)
	}
}

// Role finds a role by name.
func (s *Snapshot) Role(name string) (*Role, bool) { return s.cluster.Role(name) }

// RoleByID finds a role by OID.
func (s *Snapshot) RoleByID(id ID) (*Role, bool) { x, ok := s.cluster.roleByID[id]; return x, ok }

// Role finds a role by name.
func (c *Cluster) Role(name string) (*Role, bool) { x, ok := c.roles[name]; return x, ok }

// Roles lists the roles in OID order.
func (s *Snapshot) Roles() []*Role {
	return sorted(func(x *Role) ID { return x.ID }, s.cluster.roleByID)
}

// PutRole adds or replaces a role.
func (s *Snapshot) PutRole(x *Role) {
	s.RemoveRole(x.ID)
	c := s.editCluster()
	c.roles[x.Name], c.roleByID[x.ID] = x, x
}

// RemoveRole removes a role.
func (s *Snapshot) RemoveRole(id ID) {
	c := s.editCluster()
	if old := c.roleByID[id]; old != nil {
		delete(c.roles, old.Name)
		delete(c.roleByID, id)
	}
}

// RoleSettings are the settings that sessions of a role begin with: what ALTER ROLE
// and ALTER ROLE … IN DATABASE said. Role 0 is every role, whose settings in a database
// are those of ALTER DATABASE.
type RoleSettings struct {
	Role        ID
	Settings    Options
	InDatabases map[ID]Options `json:",omitempty"` // by database; no list is empty
	// InDatabase is what was stored when there was but one database.
	InDatabase Options `json:",omitempty"`
}

// In returns the settings in a database, 0 = in every one.
func (x *RoleSettings) In(db ID) Options {
	if db == 0 {
		return x.Settings
	}
	return x.InDatabases[db]
}

// WithIn is x with other settings in a database, 0 = in every one.
func (x *RoleSettings) WithIn(db ID, list Options) *RoleSettings {
	c := *x
	if db == 0 {
		c.Settings = list
		return &c
	}
	c.InDatabases = maps.Clone(x.InDatabases)
	if len(list) == 0 {
		delete(c.InDatabases, db)
		return &c
	}
	if c.InDatabases == nil {
		c.InDatabases = map[ID]Options{}
	}
	c.InDatabases[db] = list
	return &c
}

// Empty reports that nothing is set.
func (x *RoleSettings) Empty() bool { return len(x.Settings)+len(x.InDatabases) == 0 }

// RoleSettings are a role's own settings; 0 = every role's. Never nil.
func (s *Snapshot) RoleSettings(role ID) *RoleSettings {
	if x := s.cluster.settings[role]; x != nil {
		return x
	}
	return &RoleSettings{Role: role}
}

// AllRoleSettings lists the settings of all roles, in the order of their OIDs.
func (s *Snapshot) AllRoleSettings() []*RoleSettings {
	return sorted(func(x *RoleSettings) ID { return x.Role }, s.cluster.settings)
}

// PutRoleSettings adds or replaces; RemoveRoleSettings removes.
func (s *Snapshot) PutRoleSettings(x *RoleSettings) {
	if len(x.InDatabase) > 0 {
		c := *x
		c.InDatabase = nil
		x = c.WithIn(DatabaseID, x.InDatabase)
	}
	s.editCluster().settings[x.Role] = x
}
func (s *Snapshot) RemoveRoleSettings(role ID) { delete(s.editCluster().settings, role) }
