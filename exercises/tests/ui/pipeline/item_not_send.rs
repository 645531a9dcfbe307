use std::ops::ControlFlow;
use std::rc::Rc;

use exercises::pipeline::Pipeline;

fn main() {
    let lines = vec!["pencil".to_owned()];
    let _ = Pipeline::new(lines.into_iter(), 1)
        .stage(|name: String| Rc::new(name))
        .run(|_| ControlFlow::Continue(()));
}
