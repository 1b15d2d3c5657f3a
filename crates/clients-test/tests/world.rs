//! `accountd-testing` as another project's tests use it.

use std::time::Duration;

use accountd_testing::{Server, World};
use aws_sdk_account::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_account::types::RegionOptStatus;
use clients_test::Outcome;

const SEED: &str = r#"
accounts:
  - id: "111122223333"
    name: One
    email: one@example.com
    iam:
      users: [{ name: ann }]
      roles:
        - name: Auditor
          trust_policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
"#;

fn config(world: &World) -> aws_types::sdk_config::Builder {
    aws_types::SdkConfig::builder()
        .http_client(world.http_client())
        .region(Region::from_static("us-east-1"))
        .behavior_version(BehaviorVersion::latest())
}

fn of(key: &str, secret: &str, token: Option<String>) -> aws_sdk_account::config::SharedCredentialsProvider {
    aws_sdk_account::config::SharedCredentialsProvider::new(Credentials::new(
        key, secret, token, None, "test",
    ))
}

#[tokio::test]
async fn a_world_answers_and_its_time_is_moved() -> Outcome {
    let world = World::empty().await?;
    let administrator = of("admin111122223333", "test", None);
    let account = aws_sdk_account::Client::new(&config(&world).credentials_provider(administrator).build());
    account.enable_region().region_name("af-south-1").send().await?;
    let status = || account.get_region_opt_status().region_name("af-south-1").send();
    assert_eq!(status().await?.region_opt_status, Some(RegionOptStatus::Enabling));
    world.advance(Duration::from_secs(3600)).await?;
    assert_eq!(status().await?.region_opt_status, Some(RegionOptStatus::Enabled));
    world.reset().await?;
    assert_eq!(status().await?.region_opt_status, Some(RegionOptStatus::Disabled));
    assert!(world.messages().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn somebody_of_the_seed_calls() -> Outcome {
    let world = World::seeded(SEED).await?;
    for (keys, expected) in [
        (world.keys_of_user("111122223333", "ann").await?, "arn:aws:iam::111122223333:user/ann"),
        (
            world.keys_of_role("111122223333", "Auditor").await?,
            "arn:aws:sts::111122223333:assumed-role/Auditor/accountd",
        ),
    ] {
        let provider = of(&keys.access_key_id, &keys.secret_access_key, keys.session_token);
        let sts = aws_sdk_sts::Client::new(&config(&world).credentials_provider(provider).build());
        assert_eq!(sts.get_caller_identity().send().await?.arn.as_deref(), Some(expected));
    }
    let refused = |result: Result<_, accountd_testing::Error>| result.err().map(|error| error.to_string());
    let nobody = refused(world.keys_of_role("111122223333", "Nobody").await);
    assert_eq!(nobody.as_deref(), Some("Account 111122223333 has no role Nobody."));
    let wrong = World::seeded("accounts: [{id: 1}]").await.err().map(|error| error.to_string());
    assert!(wrong.is_some_and(|text| text.contains("must be written in quotes")));
    Ok(())
}

#[test]
fn a_server_that_cannot_start_says_why() {
    // What is on the path here is nobody's business; a folder is no program.
    if std::env::var_os("ACCOUNTD_BINARY").is_none() {
        let started = Server::start(["--time", "x1"]);
        assert!(started.is_err_and(|error| !error.to_string().is_empty()));
    }
}

/// F-REACH-6: the README's example, line by line.
#[tokio::test]
async fn the_example_of_its_readme_runs() -> Outcome {
    let readme = include_str!("../../accountd-testing/README.md");
    let (_, rest) = readme.split_once("```rust,no_run\n").ok_or("the README has no example")?;
    let (example, _) = rest.split_once("```").ok_or("the example has no end")?;
    let own: Vec<&str> = include_str!("world.rs").lines().map(str::trim).collect();
    for line in example.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let is_here = own.contains(&line.trim()) || line.starts_with("use aws_sdk_account::config::");
        assert!(is_here, "`{line}` is not run here");
    }
    let world = accountd_testing::World::empty().await?;
    let config = aws_sdk_account::Config::builder()
        .http_client(world.http_client())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("admin111122223333", "test", None, None, "tests"))
        .behavior_version_latest()
        .build();
    let account = aws_sdk_account::Client::from_conf(config);
    account.enable_region().region_name("af-south-1").send().await?;
    world.advance(std::time::Duration::from_secs(3600)).await?;
    Ok(())
}
