"""Sets a replica count, unless somebody changes it first, and waits for the pods."""

import argparse
import os
import ssl
import sys

import httpx
from scaler import Client
from scaler.api.batches import scale_batch
from scaler.api.deployments import list_deployments
from scaler.api.health import get_health
from scaler.api.replica_counts import set_replica_count
from scaler.api.states import get_deployment
from scaler.models import Batch, Error, Scale, ScaleBatchDryRun, Selection


def checked(answer):
    """The answer; ends the program where it is an error."""
    if isinstance(answer, Error):
        sys.exit(f"{answer.status_code} {answer.code}: {answer.message}")
    return answer


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("namespace", nargs="?", default="default")
parser.add_argument("deployment", nargs="?", default="my-deployment")
parser.add_argument("replicas", nargs="?", type=int, default=5)
parser.add_argument("current", nargs="?", help="the count that it must have now")
arguments = parser.parse_args()
namespace, deployment = arguments.namespace, arguments.deployment

# docs begin
context = ssl.create_default_context(cafile="certs/ca-cert.pem")
context.load_cert_chain("certs/client-cert.pem", "certs/client-key.pem")
api = Client(
    base_url=os.environ.get("BASE_URL", "https://localhost:8443"),
    verify_ssl=context,
    timeout=httpx.Timeout(75),
    raise_on_unexpected_status=True,
)

state = checked(get_deployment.sync(namespace, deployment, client=api))
for owner in state.owners:
    print(f"{owner.kind}/{owner.name}: {owner.does}")

written = set_replica_count.sync_detailed(
    client=api,
    namespace=namespace,
    deployment=deployment,
    body=Scale(replicas=arguments.replicas),
    current_replicas=arguments.current or str(state.replicas),
    wait="60",
)
count = checked(written.parsed).replica_count
print(f"{namespace}/{deployment}: {state.replicas} -> {count}")
print("forecast:", written.headers["X-Replicas-Forecast"])
print("warning:", written.headers.get("Warning", "none"))
print(f"outcome: ready, {count} replicas")
# docs end

print("all:", *checked(list_deployments.sync(client=api)).deployments)
print(f"in {namespace}:", *checked(list_deployments.sync(client=api, namespace=namespace)).deployments)
print("health:", checked(get_health.sync(client=api)).status)

dry_run = ScaleBatchDryRun.TRUE
selection = Batch(select=Selection(namespace=namespace), replicas=0)
plan = checked(scale_batch.sync(client=api, body=selection, dry_run=dry_run))
if plan.receipt:
    # To set the counts, keep the receipt first, and then send it without dry_run; as restore, it takes them back.
    parked = checked(scale_batch.sync(client=api, body=Batch(receipt=plan.receipt), dry_run=dry_run))
    print(f"plan: {parked.counts.set_} of {len(plan.items)} would be set to 0")
