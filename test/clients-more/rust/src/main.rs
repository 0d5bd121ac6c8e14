//! Sets a replica count, unless somebody changes it first: example [NAMESPACE DEPLOYMENT REPLICAS [ETAG]]

use reqwest::{Certificate, Client, Identity};
use scaler::apis::{
    self, configuration::Configuration, deployments_api::list_deployments, health_api::get_health,
    replica_counts_api::set_replica_count,
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
        .timeout(Duration::from_secs(15))
        .build()?;
    let base_path = env::var("BASE_URL").unwrap_or("https://localhost:8443".to_owned());
    let api = Configuration { client, base_path, ..Configuration::default() };

    // The generated functions return no headers, so this reads the count and its ETag without them.
    let url = format!("{}/replica-count", api.base_path);
    let query = [("namespace", &namespace), ("deployment", &deployment)];
    let read = api.client.get(url).query(&query).send().await?;
    let etag = read.headers().get("etag").map(|value| value.to_str().map(str::to_owned)).transpose()?;
    let (ok, body) = (read.status().is_success(), read.text().await?);
    let before: models::ReplicaCount = if ok { serde_json::from_str(&body)? } else { return Err(failure(&body)) };

    let scale = models::Scale { replicas };
    let if_match = argument(4, &etag.unwrap_or_default());
    let written = set_replica_count(&api, &namespace, &deployment, scale, Some(&if_match), None)
        .await
        .map_err(described)?;
    println!("{namespace}/{deployment}: {} -> {}", before.replica_count, written.replica_count);
    // docs end

    let all = list_deployments(&api, None, None, None, None).await.map_err(described)?;
    println!("all: {}", all.deployments.join(" "));
    let some = list_deployments(&api, Some(&namespace), None, None, None).await.map_err(described)?;
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
