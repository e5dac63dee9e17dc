-- Vectors: types, operators, an index, hybrid queries.
create table items (id int primary key, category text, embedding vector(3));
insert into items values (1, 'a', '[1,1,1]'), (2, 'b', '[2,2,2]'), (3, 'a', '[1,1,2]'), (4, 'b', null);
select id, embedding <-> '[1,1,1]' as l2 from items order by embedding <-> '[1,1,1]' limit 3;
create index items_embedding on items using hnsw (embedding vector_l2_ops) with (ef_construction = 32, m = 8);
select id, embedding <-> '[1,1,1]' as l2 from items order by embedding <-> '[1,1,1]' limit 2;
select id from items where category = 'b' order by embedding <-> '[1,1,1]' limit 5;
select '[1,2,3]'::vector <#> '[4,5,6]' as ip, '[1,0]'::vector <=> '[0,1]' as cosine, '[0,0]'::vector <+> '[3,4]' as l1;
select '[1,2,3]'::vector + '[4,5,6]' as sum, '[1,2,3]'::vector - '[4,5,6]' as difference, '[1,2,3]'::vector * '[4,5,6]' as product;
select vector_dims('[1,2,3]'::vector), vector_norm('[3,4]'), avg(embedding), sum(embedding) from items;
select array[1,2,3]::vector(3), '[1,2,3]'::vector::real[], '[1.5,-2e-3,3]'::vector;
select * from items where embedding = '[1,1,2]';
update items set embedding = '[9,9,9]' where id = 1;
select id from items order by embedding <-> '[1,1,1]' limit 1;
begin;
delete from items where id = 3;
select id from items order by embedding <-> '[1,1,1]' limit 1;
rollback;
select id from items order by embedding <-> '[1,1,1]' limit 1;
insert into items values (5, 'a', '[1,2]');
insert into items values (5, 'a', '[1,2,NaN]');
select '[]'::vector;
select '[1,2'::vector;
\d items
drop table items;
