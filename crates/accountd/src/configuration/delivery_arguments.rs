//! The flags that say where records and events are delivered, and who is handed what is not answered here.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::parse_duration;
use crate::delivery::window::{LONGEST, SHORTEST};
use crate::forward::Destinations;

/// Where records and events are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The directory that gets the records of all accounts.
    pub directory: Option<PathBuf>,
    /// How long a file's records wait for each other.
    pub interval: Duration,
    /// S3, which takes the files of trails.
    pub s3: Option<String>,
    /// EventBridge, or a file of lines.
    pub events: Option<String>,
    /// SNS, which is told of files.
    pub sns: Option<String>,
    /// CloudWatch Logs.
    pub logs: Option<String>,
}

/// Five minutes, as CloudTrail takes on average.
const USUAL_INTERVAL: Duration = Duration::from_secs(300);

#[derive(Args)]
pub(super) struct DeliveryArguments {
    /// Write the records of all accounts there, in files as CloudTrail writes them; without --s3 those of trails, too
    #[arg(long, value_name = "DIR", env = "ACCOUNTD_TRAIL", hide_env = true, help_heading = "Delivery")]
    trail: Option<PathBuf>,

    /// How long records wait for the others of their file: 1s to 1h [default: 5m]
    #[arg(long, value_name = "TIME", env = "ACCOUNTD_TRAIL_INTERVAL", hide_env = true)]
    #[arg(value_parser = parse_interval, help_heading = "Delivery")]
    trail_interval: Option<Duration>,

    /// Deliver trails to S3 there, such as http://127.0.0.1:9000 or https://{bucket}.s3.eu-west-1.amazonaws.com; with
    /// credentials from AWS_ACCESS_KEY_ID and its like or ~/.aws/credentials
    #[arg(long, value_name = "URL", env = "ACCOUNTD_S3", hide_env = true, help_heading = "Delivery")]
    s3: Option<String>,

    /// Send events to EventBridge there, or append them to a file, a line each
    #[arg(long, value_name = "URL|FILE", env = "ACCOUNTD_EVENTS", hide_env = true)]
    #[arg(help_heading = "Delivery")]
    events: Option<String>,

    /// Tell topics of SNS there of the files of their trails
    #[arg(long, value_name = "URL", env = "ACCOUNTD_SNS", hide_env = true, help_heading = "Delivery")]
    sns: Option<String>,

    /// Write the records of trails to their log groups in CloudWatch Logs there
    #[arg(long, value_name = "URL", env = "ACCOUNTD_LOGS", hide_env = true, help_heading = "Delivery")]
    logs: Option<String>,

    /// Hand calls of services that are not here to another emulator, such as http://127.0.0.1:5000; or those of one
    /// service: s3=URL
    #[arg(
        long,
        value_name = "[SERVICE=]URL",
        env = "ACCOUNTD_FORWARD",
        hide_env = true,
        value_delimiter = ','
    )]
    #[arg(help_heading = "Delivery")]
    forward: Vec<String>,
}

impl DeliveryArguments {
    /// Who answers the services that are not here.
    ///
    /// # Errors
    /// One line that says what cannot be used. Checked here and not by the parser, whose messages repeat the value.
    pub(super) fn destinations(&self) -> Result<Destinations, String> {
        Destinations::parse(&self.forward).map_err(|reason| format!("--forward: {reason}"))
    }

    pub(super) fn into_delivered(self) -> Delivered {
        Delivered {
            directory: self.trail,
            interval: self.trail_interval.unwrap_or(USUAL_INTERVAL),
            s3: self.s3,
            events: self.events,
            sns: self.sns,
            logs: self.logs,
        }
    }
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text).map_err(|error| error.to_string())?;
    if (SHORTEST..=LONGEST).contains(&interval) {
        return Ok(interval);
    }
    Err("it must be between 1s and 1h".to_owned())
}
