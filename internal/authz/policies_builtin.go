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
	p, err := BuiltInDocument().Compile()
	if err != nil {
		panic("authz: the built-in policies compile: " + err.Error())
	}
	return p
}
