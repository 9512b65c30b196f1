// Package github signs people in with GitHub, or a GitHub Enterprise server: OAuth with PKCE and state, then GitHub's API
// for who they are, their verified e-mail address, organisations and teams.
package github
