package build

import (
	"maps"
	"path"
	"slices"
	"strings"

	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/mkdocs"
)

// contents gives the table of contents, and all pages in its order: those that it does not name come after. Of several
// files that make the same path the first one does.
func (s *Sources) contents(warn *warnings) (nav []mkdocs.Entry, order []string) {
	nav = s.config.Nav
	if nav == nil {
		nav = navOf(s.inReadingOrder())
	}
	seen := map[string]bool{}
	add := func(name string) bool {
		if _, ok := s.pages[name]; !ok || seen[pathOf(name)] {
			return false
		}
		seen[pathOf(name)] = true
		order = append(order, name)
		return true
	}
	s.eachFile(nav, func(name string) {
		if _, asset := s.assets[name]; !add(name) && !asset && !seen[pathOf(name)] {
			warn.add("nav: " + name + " is not there")
		}
	})
	for _, name := range s.inReadingOrder() {
		if !seen[pathOf(name)] && add(name) && !s.config.NotInNav.Match(name) {
			warn.add(name + " is not in nav")
		}
	}
	return nav, order
}

func (s *Sources) eachFile(entries []mkdocs.Entry, do func(name string)) {
	for _, entry := range entries {
		if entry.File != "" {
			do(entry.File)
		}
		s.eachFile(entry.Children, do)
	}
}

// inReadingOrder gives the files of pages: in each folder the index first, then files, then folders, by name.
func (s *Sources) inReadingOrder() []string {
	return slices.SortedFunc(maps.Keys(s.pages), func(a, b string) int {
		return slices.Compare(readingKey(a), readingKey(b))
	})
}

func readingKey(name string) []string {
	parts := strings.Split(name, "/")
	for i := range parts[:len(parts)-1] {
		parts[i] = "2" + parts[i]
	}
	last := &parts[len(parts)-1]
	if strings.HasPrefix(*last, "index.") || strings.HasPrefix(*last, "README.") {
		*last = "0" + *last
	} else {
		*last = "1" + *last
	}
	return parts
}

// navOf makes a table of contents out of files in reading order: folders are groups.
func navOf(names []string) []mkdocs.Entry {
	var entries []mkdocs.Entry
	for i := 0; i < len(names); {
		folder, _, nested := strings.Cut(names[i], "/")
		if !nested {
			entries = append(entries, mkdocs.Entry{File: names[i]})
			i++
			continue
		}
		var inside []string
		for ; i < len(names) && strings.HasPrefix(names[i], folder+"/"); i++ {
			inside = append(inside, strings.TrimPrefix(names[i], folder+"/"))
		}
		entries = append(entries, mkdocs.Entry{Title: titleOf(folder), Children: below(folder, navOf(inside))})
	}
	return entries
}

func below(folder string, entries []mkdocs.Entry) []mkdocs.Entry {
	for i := range entries {
		if entries[i].File != "" {
			entries[i].File = path.Join(folder, entries[i].File)
		}
		below(folder, entries[i].Children)
	}
	return entries
}

// navigation is the table of contents, flat, of the pages that were built. Groups of nothing are left out.
func (w *work) navigation(entries []mkdocs.Entry) []docs.NavItem {
	var items []docs.NavItem
	var add func(entries []mkdocs.Entry, parent *int, level int)
	add = func(entries []mkdocs.Entry, parent *int, level int) {
		for _, entry := range entries {
			item := docs.NavItem{Title: short(entry.Title), Parent: parent, Level: level}
			at := len(items)
			if entry.File == "" {
				items = append(items, item)
				if add(entry.Children, &at, level+1); len(items) == at+1 {
					items = items[:at]
				}
				continue
			}
			if title, ok := w.titles[entry.File]; ok {
				name := pathOf(entry.File)
				item.Title, item.Path = firstOf(item.Title, title), &name
				items = append(items, item)
			}
		}
	}
	add(entries, nil, 0)
	return items
}
