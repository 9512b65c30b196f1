// Package kubernetes is how software runs: what the clusters keep running, how well, and for which entity of the catalog.
//
// Terms:
//
//   - A cluster is one Kubernetes API, or a folder of manifests that stands for one.
//   - A workload is what Kubernetes keeps running and nothing else owns: a Deployment, StatefulSet, DaemonSet, CronJob, a
//     Job, ReplicaSet or Pod of its own.
//   - A problem is something wrong with a workload, found in its own status or in that of its pods, autoscaler or quota.
//   - A workload's entity is found by the entity's annotations (see [Matcher]).
//
// Data flows one way:
//
//	source (manifests, …) ── objects ──▶ inventory ── workloads ──▶ postgres: differences, and their events in the same transaction
//
// Main invariant: one failing cluster never hides another, nor what was last known of itself: its workloads stay as
// they were until it can be read again.
package kubernetes
