//! From what the first run of a request came to, to its answer.

use services::world::{Fault, Snapshot, Wanted};
use tokio::sync::oneshot;

use super::run::{Reach, Run};
use super::submission::{Reply, Submitted};
use super::writer::Job;
use super::{Core, Store};
use crate::store::seam::{Decided, StoreError};

/// How often a request is decided that takes long and is overtaken each time. F-STORE-38
const MOST_ROUNDS: usize = 5;

impl Store {
    /// Goes on after the first run, which wanted more than documents, changed something or failed.
    pub(super) async fn go_on<T, F>(&self, run: F, outcome: Run<T>) -> Result<T, StoreError>
    where
        F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send + 'static,
        T: Send + 'static,
    {
        let (run, outcome) = match outcome {
            Run::Wanted(wanted) if !wanted.is_of_store() => return Err(Fault::Wanted(wanted).into()),
            Run::Wanted(wanted) => {
                let again = move |core: &Core| {
                    let outcome = core.run(&run, Reach::Everything);
                    (run, outcome)
                };
                // What computes has turns of its own, so that it does not hold up those who read.
                let turns = if *wanted == Wanted::Time { &self.computing } else { &self.reading };
                self.beside(turns, again).await?
            }
            outcome => (run, outcome),
        };
        self.conclude(run, outcome).await
    }

    /// Answers a read, and has the writer commit anything else. What the writer hands back is decided again here, on the
    /// newest state and where nobody waits for it. F-STORE-38
    pub(super) async fn conclude<T, F>(&self, mut run: F, mut outcome: Run<T>) -> Result<T, StoreError>
    where
        F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send + 'static,
        T: Send + 'static,
    {
        // Held from the second round on: who takes long then takes turns, so that they do not overtake each other.
        let mut turn = None;
        let mut rounds = 1;
        loop {
            let decided = match outcome {
                Run::Read(decided) => {
                    self.queue_records(&decided.events).await?;
                    return Ok(decided.value);
                }
                Run::Failed(fault) => return Err(fault.into()),
                Run::Wanted(wanted) if !wanted.is_of_store() => return Err(Fault::Wanted(wanted).into()),
                Run::Changed(decided) => Some(decided),
                Run::Wanted(_) | Run::Overtaken => None,
            };
            let (reply, answer) = oneshot::channel();
            self.send(Job::Submit(Box::new(Submitted::new(run, decided, reply))))?;
            run = match answer.await.unwrap_or(Reply::Answer(Err(StoreError::Closed))) {
                Reply::Answer(answer) => return answer,
                Reply::Back(run) if rounds < MOST_ROUNDS => run,
                Reply::Back(_) => return Err(StoreError::Overtaken),
            };
            rounds += 1;
            if turn.is_none() {
                turn = Some(self.dear.acquire().await.map_err(|_| StoreError::Closed)?);
            }
            let again = move |core: &Core| {
                let outcome = core.run_apart(&run);
                (run, outcome)
            };
            (run, outcome) = self.beside(&self.computing, again).await?;
        }
    }
}
