//! Jobs that tell which services somebody may use, and when one was used last.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// F-IAMAPI-LASTACC-1: the most jobs that are kept of an account.
const MOST: usize = 100;

/// The jobs of an account. Key: `access-jobs/<account id>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct AccessJobs {
    /// The jobs, the newest last.
    #[serde(default)]
    pub jobs: Vec<AccessJob>,
}

/// A job. What it tells is worked out when it is read.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccessJob {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub about: AccessJobAbout,
    /// When it was begun, and done.
    pub created_at: Timestamp,
}

/// What a job is about.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessJobAbout {
    /// A user, a group, a role or a managed policy.
    Entity {
        /// Its ARN.
        arn: String,
        /// Whether actions are told besides services.
        of_actions: bool,
    },
    /// The root, a unit or an account of an organization.
    Organization {
        /// The way to it: `o-…/r-…/ou-…`.
        entity_path: String,
        /// The policy that is asked about, if it is one alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<String>,
    },
}

impl AccessJobs {
    /// Adds a job; the oldest goes where there are too many.
    pub fn add(&mut self, job: AccessJob) {
        if self.jobs.len() >= MOST {
            self.jobs.remove(0);
        }
        self.jobs.push(job);
    }
}
