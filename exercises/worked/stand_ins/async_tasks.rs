// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: branch
#[derive(Clone)]
struct Branch {
    name: &'static str,
    copies: u32,
}

async fn ask(branch: &Branch) -> u32 {
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    branch.copies
}
// ANCHOR_END: branch

// ANCHOR: read
async fn read_the_catalogue(branch: &Branch) -> u32 {
    std::thread::sleep(std::time::Duration::from_millis(50));
    branch.copies
}
// ANCHOR_END: read

// ANCHOR: line
struct Line {
    questions: tokio::sync::mpsc::Sender<&'static str>,
    answers: tokio::sync::mpsc::Receiver<u32>,
}
// ANCHOR_END: line
