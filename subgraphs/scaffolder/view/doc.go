// Package view shows templates and tasks as schema/scaffolder.graphqls describes them.
package view
