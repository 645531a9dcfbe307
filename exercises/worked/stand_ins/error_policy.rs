// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: upload
#[derive(Clone)]
struct Mirror {
    name: &'static str,
}

async fn upload(mirror: Mirror) -> Result<()> {
    println!("uploading to {}", mirror.name);
    Ok(())
}
// ANCHOR_END: upload

// ANCHOR: remove
async fn remove_parts(mirror: &Mirror) {
    println!("removing from {}", mirror.name);
}
// ANCHOR_END: remove

// ANCHOR: part
struct Part;

fn send(_: &Part) -> Result<()> {
    Ok(())
}
// ANCHOR_END: part
