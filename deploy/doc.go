// Package deploy is how the portal runs: an image, manifests, alerts and a dashboard. It holds no code; package verify checks
// what is here.
//
//	Dockerfile             the one image: `portal router` and `portal subgraph NAME` are arguments to it
//	base/                  the router and six subgraphs on Kubernetes, for kustomize
//	overlays/production/   an example of what an organisation adds: host, image, places of PostgreSQL and Redis
//	monitoring/            Prometheus rules and a Grafana dashboard
//
// The module also names the tools that check the project, so that the product's modules do not depend on them.
package deploy
