// Package deploy checks what Yeyak is deployed with against the binary itself:
// image, compose file, Kubernetes manifests and workflows. It is a module of
// its own, so that the libraries which that takes stay out of the product's.
package deploy
