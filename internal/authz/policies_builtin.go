package authz

// The refs of the built-in roles.
const (
	RoleAdmin     = "role:default/admin"
	RoleDeveloper = "role:default/developer"
	RoleViewer    = "role:default/viewer"
)

// BuiltIn are the policies where no policy file is given: a viewer reads, a developer also registers, builds and starts
// tasks and deletes what their own teams own, an admin does everything.
func BuiltIn() *Policies {
	p := newPolicies()
	p.rules[RoleAdmin] = []policyRule{{wildcard, wildcard, effectAllow}}
	p.rules[RoleViewer] = allowed(
		CatalogEntityRead, CatalogLocationRead, DocsRead, CostRead, KubernetesResourcesRead, KubernetesClustersRead,
		ScaffolderTemplateParameterRead, ScaffolderTemplateStepRead,
	)
	p.rules[RoleDeveloper] = allowed(
		CatalogEntityCreate, CatalogEntityRefresh, CatalogEntityValidate, CatalogLocationCreate, CatalogLocationAnalyze,
		ScaffolderActionExecute, ScaffolderTaskCreate, DocsBuild,
	)
	p.parents[RoleDeveloper] = []string{RoleViewer}
	all := catalogue()
	own := map[Permission]Condition{
		CatalogEntityDelete:  IsEntityOwner(OwnerRefs),
		ScaffolderTaskRead:   IsTaskOwner(CurrentUser),
		ScaffolderTaskCancel: IsTaskOwner(CurrentUser),
	}
	for permission, condition := range own {
		if i, ok := find(all, permission); ok {
			p.addCondition(RoleDeveloper, i, condition)
		}
	}
	return p
}

func allowed(permissions ...Permission) []policyRule {
	rules := make([]policyRule, len(permissions))
	for i, permission := range permissions {
		rules[i] = policyRule{object: string(permission), action: wildcard, effect: effectAllow}
	}
	return rules
}
