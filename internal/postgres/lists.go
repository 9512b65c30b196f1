package postgres

import (
	"maps"
	"strings"
)

// Descending is a statement with its order turned round: every ASC that it writes out becomes DESC.
func Descending(statement string) string { return strings.ReplaceAll(statement, " ASC", " DESC") }

// EachWay reads lists, each of which is wanted from its front or from its back, with one call of read for either. The
// statement is given to read as it is to be run.
func EachWay[K comparable, V any](
	statement string, wanted []K, backward func(K) bool, read func(statement string, part []K) (map[K]V, error),
) (map[K]V, error) {
	var front, back []K
	for _, one := range wanted {
		if backward(one) {
			back = append(back, one)
		} else {
			front = append(front, one)
		}
	}
	if len(back) == 0 {
		return read(statement, front)
	}
	found, err := read(Descending(statement), back)
	if err != nil || len(front) == 0 {
		return found, err
	}
	also, err := read(statement, front)
	maps.Copy(found, also)
	return found, err
}
