-- Transaction blocks, savepoints, and what psql says about errors inside them.
create table t (id int primary key);
begin;
insert into t values (1);
savepoint s;
insert into t values (1);
select 1;
rollback to s;
insert into t values (2);
release s;
commit;
select * from t order by id;
begin;
insert into t values (3);
select nope;
commit;
select count(*) from t;
commit;
rollback;
begin;
begin;
rollback;
begin isolation level repeatable read read only;
show transaction_isolation;
insert into t values (4);
rollback;
insert into t values (5) \; select count(*) from t \; select 1/0;
select count(*) from t;
savepoint outside;
\set AUTOCOMMIT off
insert into t values (6);
rollback;
\set AUTOCOMMIT on
select count(*) from t;
\set ON_ERROR_ROLLBACK on
begin;
insert into t values (1);
insert into t values (7);
commit;
select * from t order by id;
drop table t;
