// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: hotel
#[derive(Debug)]
struct Broken(&'static str);

struct Floor;
struct Detector;

impl Floor {
    async fn detectors(&self) -> Vec<Detector> {
        vec![Detector, Detector]
    }
}

impl Detector {
    async fn test(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<(), Broken> {
        Err(Broken("test 2b"))
    }

    async fn reset(&self) {}
}
// ANCHOR_END: hotel
