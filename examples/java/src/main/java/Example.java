import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import scaler.ApiClient;
import scaler.ApiException;
import scaler.api.DeploymentsApi;
import scaler.api.DeploymentsApi.APIListDeploymentsRequest;
import scaler.api.HealthApi;
import scaler.api.HealthApi.APIGetHealthRequest;
import scaler.api.ReplicaCountsApi;
import scaler.api.ReplicaCountsApi.APIGetReplicaCountRequest;
import scaler.api.ReplicaCountsApi.APISetReplicaCountRequest;
import scaler.model.Error;
import scaler.model.Scale;

/** Sets a replica count, unless somebody changes it first. Arguments: [NAMESPACE DEPLOYMENT REPLICAS [ETAG]] */
public final class Example {
    public static void main(String[] arguments) throws Exception {
        var namespace = arguments.length > 0 ? arguments[0] : "default";
        var deployment = arguments.length > 1 ? arguments[1] : "my-deployment";
        var replicas = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
        var etag = arguments.length > 3 ? arguments[3] : null;
        try {
            run(namespace, deployment, replicas, Optional.ofNullable(etag));
        } catch (ApiException e) {
            if (e.getCode() == 0) throw e;
            var error = ApiClient.createDefaultObjectMapper().readValue(e.getResponseBody(), Error.class);
            System.err.printf("%d %s: %s%n", error.getStatusCode(), error.getCode(), error.getMessage());
            System.exit(1);
        }
    }

    private static void run(String namespace, String deployment, int replicas, Optional<String> etag)
            throws Exception {
        // docs begin
        var tls = MutualTls.of(
                Path.of("certs/ca-cert.pem"), Path.of("certs/client-cert.pem"), Path.of("certs/client-key.pem"));
        var client = new ApiClient()
                .setHttpClientBuilder(HttpClient.newBuilder().sslContext(tls))
                .setReadTimeout(Duration.ofSeconds(15));
        client.updateBaseUri(System.getenv().getOrDefault("BASE_URL", "https://localhost:8443"));
        var api = new ReplicaCountsApi(client);

        var read = api.getReplicaCountWithHttpInfo(APIGetReplicaCountRequest.newBuilder()
                .namespace(namespace).deployment(deployment).build());
        var ifMatch = etag.or(() -> read.getHeaders().get("etag").stream().findFirst());

        var written = api.setReplicaCount(APISetReplicaCountRequest.newBuilder()
                .namespace(namespace).deployment(deployment)
                .scale(new Scale().replicas(replicas)).ifMatch(ifMatch.orElseThrow()).build());
        System.out.printf("%s/%s: %d -> %d%n",
                namespace, deployment, read.getData().getReplicaCount(), written.getReplicaCount());
        // docs end

        var lists = new DeploymentsApi(client);
        var all = lists.listDeployments(APIListDeploymentsRequest.newBuilder().build());
        System.out.printf("all: %s%n", String.join(" ", all.getDeployments()));
        var some = lists.listDeployments(APIListDeploymentsRequest.newBuilder().namespace(namespace).build());
        System.out.printf("in %s: %s%n", namespace, String.join(" ", some.getDeployments()));
        var health = new HealthApi(client).getHealth(APIGetHealthRequest.newBuilder().build());
        System.out.printf("health: %s%n", health.getStatus());
    }
}
