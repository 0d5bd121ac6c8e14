/** Generated from openapi.yaml by `make openapi`. */

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check whether the cluster can be served
         * @description Answers 200 only if the cluster is `ready`: its Deployments are known, its API server has answered within the last 10 s, and it decides what clients may do. An outage shows within 15 s. Do not take the service out of use because of an error: it still serves reads while the API server is unreachable.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the Deployments of a namespace, or of all namespaces
         * @description Without `namespace` the list contains the Deployments of all namespaces in which the caller may list them. If the caller may not list all of them, the API server is asked for each namespace; as long as that is not complete, the answer is 503 `ACCESS_UNDECIDED`, because a shorter list would look complete. The list of a namespace without Deployments is empty, whether the namespace exists or not. With `labelSelector` it contains only the Deployments that the selector matches; a selector that Kubernetes would refuse is refused with the position of the error. A list above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.
         */
        get: operations["listDeployments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deployments/{namespace}/{deployment}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of a Deployment
         * @description The counts that are asked for, running and available, whether the Deployment gets on, who else sets its count, and who changed it last, from memory. `unknownOwners` says which right is missing if the autoscalers are not all known. `ETag` identifies the spec, for use in If-Match when the count is set; the state may change while it stays the same, so there is no 304. With `wait`, the answer comes once the Deployment has its replicas: so a wait that a write began goes on without writing again, on this replica of the service or another.
         */
        get: operations["getDeployment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deployments/{namespace}/{deployment}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read who changed the replica count of a Deployment
         * @description The last changes of the count that this replica of the service has seen since it started, up to 20, from memory. Without any, it is the one that managedFields tell, if they do. It is not an audit log: memory is limited, a restart empties it, and changes during an outage of the watch look like one.
         */
        get: operations["getChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scale": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the states of the Deployments of a namespace, or of all namespaces
         * @description Contains the states of the Deployments that `GET /deployments` lists with the same parameters, from memory. An answer above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.
         */
        get: operations["listStates"];
        put?: never;
        /**
         * Plan, set or take back the counts of many Deployments
         * @description With dryRun=true, the answer is a plan: what would become of each item, from memory. The plan of `items` or `select` has a receipt. Keep it, then send it as `receipt` to set the counts, and as `restore` to take them back, also after a batch that was cut off: of a receipt, a count is only set while the Deployment and its count are as the receipt says, which the API server itself checks. Everything else is left alone. Before the first write of `items` or `receipt`, an item that may not be set refuses the whole batch; of `restore` it is left out alone. After the first write, the answer is 200 with an outcome of each item. A batch ends early if its client disconnects, and after 5 minutes. docs/how-to/park-and-restore.md shows it.
         */
        post: operations["scaleBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the changes of the Deployments of a namespace, or of all namespaces
         * @description Sends Server-Sent Events about the Deployments that `GET /scale` lists with the same parameters. `ready` comes first, with the resourceVersion from which on changes follow. `changed` has the state of a Deployment, as `GET /scale` lists it, and `gone` the last one of a Deployment that was deleted or that the selector no longer matches. `overridden` names a Deployment whose count was changed by somebody else after the service had set it. After `reset` changes may be missing: read `GET /scale` again. `end` comes before the service ends the stream, with a reason: `revoked`, `rights`, `age`, `drain` or `clusters`, also when another cluster becomes the default and the path names none. docs/how-to/follow-changes.md says how to keep a copy.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what limits the replica count of a Deployment
         * @description The rails that hold for the count, where each comes from, and whether the client may read and set the count, from memory. It needs one of these two rights. A write that a rail refuses is answered with 422 `RAIL`; the count is never changed to one that is allowed. `force=true` passes no rail.
         */
        get: operations["getLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replica-count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the replica count of a Deployment
         * @description Answers `spec.replicas` from memory, which a watch keeps current. `Age` says how old the answer may be. Set `maxAge` or `minResourceVersion` to require a fresher one.
         */
        get: operations["getReplicaCount"];
        put?: never;
        /**
         * Set the replica count of a Deployment
         * @description Sets `spec.replicas` through the `scale` subresource, and answers once reads show the new count. Setting the current count changes nothing and succeeds. `X-Replicas-Forecast` says whether the count will stay, and `Warning` what to change so that it does. A count that an autoscaler would certainly undo is refused with 409 `REPLICAS_MANAGED`, unless `force=true`. A count that a rail forbids is refused with 422 `RAIL`, also with `force=true`; `GET /limits` shows the rails. After 504 `OUTCOME_UNKNOWN`, read the count before you try again. With `wait`, the answer comes once the replicas are available. The count is set in all errors that have `Location`: do not send the write again, but `GET` that.
         */
        post: operations["setReplicaCount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check whether the cluster can be served
         * @description Answers 200 only if the cluster is `ready`: its Deployments are known, its API server has answered within the last 10 s, and it decides what clients may do. An outage shows within 15 s. Do not take the service out of use because of an error: it still serves reads while the API server is unreachable.
         */
        get: operations["getHealthOfCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the Deployments of a namespace, or of all namespaces
         * @description Without `namespace` the list contains the Deployments of all namespaces in which the caller may list them. If the caller may not list all of them, the API server is asked for each namespace; as long as that is not complete, the answer is 503 `ACCESS_UNDECIDED`, because a shorter list would look complete. The list of a namespace without Deployments is empty, whether the namespace exists or not. With `labelSelector` it contains only the Deployments that the selector matches; a selector that Kubernetes would refuse is refused with the position of the error. A list above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.
         */
        get: operations["listDeploymentsOfCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/deployments/{namespace}/{deployment}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of a Deployment
         * @description The counts that are asked for, running and available, whether the Deployment gets on, who else sets its count, and who changed it last, from memory. `unknownOwners` says which right is missing if the autoscalers are not all known. `ETag` identifies the spec, for use in If-Match when the count is set; the state may change while it stays the same, so there is no 304. With `wait`, the answer comes once the Deployment has its replicas: so a wait that a write began goes on without writing again, on this replica of the service or another.
         */
        get: operations["getDeploymentOfCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/deployments/{namespace}/{deployment}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read who changed the replica count of a Deployment
         * @description The last changes of the count that this replica of the service has seen since it started, up to 20, from memory. Without any, it is the one that managedFields tell, if they do. It is not an audit log: memory is limited, a restart empties it, and changes during an outage of the watch look like one.
         */
        get: operations["getChangesOfCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/scale": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the states of the Deployments of a namespace, or of all namespaces
         * @description Contains the states of the Deployments that `GET /deployments` lists with the same parameters, from memory. An answer above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.
         */
        get: operations["listStatesOfCluster"];
        put?: never;
        /**
         * Plan, set or take back the counts of many Deployments
         * @description With dryRun=true, the answer is a plan: what would become of each item, from memory. The plan of `items` or `select` has a receipt. Keep it, then send it as `receipt` to set the counts, and as `restore` to take them back, also after a batch that was cut off: of a receipt, a count is only set while the Deployment and its count are as the receipt says, which the API server itself checks. Everything else is left alone. Before the first write of `items` or `receipt`, an item that may not be set refuses the whole batch; of `restore` it is left out alone. After the first write, the answer is 200 with an outcome of each item. A batch ends early if its client disconnects, and after 5 minutes. docs/how-to/park-and-restore.md shows it.
         */
        post: operations["scaleBatchOfCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the changes of the Deployments of a namespace, or of all namespaces
         * @description Sends Server-Sent Events about the Deployments that `GET /scale` lists with the same parameters. `ready` comes first, with the resourceVersion from which on changes follow. `changed` has the state of a Deployment, as `GET /scale` lists it, and `gone` the last one of a Deployment that was deleted or that the selector no longer matches. `overridden` names a Deployment whose count was changed by somebody else after the service had set it. After `reset` changes may be missing: read `GET /scale` again. `end` comes before the service ends the stream, with a reason: `revoked`, `rights`, `age`, `drain` or `clusters`, also when another cluster becomes the default and the path names none. docs/how-to/follow-changes.md says how to keep a copy.
         */
        get: operations["streamEventsOfCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what limits the replica count of a Deployment
         * @description The rails that hold for the count, where each comes from, and whether the client may read and set the count, from memory. It needs one of these two rights. A write that a rail refuses is answered with 422 `RAIL`; the count is never changed to one that is allowed. `force=true` passes no rail.
         */
        get: operations["getLimitsOfCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/replica-count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the replica count of a Deployment
         * @description Answers `spec.replicas` from memory, which a watch keeps current. `Age` says how old the answer may be. Set `maxAge` or `minResourceVersion` to require a fresher one.
         */
        get: operations["getReplicaCountOfCluster"];
        put?: never;
        /**
         * Set the replica count of a Deployment
         * @description Sets `spec.replicas` through the `scale` subresource, and answers once reads show the new count. Setting the current count changes nothing and succeeds. `X-Replicas-Forecast` says whether the count will stay, and `Warning` what to change so that it does. A count that an autoscaler would certainly undo is refused with 409 `REPLICAS_MANAGED`, unless `force=true`. A count that a rail forbids is refused with 422 `RAIL`, also with `force=true`; `GET /limits` shows the rails. After 504 `OUTCOME_UNKNOWN`, read the count before you try again. With `wait`, the answer comes once the replicas are available. The count is set in all errors that have `Location`: do not send the write again, but `GET` that.
         */
        post: operations["setReplicaCountOfCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/{cluster}/set-replica-count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set the replica count of a Deployment, by the old name of this operation
         * @deprecated
         * @description The same as `POST /{cluster}/replica-count`. Use that instead.
         */
        post: operations["setReplicaCountByOldNameOfCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clusters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the clusters
         * @description The clusters that the service serves, the default cluster first, with their states. While a cluster is `unreachable`, reads return the last known state. `authorizer` is `unavailable` if the last question what a client may do was not answered; where that lasts the cluster is `blocked`. The states are true within 15 s; the log of the service says why.
         */
        get: operations["listClusters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clusters/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the Deployments of all clusters
         * @description For each cluster the answer contains either the Deployments that its RBAC allows the caller to list, or the error that a list of this cluster alone would end with. A cluster that does not answer within 5 s gets an error too, so that it does not delay the others. `Age` is the age of the oldest list. An answer above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.
         */
        get: operations["listFleetDeployments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clusters/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the changes of the Deployments of all clusters
         * @description Sends what `GET /events` sends, of all clusters in which the caller may list. `ready` has the resourceVersion of each cluster, and every other event but `end` has the name of its `cluster`. An id names the position in each cluster: `production=48151623;staging=1042`. A cluster that cannot be followed yet is missing in `ready`, and begins with `reset` once it can. When a cluster is added, changed or removed, the stream ends with the reason `clusters`.
         */
        get: operations["streamFleetEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Health */
        Health: {
            /**
             * @description The cluster is ready, and contact with its API server is verified
             * @constant
             */
            status: "OK";
        };
        /** DeploymentList */
        DeploymentList: {
            /** @description Names as `namespace/name`, sorted by their bytes */
            deployments: string[];
        };
        /** DeploymentState */
        DeploymentState: {
            /**
             * @description The kind of what is scaled
             * @constant
             */
            kind: "Deployment";
            /** @example shop */
            namespace: string;
            /**
             * @description Its name
             * @example cart
             */
            deployment: string;
            /**
             * @description spec.replicas: the count that is asked for
             * @example 3
             */
            replicas: number;
            /**
             * @description Pods in all
             * @example 3
             */
            current: number;
            /**
             * @description Pods of the newest template
             * @example 3
             */
            updated: number;
            /**
             * @description Pods that are ready
             * @example 3
             */
            ready: number;
            /**
             * @description Pods that have been ready for minReadySeconds
             * @example 3
             */
            available: number;
            /**
             * @description `stable`: the pods are as the spec asks for; `progressing`: they are getting there; `stuck`: the Deployment controller says that they do not
             * @enum {string}
             */
            phase: "stable" | "progressing" | "stuck";
            /**
             * @description Why it is in this phase
             * @example all 3 replicas are available
             */
            reason: string;
            /** @description Whether spec.paused holds back changes of the pod template */
            paused: boolean;
            /** @description Who else sets the count */
            owners: {
                /**
                 * @description `HorizontalPodAutoscaler`; `ScaledObject` (KEDA); `Application` (Argo CD); `Kustomization` and `HelmRelease` (Flux); `Bundle` (Fleet); `Helm`: a release; `Apply`: a server-side or client-side apply; or the kind of the object whose controller owns the Deployment
                 * @example HorizontalPodAutoscaler
                 */
                kind: string;
                /**
                 * @description Its name; of `Apply` the field manager
                 * @example cart
                 */
                name: string;
                /**
                 * @description What it does to the count
                 * @example keeps the count between 2 and 4
                 */
                does: string;
                /**
                 * @description Where that is seen
                 * @example its scaleTargetRef names the Deployment
                 */
                evidence: string;
            }[];
            /** @description Why there may be owners that are not known, and which right is missing; empty: all are known */
            unknownOwners: string[];
            /**
             * LastChange
             * @description The last change of the count
             */
            lastChange?: {
                /**
                 * Format: date-time
                 * @description When the service saw it; absent if that was before it started
                 * @example 2026-11-29T12:00:00.000Z
                 */
                at?: string;
                /**
                 * @description The count before; absent if the change was made before the service started
                 * @example 3
                 */
                from?: number;
                /**
                 * @description The count after
                 * @example 3
                 */
                to: number;
                /**
                 * @description The field manager that made it; `unknown` if Kubernetes did not note it
                 * @example kubectl
                 */
                manager: string;
                /**
                 * @description Who made it; only if it was a write of this replica of the service
                 * @example alice
                 */
                user?: string;
            };
            /**
             * ReplicasOverride
             * @description A change by somebody else within 5 minutes after the service had set the count. It is shown for an hour, or until the service sets the count again
             */
            overridden?: {
                /**
                 * @description The field manager that made it
                 * @example kube-controller-manager
                 */
                by: string;
                /**
                 * Format: date-time
                 * @description When the service saw it
                 * @example 2026-11-29T12:00:00.000Z
                 */
                at: string;
                /**
                 * @description The count that the service had set
                 * @example 3
                 */
                from: number;
                /**
                 * @description The count after
                 * @example 3
                 */
                to: number;
            };
            /**
             * Fight
             * @description Two field managers set the count in turn: it passed from one to the other three times within 10 minutes. It is shown until 10 minutes after it passed last
             */
            fight?: {
                /**
                 * @description Their field managers
                 * @example [
                 *       "kubectl",
                 *       "kube-controller-manager"
                 *     ]
                 */
                between: string[];
                /**
                 * @description How often the count has passed from one to the other
                 * @example 3
                 */
                switches: number;
                /**
                 * Format: date-time
                 * @description When the service saw the change from which it passed first
                 * @example 2026-11-29T12:00:00.000Z
                 */
                since: string;
                /**
                 * Format: date-time
                 * @description When the service saw it pass last
                 * @example 2026-11-29T12:00:00.000Z
                 */
                lastAt: string;
            };
        };
        /** DeploymentChanges */
        DeploymentChanges: {
            /** @description Newest first */
            changes: {
                /**
                 * Format: date-time
                 * @description When the service saw it; absent if that was before it started
                 * @example 2026-11-29T12:00:00.000Z
                 */
                at?: string;
                /**
                 * @description The count before; absent if the change was made before the service started
                 * @example 3
                 */
                from?: number;
                /**
                 * @description The count after
                 * @example 3
                 */
                to: number;
                /**
                 * @description The field manager that made it; `unknown` if Kubernetes did not note it
                 * @example kubectl
                 */
                manager: string;
                /**
                 * @description Who made it; only if it was a write of this replica of the service
                 * @example alice
                 */
                user?: string;
                /**
                 * @description How that manager wrote it; absent if Kubernetes did not note it
                 * @enum {string}
                 */
                operation?: "Apply" | "Update";
                /**
                 * @description Absent if the Deployment itself was written
                 * @constant
                 */
                subresource?: "scale";
                /**
                 * @description Of the Deployment, right after the change; absent if that was before the service started
                 * @example 48151623
                 */
                resourceVersion?: string;
                /**
                 * @description Somebody else made it within 5 minutes after the service had set the count
                 * @constant
                 */
                overrode?: true;
            }[];
            /** @description Whether older ones were dropped */
            truncated: boolean;
        };
        /** DeploymentStates */
        DeploymentStates: {
            /** @description Sorted by `namespace/name` */
            items: components["schemas"]["DeploymentState"][];
        };
        /**
         * EventStream
         * @description Server-Sent Events. Each has a type, a JSON object as its data and, if everything up to a position has been sent with it, that position as its id
         */
        EventStream: string;
        /**
         * Limits
         * @description What limits the count of a Deployment. Setting the present count is always allowed
         */
        Limits: {
            /** @example shop */
            namespace: string;
            /** @example cart */
            deployment: string;
            /**
             * Format: int32
             * @description The present count
             * @example 3
             */
            replicas: number;
            /**
             * Format: int32
             * @description The least count that is allowed besides 0; absent: any
             * @example 2
             */
            min?: number;
            /**
             * Format: int32
             * @description The greatest count that is allowed; absent: any
             * @example 10
             */
            max?: number;
            /**
             * Format: int32
             * @description How many replicas one write may add or remove at the present count; absent: any number
             * @example 2
             */
            maxStep?: number;
            /**
             * @description Whether the count may be 0, apart from `maxStep`
             * @example true
             */
            allowZero: boolean;
            /**
             * @description Why no change of the count is allowed; absent: this does not forbid it
             * @example the control plane needs it
             */
            protected?: string;
            /** @description Where the limits come from: each of them holds, so the strictest wins. Empty: there is none */
            rails: {
                /**
                 * @description `rule NAME`, of the rules of this service, or `annotation KEY`, of the Deployment
                 * @example rule production
                 */
                from: string;
                /**
                 * Format: int32
                 * @description The least count
                 * @example 2
                 */
                min?: number;
                /**
                 * Format: int32
                 * @description The greatest count
                 * @example 10
                 */
                max?: number;
                /**
                 * @description How far one write may move the count: a number of replicas, or a share of the present count, rounded up
                 * @example 50%
                 */
                maxStep?: string;
                /**
                 * @description Whether the count may be 0; absent: it may, unless `min` is 1 or more
                 * @example true
                 */
                allowZero?: boolean;
                /**
                 * @description Why no change of the count is allowed; absent: this does not forbid it
                 * @example the control plane needs it
                 */
                protected?: string;
            }[];
            /**
             * Rights
             * @description What the client may do by the RBAC of the cluster
             */
            may: {
                /** @description Whether the client may read the count */
                read: boolean;
                /** @description Whether the client may set it, as far as the rails allow */
                scale: boolean;
            };
        };
        /** ReplicaCount */
        ReplicaCount: {
            /**
             * Format: int32
             * @description spec.replicas of the Deployment: the desired count, not the number of running pods
             * @example 3
             */
            replicaCount: number;
        };
        /**
         * Scale
         * @description What to set. No value is converted to another type
         */
        Scale: {
            /**
             * Format: int32
             * @description The count to set, written in digits only: `3`, not `3.0` or `3e0`
             * @example 3
             */
            replicas: number;
        };
        /**
         * Batch
         * @description Exactly one of `items`; `select` with `replicas`, which can only be planned; `receipt`, to finish what it asks for; and `restore`, to take it back
         * @example {
         *       "items": [
         *         {
         *           "namespace": "default",
         *           "deployment": "my-deployment",
         *           "replicas": 3
         *         }
         *       ]
         *     }
         */
        Batch: {
            /** @description Sets these counts, each Deployment once */
            items?: components["schemas"]["CountToSet"][];
            select?: components["schemas"]["Selection"];
            /**
             * Format: int32
             * @description With select: the count for all of them
             * @example 3
             */
            replicas?: number;
            receipt?: components["schemas"]["Receipt"];
            restore?: components["schemas"]["Receipt"];
        };
        /** BatchAnswer */
        BatchAnswer: {
            /**
             * @description Identifies the batch in the log of the service and in Events
             * @example 2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f
             */
            batch: string;
            /** @description Whether this is a plan: nothing was changed */
            dryRun: boolean;
            counts: components["schemas"]["BatchCounts"];
            /** @description In the order in which they were given; of a select by cluster, namespace and name */
            items: components["schemas"]["BatchItem"][];
            receipt?: components["schemas"]["Receipt"];
        };
        /**
         * Receipt
         * @description What a batch has to do. With it alone, any replica of the service can finish the batch or take it back. Keep it as it is
         */
        Receipt: {
            /**
             * Format: int32
             * @description The version of its form: 1
             * @example 1
             */
            version: number;
            /**
             * @description The id of the batch that made it
             * @example 2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f
             */
            id: string;
            /**
             * @description When it was made, as RFC 3339 writes it
             * @example 2026-11-29T19:00:00.000Z
             */
            at: string;
            items: components["schemas"]["ReceiptItem"][];
            /**
             * @description Shows that a receipt was damaged while it was kept
             * @example 9c56cc51b374c3ba189210d5b6d4bf57
             */
            checksum: string;
        };
        /** ReceiptItem */
        ReceiptItem: {
            /**
             * @description Name of a cluster: a DNS label
             * @example production
             */
            cluster: string;
            /**
             * @description Namespace: a DNS label
             * @example default
             */
            namespace: string;
            /**
             * @description Name of the Deployment: a DNS subdomain
             * @example my-deployment
             */
            deployment: string;
            /**
             * @description One that is created again under the same name is another Deployment
             * @example 0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60
             */
            uid: string;
            /**
             * Format: int32
             * @description The count before
             * @example 3
             */
            before: number;
            /**
             * Format: int32
             * @description The count that is asked for
             * @example 3
             */
            asked: number;
        };
        /**
         * CountToSet
         * @description Without a cluster, it is that of the path, or the default one
         */
        CountToSet: {
            /**
             * @description Name of a cluster: a DNS label
             * @example production
             */
            cluster?: string;
            /**
             * @description Namespace: a DNS label
             * @example default
             */
            namespace: string;
            /**
             * @description Name of the Deployment: a DNS subdomain
             * @example my-deployment
             */
            deployment: string;
            /**
             * Format: int32
             * @description The count to set, written in digits only
             * @example 3
             */
            replicas: number;
        };
        /**
         * Selection
         * @description The Deployments that GET /scale lists with the same parameters: a namespace, a labelSelector, or both
         */
        Selection: {
            /**
             * @description Namespace: a DNS label
             * @example default
             */
            namespace?: string;
            /**
             * @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL.
             * @example app.kubernetes.io/part-of=shop,tier in (web,api),!canary
             */
            labelSelector?: string;
            /** @description Default: the cluster of the path, or the default one */
            clusters?: string[];
        };
        /** BatchItem */
        BatchItem: {
            /**
             * @description Name of a cluster: a DNS label
             * @example production
             */
            cluster: string;
            /** @example shop */
            namespace: string;
            /** @example cart */
            deployment: string;
            /**
             * @description `set`: the count was changed or, in a plan, would be; `unchanged`: it was so already; `leftAlone`: of a receipt: somebody else has changed it since, or, in a restore, it may not be set; `refused`: it may not be set, only in a plan; `failed`: the write changed nothing; `unknown`: the cluster did not say whether it made the change; `notStarted`: the batch ended before its turn
             * @enum {string}
             */
            outcome: "set" | "unchanged" | "leftAlone" | "refused" | "failed" | "unknown" | "notStarted";
            /**
             * Format: int32
             * @description The count right before; absent if it is not known or not shown
             * @example 3
             */
            from?: number;
            /**
             * Format: int32
             * @description The count that is asked for
             * @example 3
             */
            to: number;
            /**
             * @description Why it was not set: the code of an error
             * @example CHANGED_SINCE
             */
            code?: string;
            /** @description Why it was not set, for people */
            message?: string;
            /** @description In a plan: whether the caller may scale it; absent if that could not be found out */
            right?: boolean;
            /**
             * @description In a plan: why a rail refuses the count
             * @example rule production: at most 10 (20 asked); allowed are 2 to 10
             */
            rail?: string;
            /** @description In a plan: whether the present count could be restored, as far as is known now */
            restorable?: boolean;
            /** @description What will happen to the count */
            forecast: components["schemas"]["ItemForecast"][];
            /** @description What the forecasts and the API server warn of */
            warnings: string[];
            /**
             * @description The resourceVersion of the change, for use in minResourceVersion
             * @example 48151623
             */
            resourceVersion?: string;
            changedBy?: components["schemas"]["ChangedBy"];
            rollout?: components["schemas"]["ItemRollout"];
        };
        /**
         * BatchCounts
         * @description How many items have each outcome
         */
        BatchCounts: {
            /** Format: int32 */
            set: number;
            /** Format: int32 */
            unchanged: number;
            /** Format: int32 */
            leftAlone: number;
            /** Format: int32 */
            refused: number;
            /** Format: int32 */
            failed: number;
            /** Format: int32 */
            unknown: number;
            /** Format: int32 */
            notStarted: number;
        };
        /** ItemForecast */
        ItemForecast: {
            /**
             * @description `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`
             * @example contested
             */
            kind: string;
            /**
             * @description By whom
             * @example HorizontalPodAutoscaler/cart
             */
            by?: string;
            /** @enum {string} */
            certainty: "certain" | "possible";
            /**
             * @description What to change so that the count stays
             * @example HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision
             */
            message?: string;
        };
        /**
         * ItemRollout
         * @description With wait: what became of the pods
         */
        ItemRollout: {
            /** @description Whether the Deployment has its replicas */
            ready: boolean;
            /**
             * @description Why not, as an error of `POST /replica-count` with wait
             * @example CHANGED_SINCE
             */
            code?: string;
            /** @description Why not, for people */
            message?: string;
        };
        /**
         * ChangedBy
         * @description Who has changed the count since the receipt
         */
        ChangedBy: {
            /**
             * @description The user, if this replica of the service made the write; otherwise the field manager, or `unknown`
             * @example kubectl
             */
            by: string;
            /**
             * Format: date-time
             * @description When the service saw it; absent if that was before it started
             * @example 2026-11-29T22:10:00.000Z
             */
            at?: string;
        };
        /** Clusters */
        Clusters: {
            clusters: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                name: string;
                /** @description Whether paths without a cluster use this cluster */
                default: boolean;
                /**
                 * @description `ready`: its Deployments are known, and its API server says what clients may do; `blocked`: it is read, but does not say that, so requests that need a decision are answered with 503; `syncing`: its Deployments are being read for the first time; `unreachable`: its API server cannot be reached
                 * @enum {string}
                 */
                state: "ready" | "blocked" | "syncing" | "unreachable";
                /**
                 * @description Whether its API server answered the last time it was asked what a client may do
                 * @enum {string}
                 */
                authorizer: "available" | "unavailable";
            }[];
        };
        /** FleetDeployments */
        FleetDeployments: {
            clusters: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                name: string;
                /** @description Names as `namespace/name`, sorted by their bytes */
                deployments?: string[];
                /** @description Why the list of this cluster is missing */
                error?: {
                    /**
                     * @description The stable code of the error
                     * @example CACHE_NOT_SYNCED
                     */
                    code: string;
                    /** @description What to do */
                    message: string;
                };
            }[];
        };
        /**
         * Error
         * @description The body of every error answer. `code` is one of:
         *
         *     | Code | Status |
         *     | --- | --- |
         *     | `INVALID_QUERY` | 400 |
         *     | `INVALID_BODY` | 400 |
         *     | `INVALID_HEADER` | 400 |
         *     | `FRESHNESS_NOT_SUPPORTED` | 400 |
         *     | `INVALID_URL` | 400 |
         *     | `MALFORMED_REQUEST` | 400 |
         *     | `RECEIPT_INVALID` | 400 |
         *     | `SELECT_TOO_WIDE` | 400 |
         *     | `CERTIFICATE_UNUSABLE` | 401 |
         *     | `IDENTITY_RESERVED` | 403 |
         *     | `CLIENT_NOT_ALLOWED` | 403 |
         *     | `FORBIDDEN` | 403 |
         *     | `SERVICE_FORBIDDEN` | 403 |
         *     | `ROUTE_NOT_FOUND` | 404 |
         *     | `DEPLOYMENT_NOT_FOUND` | 404 |
         *     | `DEPLOYMENT_GONE` | 404 |
         *     | `NAMESPACE_NOT_WATCHED` | 404 |
         *     | `CLUSTER_NOT_FOUND` | 404 |
         *     | `METHOD_NOT_ALLOWED` | 405 |
         *     | `NOT_ACCEPTABLE` | 406 |
         *     | `REQUEST_TIMEOUT` | 408 |
         *     | `REPLICAS_MANAGED` | 409 |
         *     | `CONFLICT` | 409 |
         *     | `REPLICAS_OVERRIDDEN` | 409 |
         *     | `RECEIPT_FOREIGN` | 409 |
         *     | `CHANGED_SINCE` | 409 |
         *     | `PRECONDITION_FAILED` | 412 |
         *     | `BODY_TOO_LARGE` | 413 |
         *     | `URL_TOO_LONG` | 414 |
         *     | `UNSUPPORTED_MEDIA_TYPE` | 415 |
         *     | `ADMISSION_REFUSED` | 422 |
         *     | `RAIL` | 422 |
         *     | `TOO_MANY_ITEMS` | 422 |
         *     | `ROLLOUT_STUCK` | 422 |
         *     | `RATE_LIMITED` | 429 |
         *     | `TOO_MANY_WAITERS` | 429 |
         *     | `TOO_MANY_STREAMS` | 429 |
         *     | `BATCH_BUSY` | 429 |
         *     | `KUBERNETES_RATE_LIMITED` | 429 |
         *     | `HEADERS_TOO_LARGE` | 431 |
         *     | `INTERNAL_ERROR` | 500 |
         *     | `AUTHORIZER_UNAVAILABLE` | 503 |
         *     | `ACCESS_UNDECIDED` | 503 |
         *     | `OVERLOADED` | 503 |
         *     | `LOG_BLOCKED` | 503 |
         *     | `CACHE_NOT_SYNCED` | 503 |
         *     | `CLUSTER_BUSY` | 503 |
         *     | `KUBERNETES_UNREACHABLE` | 503 |
         *     | `KUBERNETES_UNAVAILABLE` | 503 |
         *     | `UNHEALTHY` | 503 |
         *     | `CLUSTER_BLOCKED` | 503 |
         *     | `WAIT_INTERRUPTED` | 503 |
         *     | `BATCH_INTERRUPTED` | 503 |
         *     | `DRAINING` | 503 |
         *     | `KUBERNETES_TIMEOUT` | 504 |
         *     | `BATCH_OUT_OF_TIME` | 504 |
         *     | `FRESHNESS_NOT_REACHED` | 504 |
         *     | `NOT_READY_IN_TIME` | 504 |
         *     | `OUTCOME_UNKNOWN` | 504 |
         */
        Error: {
            /**
             * Format: int32
             * @description The status of the answer
             * @example 404
             */
            statusCode: number;
            /**
             * @description Stable name of the error, for programs. New codes may be added
             * @example DEPLOYMENT_NOT_FOUND
             */
            code: string;
            /**
             * @description Reason phrase of the status
             * @example Not Found
             */
            error: string;
            /**
             * @description What to do, for people. The text may change
             * @example There is no Deployment nope in namespace default
             */
            message: string;
            /** @description Only of `POST /scale`: the items because of which it changed nothing */
            items?: {
                /** @example production */
                cluster: string;
                /** @example shop */
                namespace: string;
                /** @example cart */
                deployment: string;
                /**
                 * @description Stable name of the error of this item
                 * @example RAIL
                 */
                code: string;
                /** @description What to do about it, for people */
                message: string;
            }[];
        };
    };
    responses: {
        /** @description One of: `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
        BadRequest: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `CERTIFICATE_UNUSABLE` */
        Unauthorized: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
        Forbidden: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `ROUTE_NOT_FOUND` */
        NotFound: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `METHOD_NOT_ALLOWED` */
        MethodNotAllowed: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                /**
                 * @description The methods that this path supports
                 * @example GET, HEAD
                 */
                Allow: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `REQUEST_TIMEOUT` */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `URL_TOO_LONG` */
        URITooLong: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `RATE_LIMITED` */
        TooManyRequests: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                /**
                 * @description Seconds to wait before trying again
                 * @example 1
                 */
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `HEADERS_TOO_LARGE` */
        RequestHeaderFieldsTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `INTERNAL_ERROR` */
        InternalServerError: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description One of: `OVERLOADED`, `DRAINING` */
        ServiceUnavailable: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                /**
                 * @description Seconds to wait before trying again
                 * @example 1
                 */
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Any other error, for example one that a later version of the service adds */
        OtherError: {
            headers: {
                /**
                 * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                 * @example 9f86d081884c-1
                 */
                "X-Request-Id"?: string;
                /**
                 * @description The methods that this path supports
                 * @example GET, HEAD
                 */
                Allow?: string;
                /**
                 * @description Seconds to wait before trying again
                 * @example 1
                 */
                "Retry-After"?: number;
                /**
                 * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                 * @example contested; by="HorizontalPodAutoscaler/cart"
                 */
                "X-Replicas-Forecast"?: string;
                /**
                 * @description The replica count right before the write. It is absent if the service did not see it in time
                 * @example 3
                 */
                "X-Previous-Replicas"?: number;
                /**
                 * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                 * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                 */
                Warning?: string;
                /**
                 * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                 * @example 48151623
                 */
                "X-Resource-Version"?: string;
                /**
                 * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                 * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                 */
                ETag?: string;
                /**
                 * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                 * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                 */
                Location?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /** @description Writes only if one of these entity tags identifies the current spec of the Deployment; otherwise the answer is 412, and nothing changes */
        "If-Match": string;
        /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
        "If-None-Match": string;
        /** @description The id of the last event that the client has got: the stream goes on after it, or begins with `reset` if that is not possible. An EventSource sends it by itself when it connects again */
        "Last-Event-ID": string;
        /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
        "X-Request-Id": string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cluster can be served */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "OK"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `UNHEALTHY`, `CLUSTER_BLOCKED`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    listDeployments: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
                /** @description Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504 */
                maxAge?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The names of the Deployments, sorted */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description How the body is compressed. Without it, the body is as it is
                     * @example br
                     */
                    "Content-Encoding"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deployments": [
                     *         "default/my-deployment",
                     *         "shop/cart"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentList"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `ACCESS_UNDECIDED`, `CLUSTER_BUSY`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getDeployment: {
        parameters: {
            query?: {
                /** @description Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504 */
                maxAge?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
                /** @description Seconds to wait until the Deployment has `replicas`, all of them available, and none too many. minResourceVersion is then waited for within the same time. If it does not get them, the answer is an error that says what happened, and `Location` says where to wait on. Not with maxAge */
                wait?: string;
                /** @description The count that is waited for: needed with wait, and only with it */
                replicas?: string;
                /** @description Only with wait: the Deployment that is waited for, so that one that was created again under its name does not count. Default: the one that there is at the start */
                uid?: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "kind": "Deployment",
                     *       "namespace": "shop",
                     *       "deployment": "cart",
                     *       "replicas": 3,
                     *       "current": 3,
                     *       "updated": 3,
                     *       "ready": 3,
                     *       "available": 3,
                     *       "phase": "stable",
                     *       "reason": "all 3 replicas are available",
                     *       "paused": false,
                     *       "owners": [
                     *         {
                     *           "kind": "HorizontalPodAutoscaler",
                     *           "name": "cart",
                     *           "does": "keeps the count between 2 and 4",
                     *           "evidence": "its scaleTargetRef names the Deployment"
                     *         }
                     *       ],
                     *       "unknownOwners": [],
                     *       "lastChange": {
                     *         "at": "2026-11-29T12:00:00.000Z",
                     *         "from": 2,
                     *         "to": 3,
                     *         "manager": "kube-controller-manager"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentState"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `DEPLOYMENT_GONE`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `REPLICAS_OVERRIDDEN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `ROLLOUT_STUCK` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `WAIT_INTERRUPTED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED`, `NOT_READY_IN_TIME` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getChanges: {
        parameters: {
            query?: {
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changes": [
                     *         {
                     *           "at": "2026-11-29T12:00:09.000Z",
                     *           "from": 8,
                     *           "to": 4,
                     *           "manager": "kube-controller-manager",
                     *           "operation": "Update",
                     *           "subresource": "scale",
                     *           "resourceVersion": "48151640",
                     *           "overrode": true
                     *         },
                     *         {
                     *           "at": "2026-11-29T12:00:00.000Z",
                     *           "from": 3,
                     *           "to": 8,
                     *           "manager": "k8s-deployment-scaler",
                     *           "user": "alice",
                     *           "operation": "Apply",
                     *           "subresource": "scale",
                     *           "resourceVersion": "48151623"
                     *         }
                     *       ],
                     *       "truncated": false
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentChanges"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    listStates: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The states */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description How the body is compressed. Without it, the body is as it is
                     * @example br
                     */
                    "Content-Encoding"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "kind": "Deployment",
                     *           "namespace": "shop",
                     *           "deployment": "cart",
                     *           "replicas": 3,
                     *           "current": 3,
                     *           "updated": 3,
                     *           "ready": 3,
                     *           "available": 3,
                     *           "phase": "stable",
                     *           "reason": "all 3 replicas are available",
                     *           "paused": false,
                     *           "owners": [
                     *             {
                     *               "kind": "HorizontalPodAutoscaler",
                     *               "name": "cart",
                     *               "does": "keeps the count between 2 and 4",
                     *               "evidence": "its scaleTargetRef names the Deployment"
                     *             }
                     *           ],
                     *           "unknownOwners": [],
                     *           "lastChange": {
                     *             "at": "2026-11-29T12:00:00.000Z",
                     *             "from": 2,
                     *             "to": 3,
                     *             "manager": "kube-controller-manager"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentStates"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `ACCESS_UNDECIDED`, `CLUSTER_BUSY`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    scaleBatch: {
        parameters: {
            query?: {
                /** @description Answers with a plan and changes nothing */
                dryRun?: "true" | "false";
                /** @description Sets counts even if somebody else will undo them */
                force?: "true" | "false";
                /** @description Seconds to wait for the pods of each item, from its write on; `rollout` says what became of them. Not with dryRun=true */
                wait?: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Batch"];
            };
        };
        responses: {
            /** @description What became of each item, or would */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "batch": "2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f",
                     *       "dryRun": false,
                     *       "counts": {
                     *         "set": 1,
                     *         "unchanged": 0,
                     *         "leftAlone": 0,
                     *         "refused": 0,
                     *         "failed": 0,
                     *         "unknown": 0,
                     *         "notStarted": 0
                     *       },
                     *       "items": [
                     *         {
                     *           "cluster": "production",
                     *           "namespace": "shop",
                     *           "deployment": "cart",
                     *           "outcome": "set",
                     *           "from": 3,
                     *           "to": 0,
                     *           "forecast": [
                     *             {
                     *               "kind": "holds",
                     *               "certainty": "certain"
                     *             }
                     *           ],
                     *           "warnings": [],
                     *           "resourceVersion": "48151623"
                     *         }
                     *       ],
                     *       "receipt": {
                     *         "version": 1,
                     *         "id": "2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f",
                     *         "at": "2026-11-29T19:00:00.000Z",
                     *         "items": [
                     *           {
                     *             "cluster": "production",
                     *             "namespace": "shop",
                     *             "deployment": "cart",
                     *             "uid": "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60",
                     *             "before": 3,
                     *             "asked": 0
                     *           }
                     *         ],
                     *         "checksum": "f2a3bd675c2511f87ce652b385fbc0c8"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description One of: `INVALID_BODY`, `RECEIPT_INVALID`, `SELECT_TOO_WIDE`, `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `REPLICAS_MANAGED`, `RECEIPT_FOREIGN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BODY_TOO_LARGE` */
            413: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `RAIL`, `TOO_MANY_ITEMS` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BATCH_BUSY`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `ACCESS_UNDECIDED`, `CLUSTER_BUSY`, `LOG_BLOCKED`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
            };
            header?: {
                /** @description The id of the last event that the client has got: the stream goes on after it, or begins with `reset` if that is not possible. An EventSource sends it by itself when it connects again */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events, until the client or the service ends the stream */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: ready
                     *     data: {"resourceVersion":"48151623"}
                     *     id: 48151623
                     *
                     *     event: changed
                     *     data: {"kind":"Deployment","namespace":"shop","deployment":"cart","replicas":3,"current":3,"updated":3,"ready":3,"available":3,"phase":"stable","reason":"all 3 replicas are available","paused":false,"owners":[{"kind":"HorizontalPodAutoscaler","name":"cart","does":"keeps the count between 2 and 4","evidence":"its scaleTargetRef names the Deployment"}],"unknownOwners":[],"lastChange":{"at":"2026-11-29T12:00:00.000Z","from":2,"to":3,"manager":"kube-controller-manager"}}
                     *     id: 48151642
                     */
                    "text/event-stream": components["schemas"]["EventStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            /** @description One of: `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_STREAMS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `ACCESS_UNDECIDED`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getLimits: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "namespace": "shop",
                     *       "deployment": "cart",
                     *       "replicas": 3,
                     *       "min": 2,
                     *       "max": 10,
                     *       "maxStep": 2,
                     *       "allowZero": true,
                     *       "rails": [
                     *         {
                     *           "from": "rule production",
                     *           "min": 2,
                     *           "max": 20,
                     *           "maxStep": "50%",
                     *           "allowZero": true
                     *         },
                     *         {
                     *           "from": "annotation k8s-deployment-scaler/max",
                     *           "max": 10
                     *         }
                     *       ],
                     *       "may": {
                     *         "read": true,
                     *         "scale": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Limits"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getReplicaCount: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
                /** @description Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504 */
                maxAge?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replica count */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replicaCount": 3
                     *     }
                     */
                    "application/json": components["schemas"]["ReplicaCount"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    setReplicaCount: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
                /** @description Sets the count only if this is the present one; otherwise the answer is 412. The API server holds it, so of several writers with the same value one succeeds */
                currentReplicas?: string;
                /** @description Sets the count even if somebody else will undo it */
                force?: "true" | "false";
                /** @description Seconds to wait after the write until the replicas are available, and those that are too many have ended. The answer is then as without it; otherwise it is an error that says what happened, and `Location` says where to wait on. Not with dryRun=true */
                wait?: string;
                /** @description Answers as the write would, by the dry run of the API server, and changes nothing */
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description Writes only if one of these entity tags identifies the current spec of the Deployment; otherwise the answer is 412, and nothing changes */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Scale"];
            };
        };
        responses: {
            /** @description The replica count that is now set */
            200: {
                headers: {
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version": string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast": string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replicaCount": 3
                     *     }
                     */
                    "application/json": components["schemas"]["ReplicaCount"];
                };
            };
            /** @description One of: `INVALID_BODY`, `INVALID_HEADER`, `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `DEPLOYMENT_GONE`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `CONFLICT`, `REPLICAS_MANAGED`, `REPLICAS_OVERRIDDEN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `PRECONDITION_FAILED` */
            412: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BODY_TOO_LARGE` */
            413: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `ADMISSION_REFUSED`, `RAIL`, `ROLLOUT_STUCK` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `KUBERNETES_RATE_LIMITED`, `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CLUSTER_BUSY`, `LOG_BLOCKED`, `KUBERNETES_UNREACHABLE`, `KUBERNETES_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `WAIT_INTERRUPTED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `KUBERNETES_TIMEOUT`, `OUTCOME_UNKNOWN`, `NOT_READY_IN_TIME` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getHealthOfCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cluster can be served */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "OK"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description One of: `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `UNHEALTHY`, `CLUSTER_BLOCKED`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    listDeploymentsOfCluster: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
                /** @description Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504 */
                maxAge?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The names of the Deployments, sorted */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description How the body is compressed. Without it, the body is as it is
                     * @example br
                     */
                    "Content-Encoding"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deployments": [
                     *         "default/my-deployment",
                     *         "shop/cart"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentList"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `ACCESS_UNDECIDED`, `CLUSTER_BUSY`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getDeploymentOfCluster: {
        parameters: {
            query?: {
                /** @description Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504 */
                maxAge?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
                /** @description Seconds to wait until the Deployment has `replicas`, all of them available, and none too many. minResourceVersion is then waited for within the same time. If it does not get them, the answer is an error that says what happened, and `Location` says where to wait on. Not with maxAge */
                wait?: string;
                /** @description The count that is waited for: needed with wait, and only with it */
                replicas?: string;
                /** @description Only with wait: the Deployment that is waited for, so that one that was created again under its name does not count. Default: the one that there is at the start */
                uid?: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "kind": "Deployment",
                     *       "namespace": "shop",
                     *       "deployment": "cart",
                     *       "replicas": 3,
                     *       "current": 3,
                     *       "updated": 3,
                     *       "ready": 3,
                     *       "available": 3,
                     *       "phase": "stable",
                     *       "reason": "all 3 replicas are available",
                     *       "paused": false,
                     *       "owners": [
                     *         {
                     *           "kind": "HorizontalPodAutoscaler",
                     *           "name": "cart",
                     *           "does": "keeps the count between 2 and 4",
                     *           "evidence": "its scaleTargetRef names the Deployment"
                     *         }
                     *       ],
                     *       "unknownOwners": [],
                     *       "lastChange": {
                     *         "at": "2026-11-29T12:00:00.000Z",
                     *         "from": 2,
                     *         "to": 3,
                     *         "manager": "kube-controller-manager"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentState"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `DEPLOYMENT_GONE`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `REPLICAS_OVERRIDDEN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `ROLLOUT_STUCK` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `WAIT_INTERRUPTED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED`, `NOT_READY_IN_TIME` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getChangesOfCluster: {
        parameters: {
            query?: {
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changes": [
                     *         {
                     *           "at": "2026-11-29T12:00:09.000Z",
                     *           "from": 8,
                     *           "to": 4,
                     *           "manager": "kube-controller-manager",
                     *           "operation": "Update",
                     *           "subresource": "scale",
                     *           "resourceVersion": "48151640",
                     *           "overrode": true
                     *         },
                     *         {
                     *           "at": "2026-11-29T12:00:00.000Z",
                     *           "from": 3,
                     *           "to": 8,
                     *           "manager": "k8s-deployment-scaler",
                     *           "user": "alice",
                     *           "operation": "Apply",
                     *           "subresource": "scale",
                     *           "resourceVersion": "48151623"
                     *         }
                     *       ],
                     *       "truncated": false
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentChanges"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    listStatesOfCluster: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The states */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description How the body is compressed. Without it, the body is as it is
                     * @example br
                     */
                    "Content-Encoding"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "kind": "Deployment",
                     *           "namespace": "shop",
                     *           "deployment": "cart",
                     *           "replicas": 3,
                     *           "current": 3,
                     *           "updated": 3,
                     *           "ready": 3,
                     *           "available": 3,
                     *           "phase": "stable",
                     *           "reason": "all 3 replicas are available",
                     *           "paused": false,
                     *           "owners": [
                     *             {
                     *               "kind": "HorizontalPodAutoscaler",
                     *               "name": "cart",
                     *               "does": "keeps the count between 2 and 4",
                     *               "evidence": "its scaleTargetRef names the Deployment"
                     *             }
                     *           ],
                     *           "unknownOwners": [],
                     *           "lastChange": {
                     *             "at": "2026-11-29T12:00:00.000Z",
                     *             "from": 2,
                     *             "to": 3,
                     *             "manager": "kube-controller-manager"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeploymentStates"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `ACCESS_UNDECIDED`, `CLUSTER_BUSY`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    scaleBatchOfCluster: {
        parameters: {
            query?: {
                /** @description Answers with a plan and changes nothing */
                dryRun?: "true" | "false";
                /** @description Sets counts even if somebody else will undo them */
                force?: "true" | "false";
                /** @description Seconds to wait for the pods of each item, from its write on; `rollout` says what became of them. Not with dryRun=true */
                wait?: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Batch"];
            };
        };
        responses: {
            /** @description What became of each item, or would */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "batch": "2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f",
                     *       "dryRun": false,
                     *       "counts": {
                     *         "set": 1,
                     *         "unchanged": 0,
                     *         "leftAlone": 0,
                     *         "refused": 0,
                     *         "failed": 0,
                     *         "unknown": 0,
                     *         "notStarted": 0
                     *       },
                     *       "items": [
                     *         {
                     *           "cluster": "production",
                     *           "namespace": "shop",
                     *           "deployment": "cart",
                     *           "outcome": "set",
                     *           "from": 3,
                     *           "to": 0,
                     *           "forecast": [
                     *             {
                     *               "kind": "holds",
                     *               "certainty": "certain"
                     *             }
                     *           ],
                     *           "warnings": [],
                     *           "resourceVersion": "48151623"
                     *         }
                     *       ],
                     *       "receipt": {
                     *         "version": 1,
                     *         "id": "2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f",
                     *         "at": "2026-11-29T19:00:00.000Z",
                     *         "items": [
                     *           {
                     *             "cluster": "production",
                     *             "namespace": "shop",
                     *             "deployment": "cart",
                     *             "uid": "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60",
                     *             "before": 3,
                     *             "asked": 0
                     *           }
                     *         ],
                     *         "checksum": "f2a3bd675c2511f87ce652b385fbc0c8"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description One of: `INVALID_BODY`, `RECEIPT_INVALID`, `SELECT_TOO_WIDE`, `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `REPLICAS_MANAGED`, `RECEIPT_FOREIGN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BODY_TOO_LARGE` */
            413: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `RAIL`, `TOO_MANY_ITEMS` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BATCH_BUSY`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `ACCESS_UNDECIDED`, `CLUSTER_BUSY`, `LOG_BLOCKED`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    streamEventsOfCluster: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
            };
            header?: {
                /** @description The id of the last event that the client has got: the stream goes on after it, or begins with `reset` if that is not possible. An EventSource sends it by itself when it connects again */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events, until the client or the service ends the stream */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: ready
                     *     data: {"resourceVersion":"48151623"}
                     *     id: 48151623
                     *
                     *     event: changed
                     *     data: {"kind":"Deployment","namespace":"shop","deployment":"cart","replicas":3,"current":3,"updated":3,"ready":3,"available":3,"phase":"stable","reason":"all 3 replicas are available","paused":false,"owners":[{"kind":"HorizontalPodAutoscaler","name":"cart","does":"keeps the count between 2 and 4","evidence":"its scaleTargetRef names the Deployment"}],"unknownOwners":[],"lastChange":{"at":"2026-11-29T12:00:00.000Z","from":2,"to":3,"manager":"kube-controller-manager"}}
                     *     id: 48151642
                     */
                    "text/event-stream": components["schemas"]["EventStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            /** @description One of: `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_STREAMS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `ACCESS_UNDECIDED`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getLimitsOfCluster: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
            };
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "namespace": "shop",
                     *       "deployment": "cart",
                     *       "replicas": 3,
                     *       "min": 2,
                     *       "max": 10,
                     *       "maxStep": 2,
                     *       "allowZero": true,
                     *       "rails": [
                     *         {
                     *           "from": "rule production",
                     *           "min": 2,
                     *           "max": 20,
                     *           "maxStep": "50%",
                     *           "allowZero": true
                     *         },
                     *         {
                     *           "from": "annotation k8s-deployment-scaler/max",
                     *           "max": 10
                     *         }
                     *       ],
                     *       "may": {
                     *         "read": true,
                     *         "scale": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Limits"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    getReplicaCountOfCluster: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
                /** @description Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504 */
                maxAge?: string;
                /** @description Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429 */
                minResourceVersion?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replica count */
            200: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replicaCount": 3
                     *     }
                     */
                    "application/json": components["schemas"]["ReplicaCount"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age: number;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `FRESHNESS_NOT_SUPPORTED`, `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `FRESHNESS_NOT_REACHED` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    setReplicaCountOfCluster: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
                /** @description Sets the count only if this is the present one; otherwise the answer is 412. The API server holds it, so of several writers with the same value one succeeds */
                currentReplicas?: string;
                /** @description Sets the count even if somebody else will undo it */
                force?: "true" | "false";
                /** @description Seconds to wait after the write until the replicas are available, and those that are too many have ended. The answer is then as without it; otherwise it is an error that says what happened, and `Location` says where to wait on. Not with dryRun=true */
                wait?: string;
                /** @description Answers as the write would, by the dry run of the API server, and changes nothing */
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description Writes only if one of these entity tags identifies the current spec of the Deployment; otherwise the answer is 412, and nothing changes */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Scale"];
            };
        };
        responses: {
            /** @description The replica count that is now set */
            200: {
                headers: {
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version": string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast": string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replicaCount": 3
                     *     }
                     */
                    "application/json": components["schemas"]["ReplicaCount"];
                };
            };
            /** @description One of: `INVALID_BODY`, `INVALID_HEADER`, `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `DEPLOYMENT_GONE`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `CONFLICT`, `REPLICAS_MANAGED`, `REPLICAS_OVERRIDDEN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `PRECONDITION_FAILED` */
            412: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BODY_TOO_LARGE` */
            413: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `ADMISSION_REFUSED`, `RAIL`, `ROLLOUT_STUCK` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `KUBERNETES_RATE_LIMITED`, `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CLUSTER_BUSY`, `LOG_BLOCKED`, `KUBERNETES_UNREACHABLE`, `KUBERNETES_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `WAIT_INTERRUPTED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `KUBERNETES_TIMEOUT`, `OUTCOME_UNKNOWN`, `NOT_READY_IN_TIME` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    setReplicaCountByOldNameOfCluster: {
        parameters: {
            query: {
                /**
                 * @description Namespace: a DNS label
                 * @example default
                 */
                namespace: string;
                /**
                 * @description Name of the Deployment: a DNS subdomain
                 * @example my-deployment
                 */
                deployment: string;
                /** @description Sets the count only if this is the present one; otherwise the answer is 412. The API server holds it, so of several writers with the same value one succeeds */
                currentReplicas?: string;
                /** @description Sets the count even if somebody else will undo it */
                force?: "true" | "false";
                /** @description Seconds to wait after the write until the replicas are available, and those that are too many have ended. The answer is then as without it; otherwise it is an error that says what happened, and `Location` says where to wait on. Not with dryRun=true */
                wait?: string;
                /** @description Answers as the write would, by the dry run of the API server, and changes nothing */
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description Writes only if one of these entity tags identifies the current spec of the Deployment; otherwise the answer is 412, and nothing changes */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description Name of a cluster: a DNS label
                 * @example production
                 */
                cluster: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Scale"];
            };
        };
        responses: {
            /** @description The replica count that is now set */
            200: {
                headers: {
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version": string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast": string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replicaCount": 3
                     *     }
                     */
                    "application/json": components["schemas"]["ReplicaCount"];
                };
            };
            /** @description One of: `INVALID_BODY`, `INVALID_HEADER`, `FRESHNESS_NOT_SUPPORTED`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `SERVICE_FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `DEPLOYMENT_NOT_FOUND`, `DEPLOYMENT_GONE`, `CLUSTER_NOT_FOUND`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description One of: `CONFLICT`, `REPLICAS_MANAGED`, `REPLICAS_OVERRIDDEN` */
            409: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `PRECONDITION_FAILED` */
            412: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `BODY_TOO_LARGE` */
            413: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            414: components["responses"]["URITooLong"];
            /** @description One of: `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `ADMISSION_REFUSED`, `RAIL`, `ROLLOUT_STUCK` */
            422: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `KUBERNETES_RATE_LIMITED`, `TOO_MANY_WAITERS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            /** @description One of: `AUTHORIZER_UNAVAILABLE`, `CLUSTER_BUSY`, `LOG_BLOCKED`, `KUBERNETES_UNREACHABLE`, `KUBERNETES_UNAVAILABLE`, `CACHE_NOT_SYNCED`, `WAIT_INTERRUPTED`, `OVERLOADED`, `DRAINING` */
            503: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `KUBERNETES_TIMEOUT`, `OUTCOME_UNKNOWN`, `NOT_READY_IN_TIME` */
            504: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion
                     * @example 48151623
                     */
                    "X-Resource-Version"?: string;
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag?: string;
                    /**
                     * @description The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it
                     * @example /deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623
                     */
                    Location?: string;
                    /**
                     * @description The replica count right before the write. It is absent if the service did not see it in time
                     * @example 3
                     */
                    "X-Previous-Replicas"?: number;
                    /**
                     * @description What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change
                     * @example contested; by="HorizontalPodAutoscaler/cart"
                     */
                    "X-Replicas-Forecast"?: string;
                    /**
                     * @description Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server
                     * @example 299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{\"spec\":{\"minReplicas\":3,\"maxReplicas\":3}}'"
                     */
                    Warning?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    listClusters: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The clusters */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "clusters": [
                     *         {
                     *           "name": "production",
                     *           "default": true,
                     *           "state": "ready",
                     *           "authorizer": "available"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Clusters"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    listFleetDeployments: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
            };
            header?: {
                /** @description Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The names of the Deployments per cluster, the default cluster first */
            200: {
                headers: {
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age?: number;
                    /**
                     * @description How the body is compressed. Without it, the body is as it is
                     * @example br
                     */
                    "Content-Encoding"?: string;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "clusters": [
                     *         {
                     *           "name": "production",
                     *           "deployments": [
                     *             "default/my-deployment",
                     *             "shop/cart"
                     *           ]
                     *         },
                     *         {
                     *           "name": "staging",
                     *           "error": {
                     *             "code": "CACHE_NOT_SYNCED",
                     *             "message": "The service has not yet read the Deployments from the cluster: try again in a moment"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["FleetDeployments"];
                };
            };
            /** @description The client has the current answer: If-None-Match names its ETag */
            304: {
                headers: {
                    /**
                     * @description Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica
                     * @example "0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"
                     */
                    ETag: string;
                    /**
                     * @description The header of the request on which the encoding of the answer depends
                     * @example Accept-Encoding
                     */
                    Vary: string;
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    /**
                     * @description Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old
                     * @example 2
                     */
                    Age?: number;
                    /**
                     * @description Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`
                     * @example team-a, team-b
                     */
                    "X-Unavailable-Namespaces"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of: `INVALID_HEADER`, `INVALID_QUERY`, `INVALID_URL`, `MALFORMED_REQUEST` */
            400: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    streamFleetEvents: {
        parameters: {
            query?: {
                /** @description Namespace: a DNS label */
                namespace?: string;
                /** @description Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL. */
                labelSelector?: string;
            };
            header?: {
                /** @description The id of the last event that the client has got: the stream goes on after it, or begins with `reset` if that is not possible. An EventSource sends it by itself when it connects again */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /** @description An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events, until the client or the service ends the stream */
            200: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: ready
                     *     data: {"clusters":{"production":"48151623"}}
                     *     id: production=48151623
                     *
                     *     event: changed
                     *     data: {"cluster":"production","kind":"Deployment","namespace":"shop","deployment":"cart","replicas":3,"current":3,"updated":3,"ready":3,"available":3,"phase":"stable","reason":"all 3 replicas are available","paused":false,"owners":[{"kind":"HorizontalPodAutoscaler","name":"cart","does":"keeps the count between 2 and 4","evidence":"its scaleTargetRef names the Deployment"}],"unknownOwners":[],"lastChange":{"at":"2026-11-29T12:00:00.000Z","from":2,"to":3,"manager":"kube-controller-manager"}}
                     *     id: production=48151642
                     */
                    "text/event-stream": components["schemas"]["EventStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description One of: `FORBIDDEN`, `IDENTITY_RESERVED`, `CLIENT_NOT_ALLOWED` */
            403: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description One of: `NAMESPACE_NOT_WATCHED`, `ROUTE_NOT_FOUND` */
            404: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            /** @description One of: `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["URITooLong"];
            /** @description One of: `TOO_MANY_STREAMS`, `RATE_LIMITED` */
            429: {
                headers: {
                    /**
                     * @description Identifies the request in the log of the service: the X-Request-Id of the request, or a new id
                     * @example 9f86d081884c-1
                     */
                    "X-Request-Id"?: string;
                    /**
                     * @description Seconds to wait before trying again
                     * @example 1
                     */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
}
