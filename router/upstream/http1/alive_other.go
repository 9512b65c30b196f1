//go:build !unix

package http1

// isAlive is no where it cannot be told: the connection is then not used again for what must not be repeated.
func (k *conn) isAlive() bool { return false }
