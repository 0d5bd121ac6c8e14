//! Sets a replica count, unless somebody changes it first, and waits for the pods: example [NAMESPACE DEPLOYMENT REPLICAS [CURRENT]]

use reqwest::{Certificate, Client, Identity};
use scaler::apis::{
    self, configuration::Configuration, deployments_api::list_deployments, health_api::get_health,
    states_api::get_deployment,
};
use scaler::models;
use std::{env, error::Error, fs, process, time::Duration};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let argument = |i: usize, otherwise: &str| arguments.get(i).map_or(otherwise, String::as_str).to_owned();
    let (namespace, deployment) = (argument(1, "default"), argument(2, "my-deployment"));
    let replicas = argument(3, "5").parse()?;

    // docs begin
    let pem = [fs::read("certs/client-cert.pem")?, fs::read("certs/client-key.pem")?].join(&b'\n');
    let client = Client::builder()
        .tls_certs_only(Certificate::from_pem_bundle(&fs::read("certs/ca-cert.pem")?)?)
        .identity(Identity::from_pem(&pem)?)
        .timeout(Duration::from_secs(75))
        .build()?;
    let base_path = env::var("BASE_URL").unwrap_or("https://localhost:8443".to_owned());
    let api = Configuration { client, base_path, ..Configuration::default() };

    let state = get_deployment(&api, &namespace, &deployment, None, None, None, None, None, None)
        .await
        .map_err(described)?;
    for owner in &state.owners {
        println!("{}/{}: {}", owner.kind, owner.name, owner.does);
    }

    // The generated functions return no headers, so this sets the count without them, and reads what they say.
    let (current, wait) = (argument(4, &state.replicas.to_string()), "60".to_owned());
    let url = format!("{}/replica-count", api.base_path);
    let query =
        [("namespace", &namespace), ("deployment", &deployment), ("currentReplicas", &current), ("wait", &wait)];
    let written = api.client.post(url).query(&query).json(&models::Scale { replicas }).send().await?;
    let headers = written.headers().clone();
    let header = |name| headers.get(name).map_or(Ok("none"), |value| value.to_str());
    let (ok, body) = (written.status().is_success(), written.text().await?);
    let after: models::ReplicaCount = if ok { serde_json::from_str(&body)? } else { return Err(failure(&body)) };
    println!("{namespace}/{deployment}: {} -> {}", state.replicas, after.replica_count);
    println!("forecast: {}", header("x-replicas-forecast")?);
    println!("warning: {}", header("warning")?);
    println!("outcome: ready, {} replicas", after.replica_count);
    // docs end

    let all = list_deployments(&api, None, None, None, None, None, None).await.map_err(described)?;
    println!("all: {}", all.deployments.join(" "));
    let some = list_deployments(&api, Some(&namespace), None, None, None, None, None).await.map_err(described)?;
    println!("in {namespace}: {}", some.deployments.join(" "));
    let models::health::Status::Ok = get_health(&api, None).await.map_err(described)?.status;
    println!("health: OK");
    Ok(())
}

/// The error of the service in a failed call. The entity of the generated error does not tell the statuses apart.
fn described<T: std::fmt::Debug + 'static>(error: apis::Error<T>) -> Box<dyn Error> {
    match error {
        apis::Error::ResponseError(response) => failure(&response.content),
        other => other.into(),
    }
}

fn failure(body: &str) -> Box<dyn Error> {
    match serde_json::from_str::<models::Error>(body) {
        Ok(e) => format!("{} {}: {}", e.status_code, e.code, e.message).into(),
        Err(e) => e.into(),
    }
}
