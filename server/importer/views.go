package importer

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// A dump has its views in the order of their names, whichever of them reads another, and so that
// MySQL takes them it makes every view twice: first as one, or as a table, of the same columns
// that holds nothing. Here those are passed over, and a view that cannot be made where it stands
// is made at the end, after those that it reads.

var standIn = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?s)^/\\*!50001 CREATE (?:TABLE|VIEW `(?:[^`]|``)+` AS SELECT\\s+(?:(?:1|NULL) AS `(?:[^`]|``)+`,?\\s*)+\\*/$)")
})

// isStandIn reports what mysqldump makes in a view's place until it makes the view.
func isStandIn(text string) bool {
	return strings.HasPrefix(text, "/*!50001 CREATE ") && standIn().MatchString(text)
}

var viewHead = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^create\s+(?:or\s+replace\s+)?(?:algorithm\s*=\s*\w+\s+)?(?:definer\s*=\s*\S+\s+)?(?:sql\s+security\s+\w+\s+)?view\s`)
})

var versionMark = strings.NewReplacer("/*!50001", "", "/*!50013", "", "*/", "")

// isView reports a CREATE VIEW.
func isView(text string) bool {
	head := strings.TrimSpace(versionMark.Replace(text[:min(len(text), 500)]))
	return len(head) > 6 && strings.EqualFold(head[:6], "create") && viewHead().MatchString(head)
}

func isDuplicate(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == pgerrcode.DuplicateTable
}

// makeViews makes the views that could not be made before, each after those that it reads.
func (l *load) makeViews(ctx context.Context) error {
	for list := l.views; len(list) > 0; {
		var left []deferred
		var errs []error
		for _, v := range list {
			if err := l.enter(ctx, v.schema); err != nil {
				return err
			}
			err := l.exec(ctx, v.text)
			switch {
			case err == nil, isDuplicate(err): // of an earlier load
			case isServerError(err):
				left, errs = append(left, v), append(errs, err)
			default:
				return err
			}
		}
		if len(left) == len(list) {
			for i, v := range left {
				l.problem(v.dump, v.statement, errs[i])
			}
			return nil
		}
		list = left
	}
	return nil
}
