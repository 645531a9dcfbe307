//! # Semaphore
//!
//! A crawler reads the pages of small museums, libraries and clubs. Their hosts are old machines: each
//! allows a few connections at once, and one crawler too many takes it down for every visitor. So each
//! host gets a limit: a caller takes a connection first and gives it back afterwards. Build the limit,
//! and the crawl that keeps to it.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/semaphore.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test semaphore
//! ```

/// A host that allows a number of connections at once.
///
/// It is shared: many tasks call it at the same time, several crawls among them, and all of them
/// together hold no more connections than it allows.
#[derive(Debug)]
pub struct Host {
    // What counts the connections, and where do callers wait that get none?
}

/// One of a host's connections. Dropping it gives it back, at once.
///
/// It cannot outlive its host, and the compiler sees to it: code that would keep a connection longer
/// than the [`Host`] that it came from does not compile. It may be dropped by another thread, within
/// the life of its host.
#[derive(Debug)]
pub struct Connection {
    // What must happen when it is dropped? And what does the type have to say of its host?
}

impl Host {
    /// A host that allows `connections` at once; no host allows more than ten thousand.
    ///
    /// # Panics
    /// If that is zero: every caller would wait for ever.
    pub fn new(connections: usize) -> Self {
        todo!("Host::new({connections})")
    }

    /// Takes a connection, as soon as there is one.
    ///
    /// Callers that have to wait are served in the order in which they asked, and no other caller
    /// overtakes them: a connection that comes back while callers wait belongs to the first of them,
    /// also before its task has run again. A caller that waits sleeps until then, and does not look
    /// again and again.
    ///
    /// When the future is dropped before it is ready, it leaves the line and has taken nothing, also
    /// if its turn had come. The future can be spawned.
    pub async fn connect(&self) -> Connection {
        todo!("Host::connect")
    }

    /// Takes a connection if one is free now and no caller waits for it.
    pub fn try_connect(&self) -> Option<Connection> {
        todo!("Host::try_connect")
    }

    /// Fetches all pages, and returns what each fetch came to, in any order.
    ///
    /// A page is being fetched from the first poll of the future that `fetch` makes to its end, and
    /// all that time it holds one of the host's connections. It waits for one in the line of
    /// [`connect`](Self::connect). As soon as a connection is free, the next page is fetched: a slow
    /// page holds up no other.
    ///
    /// `pages` may be a long list, read from a file. No more of it is taken than needed: at any time
    /// at most one page more has been taken, and not yet been fetched, than the host allows
    /// connections.
    ///
    /// A fetch that fails is one `Err` among the results, and gives its connection back like any other.
    /// If a fetch panics, or the list does, the panic goes on to the caller of `crawl`, and all connections
    /// of the crawl come back.
    ///
    /// **Stretch:** The panic of `crawl` carries the very value that the fetch panicked with.
    ///
    /// The host can be crawled again afterwards. When the future of `crawl` is dropped, its fetches are
    /// cancelled: they and their connections are gone soon after, as soon as the runtime gets round
    /// to it.
    pub async fn crawl<P, T, E, F>(
        &self,
        pages: impl IntoIterator<Item = P>,
        fetch: impl Fn(P) -> F,
    ) -> Vec<Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        // If you hand a fetch to a task, which may outlive this function or be polled on another
        // thread, the bounds have to say so.
        let _ = (pages.into_iter(), fetch);
        todo!("Host::crawl")
    }
}
