// Package deploy checks the deployment files against the binary: image, compose file,
// Kubernetes manifests and workflows. It is a module of its own, so that the product does
// not depend on the libraries for these checks.
package deploy
