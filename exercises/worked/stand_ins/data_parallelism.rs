// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: hour
struct Hour;

impl Hour {
    fn calls(&self) -> u32 {
        3
    }
}
// ANCHOR_END: hour

// ANCHOR: tallied
impl Hour {
    fn tally(&self) -> Tally {
        Tally {
            hours: 1,
            calls: 3,
            loudest: 200,
        }
    }
}
// ANCHOR_END: tallied
