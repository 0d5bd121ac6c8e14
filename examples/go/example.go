// Sets a replica count, unless somebody changes it first, and waits for the pods: example [NAMESPACE DEPLOYMENT REPLICAS [CURRENT]]
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"scaler-client/scaler"
)

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	namespace, deployment := argument(1, "default"), argument(2, "my-deployment")
	replicas := int32(must(strconv.ParseInt(argument(3, "5"), 10, 32)))

	// docs begin
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile("certs/ca-cert.pem")))
	certificate := must(tls.LoadX509KeyPair("certs/client-cert.pem", "certs/client-key.pem"))
	config := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 75 * time.Second}
	baseURL := cmp.Or(os.Getenv("BASE_URL"), "https://localhost:8443")
	api := must(scaler.NewClientWithResponses(baseURL, scaler.WithHTTPClient(client)))

	read := must(api.GetDeploymentWithResponse(ctx, namespace, deployment, nil))
	state := read.JSON200
	if state == nil {
		fail(read.Status(), read.JSON400, read.JSON403, read.JSON404, read.JSON503)
	}
	for _, owner := range state.Owners {
		fmt.Printf("%s/%s: %s\n", owner.Kind, owner.Name, owner.Does)
	}

	current, wait := argument(4, strconv.Itoa(state.Replicas)), "60"
	written := must(api.SetReplicaCountWithResponse(ctx,
		&scaler.SetReplicaCountParams{Namespace: namespace, Deployment: deployment, CurrentReplicas: &current, Wait: &wait},
		scaler.Scale{Replicas: replicas}))
	if written.JSON200 == nil {
		fail(written.Status(), written.JSON400, written.JSON403, written.JSON404, written.JSON409, written.JSON412,
			written.JSON422, written.JSON503, written.JSON504)
	}
	fmt.Printf("%s/%s: %d -> %d\n", namespace, deployment, state.Replicas, written.JSON200.ReplicaCount)
	fmt.Println("forecast:", written.Headers200.XReplicasForecast)
	fmt.Println("warning:", cmp.Or(strings.Join(written.HTTPResponse.Header.Values("Warning"), ", "), "none"))
	fmt.Printf("outcome: ready, %d replicas\n", written.JSON200.ReplicaCount)
	// docs end

	all := must(api.ListDeploymentsWithResponse(ctx, &scaler.ListDeploymentsParams{}))
	if all.JSON200 == nil {
		fail(all.Status(), all.JSON403, all.JSON503)
	}
	fmt.Println("all:", strings.Join(all.JSON200.Deployments, " "))

	some := must(api.ListDeploymentsWithResponse(ctx, &scaler.ListDeploymentsParams{Namespace: &namespace}))
	if some.JSON200 == nil {
		fail(some.Status(), some.JSON403, some.JSON503)
	}
	fmt.Printf("in %s: %s\n", namespace, strings.Join(some.JSON200.Deployments, " "))

	health := must(api.GetHealthWithResponse(ctx, &scaler.GetHealthParams{}))
	if health.JSON200 == nil {
		fail(health.Status(), health.JSON503)
	}
	fmt.Println("health:", health.JSON200.Status)

	replicasAtNight, dryRun := int32(0), scaler.ScaleBatchParamsDryRunTrue
	plan := must(api.ScaleBatchWithResponse(ctx, &scaler.ScaleBatchParams{DryRun: &dryRun},
		scaler.Batch{Select: &scaler.Selection{Namespace: &namespace}, Replicas: &replicasAtNight}))
	if plan.JSON200 == nil {
		fail(plan.Status(), plan.JSON400, plan.JSON403, plan.JSON422, plan.JSON429, plan.JSON503)
	}
	if receipt := plan.JSON200.Receipt; receipt != nil {
		// To set the counts, keep the receipt first, and then send it without DryRun; as Restore, it takes them back.
		parked := must(api.ScaleBatchWithResponse(ctx, &scaler.ScaleBatchParams{DryRun: &dryRun}, scaler.Batch{Receipt: receipt}))
		if parked.JSON200 == nil {
			fail(parked.Status(), parked.JSON400, parked.JSON409, parked.JSON429, parked.JSON503)
		}
		fmt.Printf("plan: %d of %d would be set to 0\n", parked.JSON200.Counts.Set, len(plan.JSON200.Items))
	}
}

// fail ends the program with the error of the service that is not nil; with the status where there is none.
func fail(status string, errors ...*scaler.Error) {
	if e := cmp.Or(errors...); e != nil {
		log.Fatalf("%d %s: %s", e.StatusCode, e.Code, e.Message)
	}
	log.Fatal(status)
}

func must[T any](value T, err error) T {
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
