//! What a thread costs: it tells a thread that sleeps from one that polls.

use std::fs;
use std::time::Duration;

/// Linux counts a thread's time in hundredths of a second, whatever its own clock's rate is.
const TICK: Duration = Duration::from_millis(10);

/// The time that a core has spent on the calling thread so far.
///
/// # Panics
/// If `/proc` is not there.
pub fn time_of_this_thread() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/stat").expect("Linux keeps /proc");
    time(&stat).expect("Linux writes /proc/thread-self/stat as its manual says")
}

/// The sum of the times in user and kernel mode, fields 14 and 15. The name, field 2, may hold spaces and
/// ends at the last parenthesis.
fn time(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let kernel: u32 = fields.next()?.parse().ok()?;
    Some(TICK * (user + kernel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_kernel_time_count_whatever_the_thread_is_called() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 90 0 0 0 12 30 0 0 20 0 1 0 5 9 9";
        assert_eq!(time(stat), Some(Duration::from_millis(420)));
    }
}
