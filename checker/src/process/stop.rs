use tokio::sync::watch::{Receiver, Sender, channel};

/// Asks running work to stop.
#[derive(Debug)]
pub struct Stopper(Sender<bool>);

/// Tells running work whether to stop.
#[derive(Debug, Clone)]
pub struct Stop(Option<Receiver<bool>>);

impl Stopper {
    /// Asks all that hold a [`Stop`] of this to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// A handle for the work.
    pub fn handle(&self) -> Stop {
        Stop(Some(self.0.subscribe()))
    }
}

impl Default for Stopper {
    fn default() -> Self {
        Self(channel(false).0)
    }
}

impl Stop {
    /// A `Stop` that is never triggered.
    pub fn never() -> Self {
        Self(None)
    }

    /// Whether [`Stopper::stop`] was called.
    pub fn is_wanted(&self) -> bool {
        self.0.as_ref().is_some_and(|asked| *asked.borrow())
    }

    /// Returns once [`Stopper::stop`] is called, at once if it was called before.
    pub async fn wanted(&mut self) {
        if let Some(asked) = &mut self.0
            && asked.wait_for(|asked| *asked).await.is_ok()
        {
            return;
        }
        // The stopper is gone, so it can no longer be called.
        std::future::pending::<()>().await;
    }
}
