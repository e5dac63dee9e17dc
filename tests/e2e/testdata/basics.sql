-- Tables, rows, expressions, and how psql prints them.
create table city (id int primary key, name text not null, area numeric(10,2), founded date, capital bool default false);
insert into city values (1, 'Köln', 405.01, '0050-01-01', default), (2, 'Berlin', 891.12, '1237-10-28', true), (3, 'Ulm', null, null, false) returning id, name;
select * from city order by name;
select name, round(area) as "rounded area" from city where area is not null order by 2 desc;
\x
select * from city where id = 1;
\x
update city set area = area * 2 where capital returning *;
delete from city where id = 3;
select count(*), sum(area), avg(area), min(founded), string_agg(name, ', ' order by name) from city;
select 1 as a, 'x' as b, null as c, true as d, 1.50 as e, '{1,2}'::int[] as f, now() > '2020-01-01' as g;
values (1, 'one'), (2, 'two');
select generate_series(1, 3) as n, 'r' || generate_series(1, 3) as r;
with t(n) as (values (1), (2), (3)) select n, n * n as square, (select sum(u.n) from t u where u.n <= t.n) from t;
select c.name, o.name as other from city c left join city o on o.id = c.id + 1 order by 1;
\gdesc
select id, area, founded from city \gdesc
select 'a' as x \gset
\echo :x
prepare p(int) as select name from city where id = $1;
execute p(2);
deallocate p;
select;
;
drop table city;
