package session

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// libraryDir begins the name of a library where PostgreSQL installs them.
const libraryDir = "$libdir/"

// load is LOAD. The libraries are those of the extensions, which are part of the server:
// clients load vector's to set its parameters before they use it. Like PostgreSQL, everybody
// may load what is among the plugins, of which there are none.
func (s *Session) load(file string) error {
	if !s.current().Super && !strings.HasPrefix(file, libraryDir+"plugins/") {
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "access to library %q is not allowed", file)
	}
	name := strings.TrimSuffix(strings.TrimPrefix(file, libraryDir), ".so")
	known := name == "plpgsql" || slices.ContainsFunc(syscat.Extensions, func(x syscat.Extension) bool { return x.Name == name })
	if !known {
		return pgerr.Newf(pgerrcode.UndefinedFile, "could not access file %q: No such file or directory", file)
	}
	return nil
}
