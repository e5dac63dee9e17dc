package session

import "testing"

// BenchmarkPLLoop is a turn of a loop with two assignments and a condition.
func BenchmarkPLLoop(b *testing.B) {
	s := newTestSession(b)
	simple(b, s, `create function turns(n int) returns bigint language plpgsql as $$
declare s bigint := 0; k int := 0;
begin
  for i in 1 .. n loop
    s := s + i;
    if i % 3 = 0 then k := k + 1; end if;
  end loop;
  return s + k;
end $$`)
	b.ReportAllocs()
	for n := 0; n < b.N; n++ {
		simple(b, s, `select turns(100000)`)
	}
}
