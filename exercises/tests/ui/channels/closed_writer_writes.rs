use exercises::channels::{WhenFull, log};

fn main() {
    let (writer, shipper) = log(2, WhenFull::Wait);
    let _ = writer.write("the disk is full");
    writer.close();
    let _ = writer.write("the disk is full again");
    drop(shipper);
}
