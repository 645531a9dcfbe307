// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: studio
struct Frame;

impl Frame {
    fn repaired(self) -> Self {
        self
    }
}

struct Reel(std::ops::Range<u32>);

impl Iterator for Reel {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.0.next().map(|_| Frame)
    }
}

#[derive(Default)]
struct Film(Vec<Frame>);

impl Film {
    fn encode(&mut self, frame: Frame) {
        self.0.push(frame);
    }
}
// ANCHOR_END: studio
