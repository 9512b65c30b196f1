package authz

import "slices"

// IsTaskOwner holds when one of the refs started the task. Its row is a table of tasks with a column created_by.
func IsTaskOwner(createdBy ...string) Condition {
	return Condition{rule: taskRule{createdBy: lowerRefs(createdBy)}}
}

// taskRule is IS_TASK_OWNER.
type taskRule struct{ createdBy []string }

func (r taskRule) sql(row rowSQL) string {
	return "coalesce(" + row.column("created_by") + " = ANY (" +
		row.bind(expand(r.createdBy, row.caller), "text[]") + "), FALSE)"
}

func (r taskRule) matches(row row) bool {
	return slices.Contains(expand(r.createdBy, row.caller), row.createdBy)
}
