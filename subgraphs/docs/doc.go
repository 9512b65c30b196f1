// Package docs is documentation that lies beside the source of what it documents: sites of Markdown pages, as MkDocs reads
// them, built into safe HTML and searched.
//
// Terms:
//
//   - A reference is the annotation `backstage.io/techdocs-ref` of an entity; with the entity's location it leads to a
//     source: the folder that holds mkdocs.yml (see [SourceOf]).
//   - A site is what is built from a source: pages, a table of contents, assets (images and other files). An entity has
//     at most one, which is known by the entity's id.
//   - An etag is a hash of everything that a site is built from. A site whose etag is the same is not built again.
//   - A warning tells a site's authors what could not be built or was left out for safety.
//
// Data flows one way:
//
//	entity ── projection ──▶ job ── source ── build (mkdocs, markdown) ──▶ postgres: pages, and the event in the same transaction
//	                                                                   └─▶ bucket: assets
//
// Main invariant: nothing in a page executes, whatever its author wrote, and a build that fails leaves the last good site.
package docs
