use std::ops::ControlFlow;

use exercises::pipeline::Pipeline;

fn parse(line: String) -> u32 {
    line.len() as u32
}

fn enrich(name: String) -> String {
    name + ", blue"
}

fn main() {
    let lines = vec!["pencil".to_owned()];
    let _ = Pipeline::new(lines.into_iter(), 1)
        .stage(parse)
        .stage(enrich)
        .run(|_| ControlFlow::Continue(()));
}
