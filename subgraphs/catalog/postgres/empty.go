package postgres

// orEmpty gives a list that is stored as an empty one rather than as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
