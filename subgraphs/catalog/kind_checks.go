package catalog

// maxRefsInField bounds the relations of one field: a group of a large organisation has some thousands of members.
const maxRefsInField = 10_000

func checkText(spec map[string]any, field string, required bool) error {
	value, given := spec[field]
	if !given {
		if required {
			return invalidSpec("spec.%s is missing", field)
		}
		return nil
	}
	if text, ok := value.(string); !ok || text == "" {
		return invalidSpec("spec.%s is not a string, or empty", field)
	}
	return nil
}

func checkTexts(spec map[string]any, field string) error {
	value, given := spec[field]
	if !given {
		return nil
	}
	items, ok := value.([]any)
	if !ok || len(items) > maxRefsInField {
		return invalidSpec("spec.%s is not a list of at most %d strings", field, maxRefsInField)
	}
	for _, item := range items {
		if text, ok := item.(string); !ok || text == "" {
			return invalidSpec("spec.%s holds something that is not a string, or empty", field)
		}
	}
	return nil
}

// checkDefinition asks an API for its definition; one of type mcp-server has remotes instead.
func checkDefinition(spec map[string]any) error {
	if spec["type"] != "mcp-server" {
		return checkText(spec, "definition", true)
	}
	remotes, ok := spec["remotes"].([]any)
	if !ok || len(remotes) == 0 {
		return invalidSpec("spec.remotes is missing: an mcp-server has a list of {type, url}")
	}
	for _, item := range remotes {
		remote, ok := item.(map[string]any)
		if !ok || checkText(remote, "type", true) != nil || checkText(remote, "url", true) != nil {
			return invalidSpec("spec.remotes holds something that is not {type, url}")
		}
	}
	return nil
}

func checkProfile(spec map[string]any) error {
	value, given := spec["profile"]
	if !given {
		return nil
	}
	profile, ok := value.(map[string]any)
	if !ok {
		return invalidSpec("spec.profile is not an object")
	}
	for _, field := range []string{"displayName", "email", "picture"} {
		if err := checkText(profile, field, false); err != nil {
			return invalidSpec("spec.profile.%s is not a string, or empty", field)
		}
	}
	return nil
}

func checkPresence(spec map[string]any) error {
	switch spec["presence"] {
	case nil, "required", "optional":
		return nil
	default:
		return invalidSpec("spec.presence is neither required nor optional")
	}
}

func checkSteps(spec map[string]any) error {
	steps, ok := spec["steps"].([]any)
	if !ok {
		return invalidSpec("spec.steps is missing or not a list")
	}
	for _, item := range steps {
		step, ok := item.(map[string]any)
		if !ok || checkText(step, "action", true) != nil {
			return invalidSpec("spec.steps holds something without an action")
		}
	}
	return nil
}
