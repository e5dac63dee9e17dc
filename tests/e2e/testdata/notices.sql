-- Notices and warnings come before the reply they belong to.
drop table if exists nowhere;
create table n (id int);
create table if not exists n (id int);
create schema if not exists public;
create table parent (id int primary key);
create view v as select * from parent;
drop table parent;
drop table parent cascade;
abort;
end;
set client_min_messages to error;
drop table if exists nowhere;
reset client_min_messages;
drop table n;
