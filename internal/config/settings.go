package config

import (
	"time"

	"devportal.internal/internal/telemetry"
)

// Settings are all settings of the portal. Tags: key names the setting within its group, default is written as in the
// file, doc is for people, check is a rule of validate.go, and path marks what names a file or folder.
type Settings struct {
	Listen      string `key:"listen" default:"127.0.0.1:4000" check:"address" doc:"address of the main listener"`
	AdminListen string `key:"admin_listen" check:"address" doc:"address of the admin listener (metrics, readiness, pprof); empty: same host, next port"`
	Data        string `key:"data" default:".portal" path:"yes" check:"required" doc:"folder for everything that the portal keeps by itself: PostgreSQL, blobs, workspaces, keys"`

	DatabaseURL telemetry.Secret `key:"database_url" doc:"PostgreSQL 15 or later to use; empty: a private one is started in the data folder"`
	PGBin       string           `key:"pg_bin" path:"yes" doc:"folder of the PostgreSQL programs for the private server; empty: find or download them"`
	RedisURL    telemetry.Secret `key:"redis_url" doc:"Redis to use (redis://, rediss://); empty: one within the process"`
	BlobURL     telemetry.Secret `key:"blob_url" doc:"bucket for built docs and the like (s3://bucket?region=...); empty: a folder in the data folder"`

	Log          Log           `key:"log"`
	OTLPEndpoint string        `key:"otlp_endpoint" check:"url" doc:"OTLP/HTTP collector for traces (http://host:4318); empty: none"`
	GracePeriod  time.Duration `key:"grace_period" default:"20s" check:"positive" doc:"how long running requests and subscriptions may take to end when the portal stops"`

	AllowedOrigins []string `key:"allowed_origins" check:"origin" doc:"web origins that may use the API from a browser (https://portal.example.com)"`
	TrustedProxies []string `key:"trusted_proxies" check:"network" doc:"networks of the proxies in front of the portal, whose X-Forwarded-For is believed (10.0.0.0/8)"`
	FileRoots      []string `key:"file_roots" path:"yes" doc:"folders below which files may be read: catalog files, docs, skeletons, manifests, bills"`

	URLs       URLs       `key:"urls"`
	Catalog    Catalog    `key:"catalog"`
	Docs       Docs       `key:"docs"`
	Cost       Cost       `key:"cost"`
	Kubernetes Kubernetes `key:"kubernetes"`
	Scaffolder Scaffolder `key:"scaffolder"`
	Access     Access     `key:"access"`
	Token      Token      `key:"token"`
	SignIn     SignIn     `key:"signin"`
	Events     Events     `key:"events"`
	Subgraphs  Subgraphs  `key:"subgraphs"`
	Operations Operations `key:"operations"`
}

// Operations say what operations may cost, which of them are known by name, and how rights show.
type Operations struct {
	ReportCost    bool         `key:"report_cost" doc:"put the cost of every operation into extensions.cost; on where there is a budget"`
	Cost          int64        `key:"cost" default:"0" check:"not-negative" doc:"estimated cost that one operation may have; 0: any, or a bucket full"`
	BudgetSize    int64        `key:"budget_size" default:"0" check:"not-negative" doc:"points of cost that a caller may have at once; 0: no budget"`
	BudgetRestore int64        `key:"budget_restore" default:"0" check:"not-negative" doc:"points that a caller gets back each second"`
	RoleBudgets   []RoleBudget `key:"role_budgets" doc:"other budgets for callers with a role; of several the largest holds"`
	Batch         int64        `key:"batch" default:"0" check:"not-negative" doc:"operations that a batch may hold; 0: none"`
	Registered    string       `key:"registered" path:"yes" doc:"registered operations: a folder of .graphql files, or a manifest of Relay's or Apollo's"`
	Mode          string       `key:"mode" default:"off" check:"off|report|enforce" doc:"what happens to operations that are not registered: off (run), report (run, counted and logged), enforce (refused)"`
	ClientModes   []ClientMode `key:"client_modes" doc:"other modes by the name that a client gives itself"`
	IDsOnly       bool         `key:"ids_only" doc:"registered operations count as such only by their id"`
	Denied        string       `key:"denied" default:"fields" check:"fields|operations|names" doc:"how what a caller may not have is answered: fields (null with an error), operations (refused), names (refused as if there were no such field)"`
	Introspection string       `key:"introspection" default:"by-role" check:"by-role|signed-in|off" doc:"who is shown the schema, and at /schema.graphql: by-role (everybody the part they may use), signed-in (nobody else), off"`
}

// RoleBudget is the budget of callers with a role.
type RoleBudget struct {
	Role    string `key:"role" check:"required" doc:"the role that the credential carries: its ref, or its name alone"`
	Size    int64  `key:"size" check:"positive" doc:"points at once"`
	Restore int64  `key:"restore" check:"positive" doc:"points a second"`
}

// ClientMode is the mode of one client.
type ClientMode struct {
	Client string `key:"client" check:"required" doc:"the client's name, as its header graphql-client-name says"`
	Mode   string `key:"mode" check:"off|report|enforce" doc:"off, report or enforce"`
}

// Log says how logs are written.
type Log struct {
	Level  string `key:"level" default:"info" check:"debug|info|warn|error" doc:"the least important level that is written: debug, info, warn, error"`
	Format string `key:"format" default:"text" check:"text|json" doc:"text for people, json for machines"`
}

// URLs say what the one HTTP client for URLs may reach.
type URLs struct {
	Allow           []string      `key:"allow" doc:"host names that may be read (example.com, *.example.com, host:8443); empty: every public one"`
	PrivateNetworks bool          `key:"private_networks" doc:"let URLs lead to private, loopback and link-local addresses"`
	MaxBytes        int64         `key:"max_bytes" default:"10485760" check:"positive" doc:"largest answer that is read, in bytes"`
	Timeout         time.Duration `key:"timeout" default:"20s" check:"positive" doc:"longest time for one URL, redirects included"`
}

// Catalog says what the catalog reads.
type Catalog struct {
	Locations    []Location    `key:"locations" doc:"where descriptor files are"`
	Refresh      time.Duration `key:"refresh" default:"2m" check:"positive" doc:"how often every location is read again"`
	OrphanPolicy string        `key:"orphan_policy" default:"delete" check:"keep|delete" doc:"what happens to an entity that no location names any more: keep or delete"`
	AllowedKinds []string      `key:"allowed_kinds" doc:"kinds that locations without rules of their own may bring; empty: every kind"`
}

// Location is a place with descriptor files.
type Location struct {
	Type   string `key:"type" check:"file|url" doc:"file or url"`
	Target string `key:"target" path:"unless-url" check:"required" doc:"a path (globs allowed) or a URL"`
	Rules  []Rule `key:"rules" doc:"what this location may bring, instead of allowed_kinds"`
}

// Rule allows kinds.
type Rule struct {
	Allow []string `key:"allow" doc:"kinds, in any case of letters"`
}

// Docs says how documentation is built.
type Docs struct {
	Refresh time.Duration `key:"refresh" default:"5m" check:"positive" doc:"how often sites are checked for changes"`
}

// Cost says where bills are and whom their lines belong to.
type Cost struct {
	Files   []string      `key:"files" path:"yes" doc:"FOCUS bills in CSV (globs allowed)"`
	Refresh time.Duration `key:"refresh" default:"10m" check:"positive" doc:"how often the files are checked for changes"`
	Tags    []TagRule     `key:"tags" doc:"which tag of a bill names which entity; the first rule that fits a line wins"`
}

// TagRule maps the value of a tag to an entity.
type TagRule struct {
	Tag    string `key:"tag" check:"required" doc:"key of the tag in the bill"`
	Entity string `key:"entity" default:"ref" check:"entity-match" doc:"how the tag's value names an entity: ref, name, label:KEY or annotation:KEY"`
	Kind   string `key:"kind" default:"component" doc:"kind that is meant when the value is a bare name"`
}

// Kubernetes says which clusters there are.
type Kubernetes struct {
	Clusters []Cluster     `key:"clusters" doc:"the clusters"`
	Refresh  time.Duration `key:"refresh" default:"10s" check:"positive" doc:"how often manifests are read again"`
}

// Cluster is one Kubernetes cluster, read from a folder of manifests.
type Cluster struct {
	Name   string `key:"name" check:"required" doc:"the cluster's name"`
	Folder string `key:"folder" path:"yes" check:"required" doc:"folder of its manifests"`
}

// Scaffolder says where tasks work and what they may publish to.
type Scaffolder struct {
	GitRoots    []string      `key:"git_roots" path:"unless-url" doc:"folders and URL prefixes below which publish:git may create repositories"`
	Workspaces  string        `key:"workspaces" path:"yes" doc:"folder for the workspaces of tasks; empty: in the data folder"`
	Concurrency int           `key:"concurrency" default:"4" check:"positive" doc:"tasks that run at the same time in one process"`
	TaskTimeout time.Duration `key:"task_timeout" default:"30m" check:"positive" doc:"longest time that a task may take"`
	KeyFile     string        `key:"key_file" path:"yes" doc:"key that secrets are sealed with while their task runs; empty: one is made in the data folder"`
	GraphURL    string        `key:"graph_url" check:"url" doc:"the portal's own GraphQL endpoint, which tasks register what they made with (http://router:4000/graphql); empty in portal serve, which calls it within the process"`
}

// Access says who may do what.
type Access struct {
	Policies        string `key:"policies" path:"yes" doc:"Casbin policies in CSV; empty: the built-in ones of admin, developer and viewer"`
	Conditions      string `key:"conditions" path:"yes" doc:"YAML file of conditional decisions"`
	DevelopmentUser string `key:"development_user" default:"user:default/guest" doc:"who a request without a credential is, on a loopback listener, while no identity provider is configured; none: nobody"`
}

// Token says how tokens are made.
type Token struct {
	Issuer  string        `key:"issuer" default:"devportal" check:"required" doc:"who issues tokens"`
	TTL     time.Duration `key:"ttl" default:"1h" check:"positive" doc:"how long a token lives"`
	KeyFile string        `key:"key_file" path:"yes" doc:"private key that signs tokens, in PEM; empty: one is made in the data folder"`

	InternalKeyFile string `key:"internal_key_file" path:"yes" doc:"key of the tokens that the router sends to subgraphs, in PEM: private for the router, public is enough for a subgraph; empty: one is made in the data folder"`
}

// Events says how long changes can be caught up with.
type Events struct {
	Retention time.Duration `key:"retention" default:"24h" check:"positive" doc:"how long a subscriber may be away and still miss nothing"`
	MinEvents int64         `key:"min_events" default:"10000" check:"positive" doc:"how many of the latest events of a topic are kept, however old they are"`
}

// Subgraphs say where the parts are when they run apart.
type Subgraphs struct {
	Listen string        `key:"listen" default:"127.0.0.1:4100" check:"address" doc:"address of the process that portal subgraph NAME starts"`
	URLs   []SubgraphURL `key:"urls" doc:"where portal router finds the subgraphs; empty in portal serve, which calls them within the process"`
}

// SubgraphURL is where one subgraph is.
type SubgraphURL struct {
	Name string `key:"name" check:"required" doc:"the subgraph's name"`
	URL  string `key:"url" check:"url" doc:"its GraphQL endpoint (http://catalog:4100/graphql)"`
}
