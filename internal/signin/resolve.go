package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// Directory knows the catalog's Users. Each method gives the refs of all that fit, at most a few.
type Directory interface {
	UsersByAnnotation(ctx context.Context, key, value string) ([]string, error)
	UsersByEmail(ctx context.Context, email string) ([]string, error)
	UsersByName(ctx context.Context, name string) ([]string, error)
	// GroupsOf gives the groups of a User.
	GroupsOf(ctx context.Context, user string) ([]string, error)
	// Exists reports whether the catalog has an entity of this ref.
	Exists(ctx context.Context, ref string) (bool, error)
}

// Mapping gives a role, or membership of a catalog group, to who is in a group.
type Mapping struct {
	// Provider is the provider that Group is of; "" is any. MemberOf is a group of the catalog instead.
	Provider, Group, MemberOf string
	Role, CatalogGroup        string
}

// Resolver finds out who of the catalog somebody is, and what follows.
type Resolver struct {
	Directory Directory
	Mappings  []Mapping
	// DefaultRole is everybody's; "" is none.
	DefaultRole string
	// AdmitUnknown lets in, as a viewer, who is not in the catalog.
	AdmitUnknown bool
}

// Bounds of what a provider may say.
const (
	maxAttributes = 20
	maxAttribute  = 256
)

// Resolve gives the principal of an identity, or an unauthenticated fault with code UNKNOWN_USER. The groups are those that
// mappings give: what the catalog knows is asked at every request.
func (r *Resolver) Resolve(ctx context.Context, who Identity, match []string) (auth.Principal, error) {
	const op = "signin.Resolve"
	if who.ID == "" {
		return auth.Principal{}, Refused(op, errors.New("the provider gives no id"))
	}
	user, err := r.user(ctx, who, match)
	if err != nil {
		return auth.Principal{}, err
	}
	p := auth.Principal{Subject: user, Attributes: bounded(who.Attributes)}
	if user == "" {
		if p.Subject, err = r.stranger(ctx, who); err != nil {
			return auth.Principal{}, err
		}
		p.Roles = []string{"viewer"}
		return auth.NewPrincipal(p), nil
	}
	known, err := r.Directory.GroupsOf(ctx, user)
	if err != nil {
		return auth.Principal{}, err
	}
	if r.DefaultRole != "" {
		p.Roles = append(p.Roles, r.DefaultRole)
	}
	for _, m := range r.Mappings {
		if !m.fits(who, known) {
			continue
		}
		if m.Role != "" {
			p.Roles = append(p.Roles, m.Role)
		}
		if m.CatalogGroup != "" {
			p.Groups = append(p.Groups, m.CatalogGroup)
		}
	}
	return auth.NewPrincipal(p), nil
}

func (m Mapping) fits(who Identity, known []string) bool {
	if m.MemberOf != "" {
		return slices.Contains(known, strings.ToLower(m.MemberOf))
	}
	return (m.Provider == "" || m.Provider == who.Provider) && slices.Contains(who.Groups, m.Group)
}

// user finds the catalog's User by the first rule that finds anybody; "" is nobody.
func (r *Resolver) user(ctx context.Context, who Identity, match []string) (string, error) {
	for _, rule := range match {
		found, err := r.find(ctx, who, rule)
		if err != nil {
			return "", err
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return "", unknown("more than one user of the catalog fits")
		}
	}
	return "", nil
}

func (r *Resolver) find(ctx context.Context, who Identity, rule string) ([]string, error) {
	kind, key, _ := strings.Cut(rule, ":")
	switch {
	case kind == "annotation" && strings.HasSuffix(key, "login") && who.Login != "":
		return r.Directory.UsersByAnnotation(ctx, key, who.Login)
	case kind == "annotation":
		return r.Directory.UsersByAnnotation(ctx, key, who.ID)
	case kind == "email" && who.Email != "":
		return r.Directory.UsersByEmail(ctx, who.Email)
	case kind == "login" && who.Login != "":
		return r.Directory.UsersByName(ctx, who.Login)
	default:
		return nil, nil
	}
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// stranger gives the ref of somebody who is not in the catalog: one that no entity has, and no other identity gets.
func (r *Resolver) stranger(ctx context.Context, who Identity) (string, error) {
	if !r.AdmitUnknown {
		return "", unknown("you are not in the catalog")
	}
	sum := sha256.Sum256([]byte(who.Provider + "\x00" + who.ID))
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(who.Login), "-"), "-")
	ref := "user:external-" + who.Provider + "/" + name[:min(len(name), 40)] + "-" + hex.EncodeToString(sum[:8])
	taken, err := r.Directory.Exists(ctx, ref)
	if err == nil && taken {
		err = unknown("the catalog has a user of the name that you would be given")
	}
	return ref, err
}

func unknown(message string) error {
	return fault.Unauthenticated("signin.Resolve", "%s", message).WithCode(CodeUnknownUser)
}

// bounded keeps attributes that are few and short.
func bounded(attributes map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range attributes {
		if len(kept) < maxAttributes && len(name)+len(value) <= maxAttribute {
			kept[name] = value
		}
	}
	return kept
}
