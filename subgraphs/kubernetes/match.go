package kubernetes

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// The annotations by which an entity finds its workloads, and the label that carries its id. They are Backstage's.
const (
	AnnotationSelector  = "backstage.io/kubernetes-label-selector"
	AnnotationID        = "backstage.io/kubernetes-id"
	AnnotationNamespace = "backstage.io/kubernetes-namespace"
	AnnotationCluster   = "backstage.io/kubernetes-cluster"
	LabelID             = "backstage.io/kubernetes-id"
)

// Candidate is an entity that workloads may belong to, as far as the matcher has to know it.
type Candidate struct {
	ID, Ref, Kind, Name string
	Annotations         map[string]string
}

// Matcher finds the entity that a workload belongs to. An entity's label selector wins over its id; a component without
// either is found by its name. Where several entities claim a workload, a selector's claim goes first, then an id's,
// then a name's, then the first by reference. Make one with [NewMatcher].
type Matcher struct {
	selectors []claim
	ids       map[string][]claim // by the value of LabelID
}

type claim struct {
	entity             Candidate
	strength           int // 0 is the strongest
	selector           labels.Selector
	namespace, cluster string
}

// NewMatcher prepares for matching against these entities. An entity whose selector cannot be parsed claims nothing.
func NewMatcher(entities []Candidate) *Matcher {
	m := &Matcher{ids: make(map[string][]claim)}
	for _, entity := range entities {
		m.add(entity)
	}
	byRef := func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.strength, b.strength), cmp.Compare(a.entity.Ref, b.entity.Ref))
	}
	slices.SortFunc(m.selectors, byRef)
	for _, id := range slices.Collect(maps.Keys(m.ids)) {
		slices.SortFunc(m.ids[id], byRef)
	}
	return m
}

func (m *Matcher) add(entity Candidate) {
	c := claim{entity: entity, namespace: entity.Annotations[AnnotationNamespace], cluster: entity.Annotations[AnnotationCluster]}
	if text := entity.Annotations[AnnotationSelector]; text != "" {
		if selector, err := labels.Parse(text); err == nil && !selector.Empty() {
			c.selector = selector
			m.selectors = append(m.selectors, c)
		}
		return
	}
	c.strength = 1
	id := entity.Annotations[AnnotationID]
	if id == "" && strings.EqualFold(entity.Kind, "Component") {
		id, c.strength = entity.Name, 2
	}
	if id != "" {
		m.ids[id] = append(m.ids[id], c)
	}
}

// EntityOf is the id of the entity that the workload belongs to, "" when there is none.
func (m *Matcher) EntityOf(w Workload) string {
	for _, c := range m.selectors {
		if c.covers(w) && (c.selector.Matches(labels.Set(w.Labels)) || c.selector.Matches(labels.Set(w.PodLabels))) {
			return c.entity.ID
		}
	}
	for _, id := range []string{w.Labels[LabelID], w.PodLabels[LabelID]} {
		for _, c := range m.ids[id] {
			if id != "" && c.covers(w) {
				return c.entity.ID
			}
		}
	}
	return ""
}

// covers says whether the workload is in the namespace and the cluster that the entity names, if it names any.
func (c claim) covers(w Workload) bool {
	return (c.namespace == "" || c.namespace == w.Namespace) && (c.cluster == "" || c.cluster == w.Cluster)
}
