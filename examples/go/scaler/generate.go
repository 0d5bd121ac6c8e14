// Package scaler is the client that oapi-codegen makes from openapi.yaml.
package scaler

//go:generate go tool oapi-codegen -config ../oapi-codegen.yaml ../openapi.yaml
