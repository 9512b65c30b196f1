// Package manifests reads a folder of Kubernetes manifests as if it were a cluster: what GitOps keeps, or what
// `kubectl get -o yaml` printed, with the status that it had.
//
// Files are YAML or JSON, with any number of documents, Lists included. What is not Kubernetes, or of a kind that does
// not matter here, is passed over. Nothing outside of the folder is read, whatever links say (os.Root), and sizes are
// bounded.
package manifests
