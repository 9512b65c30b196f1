package resolver

import (
	"context"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/postgres"
	"devportal.internal/subgraphs/docs/view"
)

// siblingLists are the same part of the lists of pages of sites that were asked for together.
type siblingLists struct {
	of   *interfaceobject.Siblings
	part postgres.Range // of no site
}

// siblingPages are the pages with one path of sites that were asked for together.
type siblingPages struct {
	of   *interfaceobject.Siblings
	path string
}

// pagesOf reads a part of the list of pages of a site, together with the same part of its siblings' lists.
func (r *Resolver) pagesOf(ctx context.Context, site *view.DocsSite, wanted postgres.Range) ([]postgres.PageRow, view.Beside, error) {
	lists := siblingLists{site.Siblings(), wanted}
	lists.part.EntityID = ""
	ranges := func() []postgres.Range {
		all := make([]postgres.Range, len(lists.of.UIDs()))
		for i, uid := range lists.of.UIDs() {
			all[i] = wanted
			all[i].EntityID = uid
		}
		return all
	}
	r.lists.Expect(ctx, lists, ranges)
	rows, err := r.lists.Load(ctx, wanted)
	return rows, view.Beside{Occasion: lists, Keys: func() []docs.PageKey {
		read, _ := r.lists.LoadAll(ctx, ranges()) // an error is that of the list that loads for itself
		return keysOf(read)
	}}, err
}

func keysOf(lists [][]postgres.PageRow) (keys []docs.PageKey) {
	for _, rows := range lists {
		for _, row := range rows {
			keys = append(keys, docs.PageKey{EntityID: row.EntityID, Path: row.Path})
		}
	}
	return keys
}

func samePath(of *interfaceobject.Siblings, path string) []docs.PageKey {
	keys := make([]docs.PageKey, len(of.UIDs()))
	for i, uid := range of.UIDs() {
		keys[i] = docs.PageKey{EntityID: uid, Path: path}
	}
	return keys
}
