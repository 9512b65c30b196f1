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

// kindOfPermission is how policies refer to a permission besides its name: by resource type and action.
type kindOfPermission struct {
	permission Permission
	resource   string
	action     string
	// conditional says that a decision may depend on the resource.
	conditional bool
}

// catalogue lists every permission; its order is that of [Authorizer.Permissions]. A permission without a resource
// type is known by its name alone.
func catalogue() []kindOfPermission {
	return []kindOfPermission{
		{CatalogEntityRead, catalogEntity, "read", true},
		{CatalogEntityCreate, "", "create", false},
		{CatalogEntityDelete, catalogEntity, "delete", true},
		{CatalogEntityRefresh, catalogEntity, "update", true},
		{CatalogEntityValidate, "", "use", false},
		{CatalogLocationRead, catalogLocation, "read", false},
		{CatalogLocationCreate, catalogLocation, "create", false},
		{CatalogLocationDelete, catalogLocation, "delete", false},
		{CatalogLocationAnalyze, catalogLocation, "use", false},
		{ScaffolderActionExecute, scaffolderAction, "use", false},
		{ScaffolderTemplateParameterRead, scaffolderTemplate, "read", true},
		{ScaffolderTemplateStepRead, scaffolderTemplate, "read", true},
		{ScaffolderTemplateManagement, "", "use", false},
		{ScaffolderTaskRead, scaffolderTask, "read", true},
		{ScaffolderTaskCreate, "", "create", false},
		{ScaffolderTaskCancel, scaffolderTask, "use", true},
		{DocsRead, docsSite, "read", true},
		{DocsBuild, docsSite, "update", true},
		{CostRead, costRecord, "read", true},
		{CostImport, "", "create", false},
		{KubernetesProxy, "", "use", false},
		{KubernetesResourcesRead, kubernetesResource, "read", true},
		{KubernetesClustersRead, "", "read", false},
		{PolicyEntityCreate, policyEntity, "create", false},
		{PolicyEntityRead, policyEntity, "read", false},
		{PolicyEntityUpdate, policyEntity, "update", false},
		{PolicyEntityDelete, policyEntity, "delete", false},
		{AuditRead, "", "read", false},
	}
}
