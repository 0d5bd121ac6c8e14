/** What docs/reference/errors.md says about a code besides what the catalogue itself says. */
interface Guidance {
  /** When the service answers with it, as a sentence without its full stop. */
  readonly when: string;
  /** What the client, or the operator of the service, does about it. */
  readonly todo: string;
}

/** By code, in the order of the catalogue in src/api/errors.ts. */
export const ERROR_GUIDE: Readonly<Record<string, Guidance>> = {
  INVALID_QUERY: {
    when: 'A parameter of the path or the query is unknown, repeated, empty, missing or malformed, or two exclude each other',
    todo: 'Correct the parameter that the message names',
  },
  INVALID_BODY: {
    when: 'The body is not JSON, or a field is unknown, missing or malformed. Nothing was changed',
    todo: 'Correct the field that the message names. Numbers are written in digits only',
  },
  INVALID_HEADER: {
    when: '`If-Match` or `If-None-Match` is not a list of entity tags',
    todo: 'Send the `ETag` of an answer as it came, with its quotes',
  },
  FRESHNESS_NOT_SUPPORTED: {
    when: 'The API server of this cluster counts its changes in another way than Kubernetes does, so the service cannot compare them',
    todo: 'Leave out `minResourceVersion` and `wait`. `maxAge=0` gives the count as it is',
  },
  INVALID_URL: {
    when: 'The percent-encoding of the URL is broken',
    todo: 'Encode each part by itself, as `encodeURIComponent` and curl `--data-urlencode` do',
  },
  MALFORMED_REQUEST: {
    when: 'The bytes are not HTTP/1.1, or the client went away before its request was complete',
    todo: 'Speak HTTP/1.1, through a proxy that does not change it. `Connection: close` follows',
  },
  RECEIPT_INVALID: {
    when: 'The receipt is damaged, or another version of the service made it. Nothing was changed',
    todo: 'Send the receipt byte for byte as it was answered. If it is lost, make a new plan',
  },
  SELECT_TOO_WIDE: {
    when: '`select` names neither a namespace nor a label',
    todo: 'Name a namespace, or a `labelSelector` that is not empty',
  },
  CERTIFICATE_UNUSABLE: {
    when: 'The certificate is trusted, but does not name one user',
    todo: 'Issue a certificate with one CN and the extended key usage `clientAuth`: [Certificates](certificates.md)',
  },
  IDENTITY_RESERVED: {
    when: 'The CN or an O begins with `system:`, which would make the client a part of Kubernetes',
    todo: 'Issue a certificate with other names. `ALLOWED_RESERVED_IDENTITIES` lets single names in',
  },
  CLIENT_NOT_ALLOWED: {
    when: '`ALLOWED_CLIENTS` is set, and the certificate does not match it',
    todo: 'Add a pattern for the client to `ALLOWED_CLIENTS`, and restart the service',
  },
  FORBIDDEN: {
    when: 'The RBAC of the cluster does not give the user of the certificate this right. A decision that denies is remembered for `AUTHORIZATION_DENIED_SECONDS`',
    todo: 'Ask the cluster with `kubectl auth can-i ... --as=USER`, and [bind a role](../how-to/issue-and-revoke-clients.md#issue)',
  },
  SERVICE_FORBIDDEN: {
    when: 'The account of the service itself lacks a right, so nobody gets this answer from the cluster',
    todo: 'Give the right back: upgrade the release of the chart, which has the ClusterRole. The log has a warning',
  },
  ROUTE_NOT_FOUND: {
    when: 'No operation has this path',
    todo: 'Look up the path under [Operations](operations.md). A prefix that a proxy adds must be removed by it',
  },
  DEPLOYMENT_NOT_FOUND: {
    when: 'The client may read it, but it is not there',
    todo: 'List the namespace with `GET /deployments?namespace=N`. Right after it was created, read with `maxAge=0`',
  },
  DEPLOYMENT_GONE: {
    when: 'A wait, or an item of a receipt, is about a Deployment that was deleted, also if one of the same name is there now',
    todo: 'Find out who created it again. Then set the count by a new request',
  },
  NAMESPACE_NOT_WATCHED: {
    when: '`WATCH_NAMESPACES`, or `namespaces` of the cluster in `CLUSTERS_FILE`, does not have this namespace',
    todo: 'Add the namespace there, and the rights of the account of the service in it',
  },
  CLUSTER_NOT_FOUND: {
    when: 'The path or an item names a cluster that the service does not serve',
    todo: 'Read the names with `GET /clusters`, or [add the cluster](../how-to/add-a-cluster.md)',
  },
  METHOD_NOT_ALLOWED: {
    when: 'The path exists, but not with this method. `Allow` lists the methods',
    todo: 'Use one of those in `Allow`',
  },
  NOT_ACCEPTABLE: {
    when: '`Accept` leaves out `text/event-stream`',
    todo: 'Send `Accept: text/event-stream`, or no `Accept`',
  },
  REQUEST_TIMEOUT: {
    when: 'Headers or body did not arrive within `HEADERS_TIMEOUT_SECONDS` or `REQUEST_TIMEOUT_SECONDS`. Nothing was done',
    todo: 'Send it again. If it lasts, look at the network and at proxies on the way',
  },
  REPLICAS_MANAGED: {
    when: '`ON_CONFLICT` refuses the count, because an autoscaler or another tool would undo it. Nothing was changed',
    todo: 'Follow the command in the message: [Make a count stick](../how-to/make-it-stick.md). `force=true` sets the count in spite of that',
  },
  CONFLICT: {
    when: 'Others changed the Deployment between each attempt of the service. Nothing was changed',
    todo: 'Read the count and decide again. If it lasts, [who fights over it](api.md#changes-and-fights) is in the changes',
  },
  REPLICAS_OVERRIDDEN: {
    when: 'The count was set, and somebody set another one while the request waited',
    todo: 'Do not repeat the write. The message names who did it: [Make a count stick](../how-to/make-it-stick.md)',
  },
  RECEIPT_FOREIGN: {
    when: 'No Deployment of the receipt is there. Nothing was changed',
    todo: 'Send the receipt to the service that made it',
  },
  CHANGED_SINCE: {
    when: 'Of a receipt: somebody has set the count since, so it was left alone. `changedBy` names who',
    todo: 'Decide which count holds, and set it by a request of its own',
  },
  PRECONDITION_FAILED: {
    when: '`If-Match` or `currentReplicas` no longer fits. Nothing was changed',
    todo: 'Read the count again, decide again, and send the new `ETag` or count',
  },
  BODY_TOO_LARGE: {
    when: 'The body is larger than `MAX_BODY_BYTES`, or `MAX_BATCH_BODY_BYTES` of a batch. Nothing was changed',
    todo: 'Send the fields of the operation only; send a large batch in parts',
  },
  URL_TOO_LONG: {
    when: 'The URL is longer than `MAX_URL_LENGTH`',
    todo: 'Use a shorter `labelSelector`. Of many Deployments use `POST /scale`',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    when: 'The body is not announced as JSON. Nothing was changed',
    todo: 'Send `Content-Type: application/json`',
  },
  ADMISSION_REFUSED: {
    when: 'A webhook, a policy or a quota of the cluster refused the write. Nothing was changed',
    todo: 'Read the reason in the message, which is that of the cluster, and ask the owner of that policy',
  },
  RAIL: {
    when: 'A rule of `RAILS_FILE` or an annotation of the Deployment forbids the count. Nothing was changed',
    todo: 'Set a count that `GET /limits` allows, or have the [rail](../how-to/rails.md) changed. `force=true` does not pass it',
  },
  TOO_MANY_ITEMS: {
    when: '`select` hits more than 1,000 Deployments. Nothing was changed',
    todo: 'Select by namespace or label, in several batches',
  },
  ROLLOUT_STUCK: {
    when: 'The count is set, and Kubernetes says that its pods do not come: no quota, no image, no room',
    todo: 'Do not repeat the write. Mend what the message names; then `GET` what `Location` names',
  },
  RATE_LIMITED: {
    when: 'The client exceeds `READS_PER_SECOND` or `WRITES_PER_SECOND` of one replica. Nothing was done',
    todo: 'Wait as long as `Retry-After` says. Many counts go into one `POST /scale`, which is one write',
  },
  TOO_MANY_WAITERS: {
    when: '`MAX_WAITERS` or `MAX_WAITERS_PER_CLIENT` is reached, or 100 reads of the client wait for a resourceVersion. Nothing was changed',
    todo: 'Wait as long as `Retry-After` says. `scaler_waiters` shows how many there are',
  },
  TOO_MANY_STREAMS: {
    when: '`MAX_STREAMS` or `MAX_STREAMS_PER_CLIENT` is reached',
    todo: 'End streams that nobody reads. One stream of all namespaces is cheaper than one of each',
  },
  BATCH_BUSY: {
    when: '`MAX_BATCHES` or `MAX_BATCHES_PER_CLIENT` is reached. Nothing was changed',
    todo: 'Send it again when the others have ended; `scaler_batches` shows how many there are',
  },
  KUBERNETES_RATE_LIMITED: {
    when: 'The API server answered 429. Nothing was changed',
    todo: 'Wait as long as `Retry-After` says. If it lasts, look at the priority and fairness of the API server',
  },
  HEADERS_TOO_LARGE: {
    when: 'The headers are larger than `MAX_HEADER_BYTES`',
    todo: 'Send fewer or shorter headers. Proxies and browsers may add cookies',
  },
  INTERNAL_ERROR: {
    when: 'A fault of the service. The log has an error line with the same request id',
    todo: 'Try again. If it lasts, report that line',
  },
  AUTHORIZER_UNAVAILABLE: {
    when: 'The API server did not answer the SubjectAccessReview of this client. Nothing was done',
    todo: 'Try again. If everybody gets it, the cluster is `blocked`: [ScalerAuthorizerFailing](../runbook.md#scalerauthorizerfailing)',
  },
  ACCESS_UNDECIDED: {
    when: 'A list over many namespaces, for a client who may not list all of them, is not decided within 4.5 s',
    todo: 'Try again after `Retry-After`, or name the namespace: [Lists over many namespaces](api.md#lists-over-many-namespaces)',
  },
  OVERLOADED: {
    when: '`MAX_REQUESTS`, `MAX_EVENT_LOOP_DELAY_MS` or `MAX_HEAP_MIB` is reached. Nothing was done',
    todo: 'Try again. If it lasts: [ScalerSaturated](../runbook.md#scalersaturated)',
  },
  LOG_BLOCKED: {
    when: 'Whatever reads stdout of the service has stopped, and a write without an audit line is not made. Nothing was changed',
    todo: 'Mend the log collector or the disk of the node, or restart the pod elsewhere',
  },
  CACHE_NOT_SYNCED: {
    when: 'The first list of the Deployments of this cluster is not there yet',
    todo: 'Try again. If it lasts, the log says why the list fails',
  },
  CLUSTER_BUSY: {
    when: 'All turns to the API server of this cluster, or to build lists of it, are taken for longer than the request may wait. Nothing was done',
    todo: 'Try again. If it lasts, the API server is slow, or one client sends very many writes or asks for very many different lists',
  },
  KUBERNETES_UNREACHABLE: {
    when: 'No connection to the API server. Nothing was changed',
    todo: 'Try again later. Reads go on from memory: [ScalerClusterUnreachable](../runbook.md#scalerclusterunreachable)',
  },
  KUBERNETES_UNAVAILABLE: {
    when: 'The API server answered, but with a failure of its own',
    todo: 'Try again later. A write that was answered so changed nothing',
  },
  UNHEALTHY: {
    when: 'Only of `/healthz`: the API server has not answered for 10 s, so reads may be old and writes may fail',
    todo: 'Leave the service in use, as it still serves reads. `GET /clusters` says of each cluster what it lacks',
  },
  CLUSTER_BLOCKED: {
    when: 'Only of `/healthz`: the API server answers, but does not decide what clients may do, so they get 503 `AUTHORIZER_UNAVAILABLE`',
    todo: 'Give the account of the service the right back: [ScalerAuthorizerFailing](../runbook.md#scalerauthorizerfailing)',
  },
  WAIT_INTERRUPTED: {
    when: 'The count was set, and the instance that waited stops, or the certificate was revoked',
    todo: 'Do not repeat the write. `GET` what `Location` names, by a new connection',
  },
  BATCH_INTERRUPTED: {
    when: 'The batch ended before this item: its client went away, or the instance stops. Nothing was changed',
    todo: 'Send the receipt again',
  },
  DRAINING: {
    when: 'This instance is stopping. Nothing was done',
    todo: 'Connect again: the Service leads to another instance',
  },
  KUBERNETES_TIMEOUT: {
    when: 'The API server did not take the request in time. Nothing was changed',
    todo: 'Try again later',
  },
  BATCH_OUT_OF_TIME: {
    when: 'The 5 minutes of a batch were over before this item. Nothing was changed',
    todo: 'Send the receipt again',
  },
  FRESHNESS_NOT_REACHED: {
    when: 'An answer as fresh as `maxAge` or `minResourceVersion` asks for did not come in time',
    todo: 'Try again, or take an older answer: without the parameter the last known one comes at once',
  },
  NOT_READY_IN_TIME: {
    when: 'The count is set, and its pods were not all available within `wait` seconds',
    todo: 'Do not repeat the write. `GET` what `Location` names to wait on',
  },
  OUTCOME_UNKNOWN: {
    when: 'The write was sent, and the API server did not say what became of it. It may be made, also later',
    todo: 'Read the count with `maxAge=0`, wait a minute if the API server is in trouble, and decide again. `currentReplicas` or `If-Match` makes a second attempt safe',
  },
};
