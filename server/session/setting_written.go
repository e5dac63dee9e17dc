package session

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// What ALTER ROLE, ALTER DATABASE and functions keep of SET is for later: it is checked as
// far as it can be now. What a value names need not be there yet, or not here.

// settingWritten is the name of a setting and the value that a SET keeps for later, as
// it was written, checked.
func (s *Session) settingWritten(st *ast.Set) (name, value string, err error) {
	if !st.Forgets() {
		if value, err = s.setValue(context.Background(), st); err != nil {
			return "", "", err
		}
	}
	name = lower(st.Name)
	d := byName[lower(st.Name)]
	if d == nil {
		if err := checkCustom(st.Name); err != nil {
			return "", "", err
		}
		if !s.current().Super { // an extension to come may keep it for superusers
			return "", "", maySetNot(st.Name)
		}
	} else if err := d.changeable(); err != nil {
		return "", "", err
	} else if err := s.maySet(st.Name); err != nil {
		return "", "", err
	} else {
		name = d.name
	}
	if st.Forgets() || d == nil {
		return name, value, nil
	}
	return name, value, s.mayHold(d.as(st.Name), value)
}

// mayHold checks a value that is to be set later. What it names and is not there, and a
// role that nobody could become now, is worth a notice.
func (s *Session) mayHold(d *setting, value string) error {
	v, err := s.settings.canonical(d, value)
	if cutNames[d.name] {
		value = ident.Cut(value)
	}
	absent := d.absent(value)
	switch {
	case err != nil && absent == nil:
		return err
	case absent != nil:
		for _, name := range absent {
			s.notice(pgerr.Newf(pgerrcode.UndefinedObject, "%s %q does not exist", d.names(), name))
		}
		return nil
	}
	switch d.name {
	case "role", "session_authorization":
		s.mayBecomeLater(d.name, v)
	case "transaction_isolation":
		if now, _ := s.settings.get(d.name); v != now {
			return errIsolationTooLate()
		}
	case "transaction_read_only":
		if s.tx.readOnly && v == "off" {
			return errReadWriteTooLate()
		}
	case "transaction_deferrable":
		return errDeferrableTooLate()
	}
	return nil
}

// mayBecomeLater tells of a role that is not there, or that the user is no member of.
func (s *Session) mayBecomeLater(setting, name string) {
	if setting == "role" && name == "none" {
		return
	}
	r, ok := s.Catalog().Role(name)
	switch {
	case !ok:
		s.notice(pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name))
	case setting == "role" && !s.Catalog().IsMember(s.sessionRole().ID, r.ID):
		s.notice(pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission will be denied to set role %q", name))
	case setting != "role" && name != s.user && !s.role.Super:
		s.notice(pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission will be denied to set session authorization %q", name))
	}
}

// names is what the value of a setting names.
func (d *setting) names() string {
	switch d.name {
	case "default_text_search_config":
		return "text search configuration"
	case "default_table_access_method":
		return "table access method"
	}
	return "tablespace"
}

// absent are those of the things which a value names that are not there.
func (d *setting) absent(v string) (names []string) {
	switch d.name {
	case "default_text_search_config":
		if name, err := textConfig(v); err == nil && name == "" {
			return []string{v}
		}
	case "default_table_access_method":
		if v != "heap" && v != "" && !indexMethods[v] {
			return []string{v}
		}
	case "default_tablespace":
		if v != "" && !tablespaces[v] {
			return []string{v}
		}
	case "temp_tablespaces":
		list, _ := splitNames(v)
		for _, n := range list {
			if n != "" && !tablespaces[n] {
				names = append(names, n)
			}
		}
	}
	return names
}

// indexMethods are the access methods of indexes alone.
var indexMethods = map[string]bool{"btree": true, "hash": true, "gist": true, "gin": true, "spgist": true, "brin": true}

// textConfig finds the text search configuration of a name that is written as in SQL; an
// error says that it cannot be a name. Its own is "" where there is none.
func textConfig(v string) (name string, err error) {
	parts, ok := nameParts(v)
	switch {
	case !ok:
		return "", invalidName()
	case len(parts) == 3:
		return "", pgerr.Newf(pgerrcode.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(parts, "."))
	case len(parts) > 3:
		return "", pgerr.Newf(pgerrcode.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
	}
	if c, ok := builtin.TextConfig(parts[len(parts)-1]); ok && (len(parts) == 1 || parts[0] == "pg_catalog") {
		return c.Name, nil
	}
	return "", nil
}

// cutNames are the settings whose values are names, cut as identifiers are.
var cutNames = map[string]bool{
	"application_name": true, "client_encoding": true, "default_table_access_method": true, "default_tablespace": true,
	"role": true, "session_authorization": true,
}
