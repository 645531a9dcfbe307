use std::collections::VecDeque;

/// How much of the beginning is kept, and how much of the end.
const HALF: usize = 32 * 1024;

/// What a program printed: all of it if it is short, else its beginning and its end.
#[derive(Debug, Default)]
pub struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Capture {
    /// Takes what was printed next.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = HALF - self.head.len();
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        // Of a long piece only the last part can stay.
        let rest = &rest[rest.len().saturating_sub(HALF)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(HALF);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// How many bytes were printed.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The text, with a remark where something was left out.
    pub fn text(&self) -> String {
        let (front, back) = self.tail.as_slices();
        let tail = [front, back].concat();
        let left_out = self.total - (self.head.len() + tail.len()) as u64;
        if left_out == 0 {
            return String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned();
        }
        format!(
            "{}\n[{left_out} bytes left out]\n{}",
            String::from_utf8_lossy(&self.head),
            String::from_utf8_lossy(&tail)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_output_is_kept_whole() {
        let mut capture = Capture::default();
        capture.push(b"one ");
        capture.push("zwölf".as_bytes());
        assert_eq!(capture.text(), "one zwölf");
        assert_eq!(capture.total(), 10);
    }

    #[test]
    fn of_long_output_beginning_and_end_are_kept() {
        for piece in [1, 1000, 10 * HALF] {
            let printed = [vec![b'a'; HALF], vec![b'b'; 5], vec![b'c'; HALF]].concat();
            let mut capture = Capture::default();
            for bytes in printed.chunks(piece) {
                capture.push(bytes);
            }
            let text = capture.text();
            let expected = format!(
                "{}\n[5 bytes left out]\n{}",
                "a".repeat(HALF),
                "c".repeat(HALF)
            );
            assert!(text == expected, "pieces of {piece}");
        }
    }
}
