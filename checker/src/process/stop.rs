use tokio::sync::watch::{Receiver, Sender, channel};

/// Tells those who work that they shall stop.
#[derive(Debug)]
pub struct Stopper(Sender<bool>);

/// Whether to stop, for those who work.
#[derive(Debug, Clone)]
pub struct Stop(Option<Receiver<bool>>);

impl Stopper {
    /// Asks all that hold a [`Stop`] of this to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// What those who work are given.
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
    /// Of whom nobody ever asks it.
    pub fn never() -> Self {
        Self(None)
    }

    /// Whether it was asked.
    pub fn is_wanted(&self) -> bool {
        self.0.as_ref().is_some_and(|asked| *asked.borrow())
    }

    /// Comes back once it is asked, also if that was before.
    pub async fn wanted(&mut self) {
        if let Some(asked) = &mut self.0
            && asked.wait_for(|asked| *asked).await.is_ok()
        {
            return;
        }
        // Nobody is left who could ask.
        std::future::pending::<()>().await;
    }
}
