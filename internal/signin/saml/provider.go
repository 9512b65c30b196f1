package saml

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/crewjam/saml"
	xrv "github.com/mattermost/xml-roundtrip-validator"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin"
)

// Settings are those of one identity provider. Metadata or MetadataURL is required.
type Settings struct {
	Name, Title string
	// Metadata is the provider's metadata document; MetadataURL is where to get it.
	Metadata    []byte
	MetadataURL string
	// EntityID is the portal's own name, and where its metadata are; AcsURL is where answers are posted to.
	EntityID, AcsURL string
	// IDPInitiated lets people begin at the identity provider.
	IDPInitiated bool
	// LoginAttribute is "" for the NameID.
	LoginAttribute, EmailAttribute, GroupAttribute string
	Attributes                                     []string
	Match                                          []string
}

// Bounds.
const (
	timeout     = 15 * time.Second
	maxMetadata = 2 << 20
	// metadataLife is for how long metadata from a URL are used.
	metadataLife = time.Hour
	// replayLife is the least time for which an assertion is remembered.
	replayLife = 10 * time.Minute
)

// Replays remembers which assertions came before.
type Replays interface {
	// First reports whether an id comes for the first time, and remembers it for a time.
	First(ctx context.Context, id string, life time.Duration) (bool, error)
}

// Provider is a SAML identity provider. It implements [signin.Redirector].
type Provider struct {
	settings Settings
	replays  Replays
	client   *http.Client

	mu       sync.Mutex
	metadata *saml.EntityDescriptor
	readAt   time.Time
}

// New makes a provider. Metadata that are given are read at once.
func New(settings Settings, replays Replays) (*Provider, error) {
	p := &Provider{settings: settings, replays: replays, client: &http.Client{Timeout: timeout}}
	if settings.MetadataURL != "" {
		return p, nil
	}
	metadata, err := parse(settings.Metadata)
	if err != nil {
		return nil, fmt.Errorf("setting signin.saml %s: %w", settings.Name, err)
	}
	p.metadata = metadata
	return p, nil
}

func parse(document []byte) (*saml.EntityDescriptor, error) {
	if err := xrv.Validate(bytes.NewReader(document)); err != nil {
		return nil, errors.New("the metadata are no XML that reads the same everywhere")
	}
	metadata := &saml.EntityDescriptor{}
	if err := xml.Unmarshal(document, metadata); err != nil || len(metadata.IDPSSODescriptors) == 0 {
		return nil, errors.New("the metadata describe no identity provider")
	}
	return metadata, nil
}

// Name implements [signin.Provider].
func (p *Provider) Name() string { return p.settings.Name }

// Title implements [signin.Provider].
func (p *Provider) Title() string { return p.settings.Title }

// Match implements [signin.Provider].
func (p *Provider) Match() []string { return p.settings.Match }

// service is the portal towards the identity provider.
func (p *Provider) service(ctx context.Context) (*saml.ServiceProvider, error) {
	entity, err := url.Parse(p.settings.EntityID)
	if err != nil {
		return nil, fault.Internal("saml.service", err)
	}
	acs, err := url.Parse(p.settings.AcsURL)
	if err != nil {
		return nil, fault.Internal("saml.service", err)
	}
	metadata, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	return &saml.ServiceProvider{
		EntityID: p.settings.EntityID, MetadataURL: *entity, AcsURL: *acs, IDPMetadata: metadata,
		AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
	}, nil
}

// read gives the provider's metadata, from its URL once an hour.
func (p *Provider) read(ctx context.Context) (*saml.EntityDescriptor, error) {
	const op = "saml.read"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.settings.MetadataURL == "" || (p.metadata != nil && time.Since(p.readAt) < metadataLife) {
		return p.metadata, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.settings.MetadataURL, nil)
	if err != nil {
		return nil, fault.Internal(op, err)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, fault.Unavailable(op, err)
	}
	defer func() { _ = response.Body.Close() }()
	document, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata))
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, fault.Unavailable(op, fmt.Errorf("the metadata cannot be read: status %d", response.StatusCode))
	}
	metadata, err := parse(document)
	if err != nil {
		return nil, fault.Unavailable(op, err)
	}
	p.metadata, p.readAt = metadata, time.Now()
	return metadata, nil
}

// Metadata gives the portal's own metadata, for the identity provider.
func (p *Provider) Metadata() ([]byte, error) {
	entity, err := url.Parse(p.settings.EntityID)
	if err != nil {
		return nil, fault.Internal("saml.Metadata", err)
	}
	acs, err := url.Parse(p.settings.AcsURL)
	if err != nil {
		return nil, fault.Internal("saml.Metadata", err)
	}
	own := saml.ServiceProvider{EntityID: p.settings.EntityID, MetadataURL: *entity, AcsURL: *acs}
	document, err := xml.MarshalIndent(own.Metadata(), "", "  ")
	return document, fault.Wrap(fault.KindInternal, "saml.Metadata", err)
}

// Begin implements [signin.Redirector].
func (p *Provider) Begin(ctx context.Context, attempt *signin.Attempt) (*url.URL, error) {
	const op = "saml.Begin"
	service, err := p.service(ctx)
	if err != nil {
		return nil, err
	}
	where := service.GetSSOBindingLocation(saml.HTTPRedirectBinding)
	request, err := service.MakeAuthenticationRequest(where, saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil || where == "" {
		return nil, fault.Unavailable(op, errors.New("the identity provider takes no requests by redirect"))
	}
	attempt.Request = request.ID
	redirect, err := request.Redirect(attempt.State, service)
	return redirect, fault.Wrap(fault.KindInternal, op, err)
}

// Complete implements [signin.Redirector]. An answer in a browser that asked for none is IdP-initiated.
func (p *Provider) Complete(r *http.Request, attempt *signin.Attempt) (signin.Identity, error) {
	const op = "saml.Complete"
	service, err := p.service(r.Context())
	if err != nil {
		return signin.Identity{}, err
	}
	var requests []string
	switch {
	case attempt != nil:
		requests = []string{attempt.Request}
	case p.settings.IDPInitiated:
		service.AllowIDPInitiated = true
	default:
		return signin.Identity{}, signin.Refused(op, errors.New("the sign-in was not begun in this browser"))
	}
	if declaresTypes(r.PostFormValue("SAMLResponse")) {
		return signin.Identity{}, signin.Refused(op, errors.New("the response declares a document type"))
	}
	assertion, err := service.ParseResponse(r, requests)
	if err != nil {
		return signin.Identity{}, signin.Refused(op, causeOf(err))
	}
	if attempt == nil && answersRequest(assertion) {
		return signin.Identity{}, signin.Refused(op, errors.New("the answer is to a request of another browser"))
	}
	if err := p.once(r.Context(), assertion); err != nil {
		return signin.Identity{}, err
	}
	return p.identity(assertion), nil
}

// declaresTypes reports whether a response has a document type declaration, which may hold entities: none has a reason to.
func declaresTypes(encoded string) bool {
	text, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && bytes.Contains(bytes.ToUpper(text), []byte("<!DOCTYPE"))
}

// causeOf gives the library's reason, which names rules and elements, and not the document.
func causeOf(err error) error {
	var invalid *saml.InvalidResponseError
	if errors.As(err, &invalid) && invalid.PrivateErr != nil {
		return invalid.PrivateErr
	}
	return errors.New("the response is not valid")
}

func answersRequest(assertion *saml.Assertion) bool {
	if assertion.Subject == nil {
		return false
	}
	for _, confirmation := range assertion.Subject.SubjectConfirmations {
		if data := confirmation.SubjectConfirmationData; data != nil && data.InResponseTo != "" {
			return true
		}
	}
	return false
}

// once refuses an assertion that came before. It is remembered for longer than it is valid.
func (p *Provider) once(ctx context.Context, assertion *saml.Assertion) error {
	const op = "saml.once"
	if assertion.ID == "" || assertion.Conditions == nil {
		return signin.Refused(op, errors.New("the assertion has no id or no conditions"))
	}
	life := max(replayLife, time.Until(assertion.Conditions.NotOnOrAfter)+saml.MaxClockSkew+replayLife)
	first, err := p.replays.First(ctx, p.settings.Name+" "+assertion.ID, life)
	if err == nil && !first {
		err = signin.Refused(op, errors.New("the assertion came before"))
	}
	return err
}

func (p *Provider) identity(assertion *saml.Assertion) signin.Identity {
	who := signin.Identity{Provider: p.settings.Name, Attributes: map[string]string{}}
	if assertion.Subject != nil && assertion.Subject.NameID != nil {
		who.ID = assertion.Subject.NameID.Value
	}
	values := map[string][]string{}
	for _, statement := range assertion.AttributeStatements {
		for _, attribute := range statement.Attributes {
			for _, value := range attribute.Values {
				values[attribute.Name] = append(values[attribute.Name], value.Value)
				if attribute.FriendlyName != "" && attribute.FriendlyName != attribute.Name {
					values[attribute.FriendlyName] = append(values[attribute.FriendlyName], value.Value)
				}
			}
		}
	}
	who.Login = who.ID
	if name := p.settings.LoginAttribute; name != "" {
		who.Login = first(values[name])
	}
	who.Email, who.Groups = first(values[p.settings.EmailAttribute]), values[p.settings.GroupAttribute]
	for _, name := range p.settings.Attributes {
		if value := first(values[name]); value != "" {
			who.Attributes[name] = value
		}
	}
	return who
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
