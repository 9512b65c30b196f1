// Package config reads the portal's settings.
//
//	flags  >  PORTAL_* variables  >  YAML file  >  defaults        the first that sets a setting wins
//
// A setting has one key (catalog.refresh), from which its other names follow: the flag --catalog-refresh, the variable
// PORTAL_CATALOG_REFRESH, and in the file
//
//	catalog:
//	  refresh: 5m
//
// [Settings] is the list of them all, with defaults and documentation as struct tags; [Describe] and [WriteTable] show it.
//
// Invariant: what [Load] returns is valid, complete and typed. An unknown or invalid setting is an error of one line that
// names it and says where it was set; it never shows a value, which may be a secret. Relative paths in the file are
// relative to the file, others to the working folder.
package config
