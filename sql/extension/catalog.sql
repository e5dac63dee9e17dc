-- How the files of data/ were read from PostgreSQL 15 (psql -At -F<tab>) after CREATE
-- EXTENSION. In :class(catalog) stand the objects of the extension in one catalog:
--   select objid from pg_depend where deptype = 'e' and classid = 'catalog'::regclass
--     and refobjid = (select oid from pg_extension where extname = :ext)
-- Then each object got a number of the extension's range, in the order of these queries; a
-- type's array type has the number after it. Objects with types that are not here (those
-- that only gist and gin classes store) are left out.

-- extension
select default_version, trusted, relocatable, comment from pg_available_extension_versions join pg_available_extensions using (name)
where name = :ext and version = default_version;
-- type
select oid, typname, typlen, typbyval, typalign, typstorage, typcategory, typispreferred, typdelim, typarray, typinput, typoutput,
  typreceive, typsend, typcollation
from pg_type where oid in (:class(pg_type)) and typtype = 'b' and typelem = 0 order by oid;
-- proc, operator, cast, aggregate: the queries of sql/builtin/catalog.sql over :class; functions in SQL have no key.
-- opfamily, opclass, amop, amproc: those of sql/syscat/data/catalog.sql, family by family.
