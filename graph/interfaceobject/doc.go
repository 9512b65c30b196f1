// Package interfaceobject is the catalog's entities as the other subgraphs know them: by id alone, as
// `type CatalogEntity @interfaceObject`. Fields that a subgraph adds to every entity hang on it.
package interfaceobject
