-- SQL cursors.
begin;
declare c scroll cursor for select n from generate_series(1, 5) n;
fetch 2 from c;
fetch next in c;
fetch backward 2 from c;
fetch all from c;
move first in c;
fetch forward 1 from c;
close c;
fetch c;
rollback;
declare c cursor for select 1;
declare h cursor with hold for select 'held' as v;
fetch h;
close h;
\set FETCH_COUNT 2
select n from generate_series(1, 5) n;
