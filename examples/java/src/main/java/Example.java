import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import scaler.ApiClient;
import scaler.ApiException;
import scaler.api.BatchesApi;
import scaler.api.BatchesApi.APIScaleBatchRequest;
import scaler.api.DeploymentsApi;
import scaler.api.DeploymentsApi.APIListDeploymentsRequest;
import scaler.api.HealthApi;
import scaler.api.HealthApi.APIGetHealthRequest;
import scaler.api.ReplicaCountsApi;
import scaler.api.ReplicaCountsApi.APISetReplicaCountRequest;
import scaler.api.StatesApi;
import scaler.api.StatesApi.APIGetDeploymentRequest;
import scaler.model.Batch;
import scaler.model.Error;
import scaler.model.Scale;
import scaler.model.Selection;

/**
 * Sets a replica count, unless somebody changes it first, and waits for the pods. Arguments: [NAMESPACE DEPLOYMENT
 * REPLICAS [CURRENT]]
 */
public final class Example {
    public static void main(String[] arguments) throws Exception {
        var namespace = arguments.length > 0 ? arguments[0] : "default";
        var deployment = arguments.length > 1 ? arguments[1] : "my-deployment";
        var replicas = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
        var current = arguments.length > 3 ? arguments[3] : null;
        try {
            run(namespace, deployment, replicas, Optional.ofNullable(current));
        } catch (ApiException e) {
            if (e.getCode() == 0) throw e;
            var error = ApiClient.createDefaultObjectMapper().readValue(e.getResponseBody(), Error.class);
            System.err.printf("%d %s: %s%n", error.getStatusCode(), error.getCode(), error.getMessage());
            System.exit(1);
        }
    }

    private static void run(String namespace, String deployment, int replicas, Optional<String> current)
            throws Exception {
        // docs begin
        var tls = MutualTls.of(
                Path.of("certs/ca-cert.pem"), Path.of("certs/client-cert.pem"), Path.of("certs/client-key.pem"));
        var client = new ApiClient()
                .setHttpClientBuilder(HttpClient.newBuilder().sslContext(tls))
                .setReadTimeout(Duration.ofSeconds(75));
        client.updateBaseUri(System.getenv().getOrDefault("BASE_URL", "https://localhost:8443"));

        var state = new StatesApi(client).getDeployment(APIGetDeploymentRequest.newBuilder()
                .namespace(namespace).deployment(deployment).build());
        for (var owner : state.getOwners())
            System.out.printf("%s/%s: %s%n", owner.getKind(), owner.getName(), owner.getDoes());

        var written = new ReplicaCountsApi(client).setReplicaCountWithHttpInfo(APISetReplicaCountRequest.newBuilder()
                .namespace(namespace).deployment(deployment)
                .currentReplicas(current.orElse(String.valueOf(state.getReplicas())))
                .scale(new Scale().replicas(replicas)).waitSeconds("60").build());
        var count = written.getData().getReplicaCount();
        System.out.printf("%s/%s: %d -> %d%n", namespace, deployment, state.getReplicas(), count);
        var headers = written.getHeaders();
        System.out.printf("forecast: %s%n", headers.get("x-replicas-forecast").get(0));
        System.out.printf("warning: %s%n", String.join(", ", headers.getOrDefault("warning", List.of("none"))));
        System.out.printf("outcome: ready, %d replicas%n", count);
        // docs end

        var lists = new DeploymentsApi(client);
        var all = lists.listDeployments(APIListDeploymentsRequest.newBuilder().build());
        System.out.printf("all: %s%n", String.join(" ", all.getDeployments()));
        var some = lists.listDeployments(APIListDeploymentsRequest.newBuilder().namespace(namespace).build());
        System.out.printf("in %s: %s%n", namespace, String.join(" ", some.getDeployments()));
        var health = new HealthApi(client).getHealth(APIGetHealthRequest.newBuilder().build());
        System.out.printf("health: %s%n", health.getStatus());

        var batches = new BatchesApi(client);
        var selected = new Batch().select(new Selection().namespace(namespace)).replicas(0);
        var plan = batches.scaleBatch(APIScaleBatchRequest.newBuilder().dryRun("true").batch(selected).build());
        if (plan.getReceipt() != null) {
            // To set the counts, keep the receipt first, and then send it without dryRun; as restore, it takes them back.
            var receipt = new Batch().receipt(plan.getReceipt());
            var parked = batches.scaleBatch(APIScaleBatchRequest.newBuilder().dryRun("true").batch(receipt).build());
            System.out.printf(
                    "plan: %d of %d would be set to 0%n", parked.getCounts().getSet(), plan.getItems().size());
        }
    }
}
