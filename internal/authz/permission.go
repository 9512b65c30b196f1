package authz

// Permission names something that one may be allowed to do. The names are Backstage's where it has one.
type Permission string

// The permissions of the portal.
const (
	CatalogEntityRead     Permission = "catalog.entity.read"
	CatalogEntityCreate   Permission = "catalog.entity.create"
	CatalogEntityDelete   Permission = "catalog.entity.delete"
	CatalogEntityRefresh  Permission = "catalog.entity.refresh"
	CatalogEntityValidate Permission = "catalog.entity.validate"

	CatalogLocationRead    Permission = "catalog.location.read"
	CatalogLocationCreate  Permission = "catalog.location.create"
	CatalogLocationDelete  Permission = "catalog.location.delete"
	CatalogLocationAnalyze Permission = "catalog.location.analyze"

	ScaffolderActionExecute         Permission = "scaffolder.action.execute"
	ScaffolderTemplateParameterRead Permission = "scaffolder.template.parameter.read"
	ScaffolderTemplateStepRead      Permission = "scaffolder.template.step.read"
	ScaffolderTemplateManagement    Permission = "scaffolder.template.management"
	ScaffolderTaskRead              Permission = "scaffolder.task.read"
	ScaffolderTaskCreate            Permission = "scaffolder.task.create"
	ScaffolderTaskCancel            Permission = "scaffolder.task.cancel"

	DocsRead  Permission = "docs.read"
	DocsBuild Permission = "docs.build"

	CostRead   Permission = "cost.read"
	CostImport Permission = "cost.import"

	KubernetesProxy         Permission = "kubernetes.proxy"
	KubernetesResourcesRead Permission = "kubernetes.resources.read"
	KubernetesClustersRead  Permission = "kubernetes.clusters.read"

	PolicyEntityCreate Permission = "policy.entity.create"
	PolicyEntityRead   Permission = "policy.entity.read"
	PolicyEntityUpdate Permission = "policy.entity.update"
	PolicyEntityDelete Permission = "policy.entity.delete"

	AuditRead Permission = "audit.read"
)

// Resource types: what a condition is asked about.
const (
	catalogEntity      = "catalog-entity"
	catalogLocation    = "catalog-location"
	scaffolderAction   = "scaffolder-action"
	scaffolderTemplate = "scaffolder-template"
	scaffolderTask     = "scaffolder-task"
	docsSite           = "docs-site"
	costRecord         = "cost-record"
	kubernetesResource = "kubernetes-resource"
	policyEntity       = "policy-entity"
)

// listing is how policies refer to a permission besides its name, and what stands in for it.
type listing struct {
	permission Permission
	// resource and action are how a rule by resource type refers to the permission; resource may be empty.
	resource string
	action   string
	// coveredBy is the permission that decides in its place while no policy mentions it: policies that were written for
	// Backstage know nothing of docs or cost, where who may read an entity may read what hangs on it.
	coveredBy Permission
}

// catalogue lists every permission; its order is that of [Authorizer.Permissions].
func catalogue() []listing {
	return []listing{
		{CatalogEntityRead, catalogEntity, "read", ""},
		{CatalogEntityCreate, "", "create", ""},
		{CatalogEntityDelete, catalogEntity, "delete", ""},
		{CatalogEntityRefresh, catalogEntity, "update", ""},
		{CatalogEntityValidate, "", "use", ""},
		{CatalogLocationRead, catalogLocation, "read", ""},
		{CatalogLocationCreate, catalogLocation, "create", ""},
		{CatalogLocationDelete, catalogLocation, "delete", ""},
		{CatalogLocationAnalyze, catalogLocation, "use", ""},
		{ScaffolderActionExecute, scaffolderAction, "use", ""},
		{ScaffolderTemplateParameterRead, scaffolderTemplate, "read", ""},
		{ScaffolderTemplateStepRead, scaffolderTemplate, "read", ""},
		{ScaffolderTemplateManagement, "", "use", ""},
		{ScaffolderTaskRead, scaffolderTask, "read", ""},
		{ScaffolderTaskCreate, "", "create", ""},
		{ScaffolderTaskCancel, scaffolderTask, "use", ""},
		{DocsRead, docsSite, "read", CatalogEntityRead},
		{DocsBuild, docsSite, "update", CatalogEntityRefresh},
		{CostRead, costRecord, "read", CatalogEntityRead},
		{CostImport, "", "create", CatalogLocationCreate},
		{KubernetesProxy, "", "use", ""},
		{KubernetesResourcesRead, kubernetesResource, "read", ""},
		{KubernetesClustersRead, "", "read", ""},
		{PolicyEntityCreate, policyEntity, "create", ""},
		{PolicyEntityRead, policyEntity, "read", ""},
		{PolicyEntityUpdate, policyEntity, "update", ""},
		{PolicyEntityDelete, policyEntity, "delete", ""},
		{AuditRead, "", "read", PolicyEntityRead},
	}
}

// hasRows reports whether conditions can be asked about a resource type: its rows are, or belong to, entities or tasks.
func hasRows(resource string) bool {
	switch resource {
	case catalogEntity, scaffolderTemplate, docsSite, costRecord, kubernetesResource, scaffolderTask:
		return true
	default:
		return false
	}
}

// find gives the place of a permission in the catalogue.
func find(all []listing, p Permission) (int, bool) {
	for i := range all {
		if all[i].permission == p {
			return i, true
		}
	}
	return 0, false
}

// Permissions lists every permission, in the order of the catalogue.
func Permissions() []Permission {
	all := catalogue()
	names := make([]Permission, len(all))
	for i, l := range all {
		names[i] = l.permission
	}
	return names
}
