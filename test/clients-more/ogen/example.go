// Sets a replica count, unless somebody changes it first: example [NAMESPACE DEPLOYMENT REPLICAS [CURRENT]]
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"scaler-client/scaler"
)

//go:generate go tool ogen --config ogen.yml --target scaler --package scaler --clean openapi.yaml

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	namespace, deployment := argument(1, "default"), argument(2, "my-deployment")
	replicas := int32(must(strconv.ParseInt(argument(3, "5"), 10, 32)))

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile("certs/ca-cert.pem")))
	certificate := must(tls.LoadX509KeyPair("certs/client-cert.pem", "certs/client-key.pem"))
	config := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 75 * time.Second}
	baseURL := cmp.Or(os.Getenv("BASE_URL"), "https://localhost:8443")

	// docs begin
	api := must(scaler.NewClient(baseURL, scaler.WithClient(client)))
	read := must(api.GetDeployment(ctx, scaler.GetDeploymentParams{Namespace: namespace, Deployment: deployment}))
	answer, ok := read.(*scaler.DeploymentStateHeaders)
	if !ok {
		fail(read)
	}
	state := answer.Response
	for _, owner := range state.Owners {
		fmt.Printf("%s/%s: %s\n", owner.Kind, owner.Name, owner.Does)
	}

	current := scaler.NewOptString(argument(4, strconv.Itoa(state.Replicas)))
	written := must(api.SetReplicaCount(ctx, &scaler.Scale{Replicas: replicas}, scaler.SetReplicaCountParams{
		Namespace: namespace, Deployment: deployment, CurrentReplicas: current, Wait: scaler.NewOptString("60"),
	}))
	set, ok := written.(*scaler.SetReplicaCountOKHeaders)
	if !ok {
		fail(written)
	}
	fmt.Printf("%s/%s: %d -> %d\n", namespace, deployment, state.Replicas, set.Response.ReplicaCount)
	fmt.Println("forecast:", set.XReplicasForecast)
	fmt.Println("warning:", set.Warning.Or("none"))
	fmt.Printf("outcome: ready, %d replicas\n", set.Response.ReplicaCount)
	// docs end

	all := must(api.ListDeployments(ctx, scaler.ListDeploymentsParams{}))
	fmt.Println("all:", names(all))
	some := must(api.ListDeployments(ctx, scaler.ListDeploymentsParams{Namespace: scaler.NewOptString(namespace)}))
	fmt.Printf("in %s: %s\n", namespace, names(some))

	health, ok := must(api.GetHealth(ctx, scaler.GetHealthParams{})).(*scaler.HealthHeaders)
	if !ok {
		log.Fatal("not healthy")
	}
	fmt.Println("health:", health.Response.Status)
}

func names(answer scaler.ListDeploymentsRes) string {
	list, ok := answer.(*scaler.DeploymentListHeaders)
	if !ok {
		fail(answer)
	}
	return strings.Join(list.Response.Deployments, " ")
}

// fail ends the program with the error in an answer, which has a type per operation and status.
func fail(answer any) {
	switch answer := answer.(type) {
	case *scaler.GetDeploymentNotFound:
		failWith(answer.Response)
	case *scaler.SetReplicaCountBadRequest:
		failWith(answer.Response)
	case *scaler.SetReplicaCountConflict:
		failWith(answer.Response)
	case *scaler.SetReplicaCountPreconditionFailed:
		failWith(answer.Response)
	case *scaler.SetReplicaCountUnprocessableEntity:
		failWith(answer.Response)
	case *scaler.SetReplicaCountGatewayTimeout:
		failWith(answer.Response)
	}
	log.Fatalf("%T", answer)
}

func failWith(e scaler.Error) {
	log.Fatalf("%d %s: %s", e.StatusCode, e.Code, e.Message)
}

// must ends the program with an error. A status that the document does not list is an error too.
func must[T any](value T, err error) T {
	var other *scaler.OtherErrorStatusCodeWithHeaders
	if errors.As(err, &other) {
		failWith(other.Response)
	}
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func argument(i int, otherwise string) string {
	if i < len(os.Args) {
		return os.Args[i]
	}
	return otherwise
}
