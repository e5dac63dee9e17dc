-- int8vec, LoxoDB's own vector type of signed bytes: as halfvec in all but its numbers.
create extension vector;
create table v (id int primary key, e int8vec(3) not null default '[1,2,3]', free int8vec unique);
insert into v values (1, '[1,-2,127]', '[1]'), (2, ' [ +4 , 5 , -128 ] ', '[1,0]'), (3, array[7,8,9], null);
insert into v (id) values (4);
select * from v order by id;
insert into v values (5, '[1,2]');
insert into v values (5, '[1,2,128]');
insert into v values (5, '[1,2,1.5]');
insert into v values (5, '[1,2,NaN]');
insert into v values (5, null);
insert into v values (5, '[1,2,3]', '[1]');
select '[]'::int8vec;
select '1'::int8vec;
select '[1]'::int8vec(0);
select '[1]'::int8vec(16001);
select '[1,2]'::int8vec(3);
-- distances
select id, e <-> '[1,-2,127]' as l2, e <#> '[1,1,1]' as nip, e <+> '[0,0,0]' as l1 from v order by e <-> '[1,-2,127]' limit 2;
select '[1,0]'::int8vec <=> '[0,7]' as right_angle, '[1,0]'::int8vec <=> '[-5,0]' as opposite, '[0,0]'::int8vec <=> '[1,1]' as zero;
select l2_distance('[0,0]'::int8vec, '[3,4]'), inner_product('[1,2]'::int8vec, '[3,4]'), cosine_distance('[1,0]'::int8vec, '[2,0]'), l1_distance('[-128]'::int8vec, '[127]');
select int8vec_l2_squared_distance('[0]', '[9]'), int8vec_negative_inner_product('[2]', '[9]'), int8vec_spherical_distance('[1]', '[1]');
select '[1,2]'::int8vec <-> '[1]';
select '[3,4]'::int8vec <-> '[0,0]'::vector as with_vector;
select '[1]'::int8vec <-> '[1]'::halfvec;
-- arithmetic and functions
select '[1,2]'::int8vec + '[3,4]' as a, '[1,2]'::int8vec - '[3,-4]' as s, '[5,-6]'::int8vec * '[3,4]' as m, '[1]'::int8vec || '[2,3]' as c;
select '[100]'::int8vec + '[28]';
select '[-100]'::int8vec - '[29]';
select '[64]'::int8vec * '[2]';
select '[1,2]'::int8vec + '[1]';
select vector_dims('[1,2]'::int8vec), l2_norm('[3,4]'::int8vec), vector_norm('[3,4]'::int8vec), l2_normalize('[3,4]'::int8vec), binary_quantize('[1,0,-1]'::int8vec), subvector('[1,2,3]'::int8vec, 2, 9);
select subvector('[1,2,3]'::int8vec, 4, 1);
select sum(e), avg(e), pg_typeof(sum(e)), pg_typeof(avg(e)) from v;
select sum(int8vec '[127]') from generate_series(1, 3);
-- casts
select '{1,-128}'::int2[]::int8vec, array[1,2]::int8vec(2), '[0.5,1.5,-2.5,127.4]'::vector::int8vec, '[1.5]'::halfvec::int8vec, '{2:3.6}/3'::sparsevec::int8vec;
select '[1,-2]'::int8vec::vector, '[1,-2]'::int8vec::halfvec, '[0,-2]'::int8vec::sparsevec, '[1,-2]'::int8vec::int2[], '[1,-2]'::int8vec::text;
select array[1,128]::int8vec;
select array[1,null]::int8vec;
select array[[1]]::int8vec;
select array[1.5]::int8vec;
select '[127.5]'::vector::int8vec;
select '[-1e10]'::vector::int8vec;
update v set e = '[1.4,2.6,3.5]'::vector where id = 4 returning e;
-- order
select e from v order by e desc;
select distinct e from v order by e limit 2;
select id from v where free = '[1,0]';
select '[1,2]'::int8vec < '[1,3]', '[-1]'::int8vec < '[0]', '[1]'::int8vec < '[1,-5]', '[1]'::int8vec = '[1]'::vector, int8vec_cmp('[2]', '[1,9]');
alter table v alter e drop not null;
update v set id = id + 10 where free = '[1]' returning id, free;
-- elsewhere
select encode(int8vec_send('[1,-2]'), 'hex'), pg_column_size('[1,2,3]'::int8vec), to_json('[1]'::int8vec), '{"[1]","[2,3]"}'::int8vec[];
select opcname, amname, opcdefault from pg_opclass c join pg_am a on a.oid = opcmethod where opcintype = 'int8vec'::regtype order by 2, 1;
select castsource::regtype, casttarget::regtype, castcontext from pg_cast where 'int8vec'::regtype in (castsource, casttarget) order by castsource::regtype::text, casttarget::regtype::text;
create index on v using hnsw (e int8vec_l2_ops);
\d v
drop table v;
