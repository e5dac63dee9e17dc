package syscat

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
)

func TestTriggerDef(t *testing.T) {
	p := &Printer{Catalog: testSnapshot()}
	fk := &catalog.Constraint{ID: 20071, Kind: catalog.ForeignConstraint}
	for id, want := range map[catalog.ID]string{
		20090:                                  `CREATE TRIGGER "Tg" BEFORE INSERT OR UPDATE OF b, a ON public.t FOR EACH ROW WHEN ((new.a > 1)) EXECUTE FUNCTION tsvector_update_trigger('it''s', '')`,
		20091:                                  `CREATE CONSTRAINT TRIGGER late AFTER DELETE ON public.t FROM "Other"."Ref" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
		20093:                                  `CREATE TRIGGER set AFTER UPDATE ON public.t REFERENCING OLD TABLE AS o NEW TABLE AS "N" FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
		fk.TriggerID(catalog.ReferencedDelete): `CREATE CONSTRAINT TRIGGER "RI_ConstraintTrigger_a_2147563932" AFTER DELETE ON public.t FROM "Other"."Ref" NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION "RI_FKey_setnull_del"()`,
		fk.TriggerID(catalog.ReferringInsert):  `CREATE CONSTRAINT TRIGGER "RI_ConstraintTrigger_c_2147563934" AFTER INSERT ON "Other"."Ref" FROM t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "RI_FKey_check_ins"()`,
	} {
		if got, ok := p.TriggerDef(id); got != want || !ok {
			t.Errorf("%d: %s\nwant %s", id, got, want)
		}
	}
	if _, ok := p.TriggerDef(1); ok {
		t.Error("a trigger with OID 1")
	}
}

func TestPgTrigger(t *testing.T) {
	rel, _ := Lookup("pg_catalog", "pg_trigger")
	var names []string
	for _, row := range read(t, rel, testEnv{testSnapshot()}) {
		if row[0] == "20090" {
			if got := row[4] + " " + row[5] + " " + row[6] + " " + row[14] + " " + row[15]; got != `3752 23 O 3 2 \x6974277300`+"00" {
				t.Error(got)
			}
		}
		names = append(names, row[3])
	}
	if len(names) != 3+catalog.ForeignTriggers {
		t.Error(names)
	}
}
