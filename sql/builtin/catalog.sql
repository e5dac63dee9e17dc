-- How pg_proc.tsv, pg_operator.tsv, pg_cast.tsv and pg_aggregate.tsv were read
-- from PostgreSQL 15: psql -At -F<tab>. :oids is the list of type OIDs of
-- sql/types; rows that mention another type are left out. The last row of
-- pg_proc.tsv, coalesce_identity, is not PostgreSQL's: it makes a call of any value.
-- txid_snapshot_xip has code of its own here.
select oid, proname, case when prolang=12 and prokind='f' then prosrc else '' end,
  prokind::text || case when proisstrict then 's' else '-' end || provolatile::text || case when proretset then 'r' else '-' end,
  prorettype, provariadic, pronargdefaults, array_to_string(proargtypes::oid[],' '),
  coalesce(array_to_string(proallargtypes,' '),''), coalesce(array_to_string(proargmodes,''),''),
  coalesce(array_to_string(proargnames,' '),'')
from pg_proc
where prolang<>13 and prorettype in (:oids)
  and (select bool_and(x in (:oids)) from unnest(coalesce(proallargtypes,proargtypes::oid[])) x) is not false
order by oid;

select o.oid, o.oprname, o.oprleft, o.oprright, o.oprresult, o.oprcode::oid,
  coalesce(c.oprname,''), coalesce(n.oprname,''), case when c.oprname=o.oprname then 't' else 'f' end,
  coalesce((select min(amopstrategy) from pg_amop a join pg_am m on m.oid=a.amopmethod and m.amname='btree'
    join pg_opclass oc on oc.opcfamily=a.amopfamily and oc.opcdefault where amopopr=o.oid),0),
  case when o.oprcanmerge then 't' else 'f' end || case when o.oprcanhash then 't' else 'f' end, o.oprrest, o.oprjoin
from pg_operator o left join pg_operator c on c.oid=o.oprcom left join pg_operator n on n.oid=o.oprnegate
where o.oprleft in (0,:oids) and o.oprright in (:oids) and o.oprresult in (:oids) order by o.oid;

select oid, castsource, casttarget, castfunc, castcontext, castmethod from pg_cast
where castsource in (:oids) and casttarget in (:oids) order by oid;

select aggfnoid::oid, aggkind, aggnumdirectargs, aggtransfn::text, aggfinalfn::text, aggtranstype, aggtransspace,
  coalesce(agginitval,''), aggsortop, aggcombinefn
from pg_aggregate where aggfnoid::oid in (select oid from pg_proc where prorettype in (:oids)) order by 1;
