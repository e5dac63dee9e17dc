package session

// planCounts are how often a prepared statement ran with a plan for all parameters and with
// one for those given, as PostgreSQL would have counted (pg_prepared_statements).
type planCounts struct {
	generic, custom int64
}

// firstPlans are the runs with parameters for each of which PostgreSQL makes a plan of its own.
const firstPlans = 5

// countPlan counts a run of p with so many parameters (choose_custom_plan). Afterwards a
// plan for all parameters passes for the cheaper one: making one of their own costs, too.
func (s *Session) countPlan(p *prepared, params int) {
	mode, _ := s.settings.get("plan_cache_mode")
	switch {
	case params == 0 || p.plan == nil:
		p.counts.generic++
	case mode == "force_custom_plan", mode != "force_generic_plan" && p.counts.custom < firstPlans:
		p.counts.custom++
	default:
		p.counts.generic++
	}
}
