-- How the files of this directory were read from PostgreSQL 15 (psql -At).
-- :oids is the list of type OIDs of sql/types; rows that mention another type
-- are left out. The vector_*.tsv files are LoxoDB's own: the rows that the
-- vector extension adds to the catalog of that name. pg_language.tsv is without
-- plpgsql and validators; timezones.txt is without the posix/ names.

-- relations.tsv
copy (
select n.nspname, c.relname, c.oid, c.relkind,
 (select string_agg(a.attname||':'||
   case when b.oid in (3220,869) then 25 when b.oid in (3361,3402,5017) then 17 when b.oid=10028 then 2277 else b.oid end
   ||case when (case when t.typtype='d' then t.typtypmod else a.atttypmod end)<>-1 then '('||(case when t.typtype='d' then t.typtypmod else a.atttypmod end)||')' else '' end
   ||case when a.attnotnull then '!' else '' end, ' ' order by a.attnum)
  from pg_attribute a join pg_type t on t.oid=a.atttypid join pg_type b on b.oid=case when t.typtype='d' then t.typbasetype else t.oid end
  where a.attrelid=c.oid and a.attnum>0)
from pg_class c join pg_namespace n on n.oid=c.relnamespace
where relkind in ('r','v') and nspname in ('pg_catalog','information_schema') order by c.oid) to stdout
;

-- pg_am.tsv (heap, btree), pg_collation.tsv, pg_tablespace.tsv
select oid, amname, amhandler::text, amtype from pg_am where oid in (2, 403) order by 1;
select oid, collname, collnamespace, collowner, collprovider, collisdeterministic, collencoding, collcollate, collctype,
  colliculocale, collversion
from pg_collation where oid in (100, 950, 951) or collname = 'ucs_basic' order by 1;
select * from pg_tablespace order by 1;

-- pg_opfamily.tsv, pg_opclass.tsv, pg_amop.tsv, pg_amproc.tsv: those of btree
select f.oid, opfmethod, opfname, opfnamespace, opfowner from pg_opfamily f
where opfmethod = 403 and exists (select from pg_opclass c where opcfamily = f.oid and opcintype in (:oids)) order by 1;
select oid, opcmethod, opcname, opcnamespace, opcowner, opcfamily, opcintype, opcdefault, opckeytype from pg_opclass
where opcmethod = 403 and opcintype in (:oids) order by 1;
select oid, amopfamily, amoplefttype, amoprighttype, amopstrategy, amoppurpose, amopopr, amopmethod, amopsortfamily
from pg_amop where amopmethod = 403 and amoplefttype in (:oids) and amoprighttype in (:oids) order by 1;
select p.oid, amprocfamily, amproclefttype, amprocrighttype, amprocnum, amproc::oid
from pg_amproc p join pg_opfamily f on f.oid = amprocfamily
where opfmethod = 403 and amproclefttype in (:oids) and amprocrighttype in (:oids) order by 1;

-- pg_ts_config.tsv, pg_ts_config_map.tsv, pg_ts_dict.tsv, pg_ts_parser.tsv, pg_ts_template.tsv: what text search has here
select * from pg_ts_config where cfgname in ('simple', 'english') order by 1;
select * from pg_ts_config_map where mapcfg in (select oid from pg_ts_config where cfgname in ('simple', 'english')) order by 1, 2, 3;
select * from pg_ts_dict where dictname in ('simple', 'english_stem') order by 1;
select * from pg_ts_parser order by 1;
select * from pg_ts_template where tmplname in ('simple', 'snowball') order by 1;

-- timezones.txt
select name from pg_timezone_names where name !~ '^posix' and name not in ('localtime', 'Factory') order by name;
